use crate::stage::ConnectionFault;
use crate::wire::ProblemReport;

/// Why a call to a gateway led to no usable answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// No complete answer came back.
    #[error(transparent)]
    Connection(#[from] ConnectionFault),
    /// The gateway refused the request and said why.
    #[error("the gateway answered {status}: {report}")]
    Problem {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// The gateway's own words.
        report: ProblemReport,
    },
    /// An answer that is not the gateway's: a proxy's page, a redirect, another service.
    #[error(
        "the answer {status} ({content_type}) is not one of a gateway; check the address and \
         whether a proxy answers in its place. It begins: {beginning}"
    )]
    NotAGateway {
        /// The HTTP status.
        status: u16,
        /// The media type of the answer, or `no content type`.
        content_type: String,
        /// Its first characters, control characters removed, or the target of a redirect.
        beginning: String,
    },
    /// An answer with the expected status whose JSON is not what the interface says.
    #[error("the gateway's answer cannot be read: {reason}")]
    UnreadableAnswer {
        /// What the JSON reader found, with line and column.
        reason: String,
    },
    /// An answer longer than the client's limit.
    #[error("the answer is longer than {limit} bytes; raise the limit if that can be right")]
    TooLarge {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
    /// More entries in a trust list than the client's limit.
    #[error("the trust list has more than {limit} entries; raise the limit if that can be right")]
    TooManyEntries {
        /// The limit that was passed.
        limit: usize,
    },
    /// A country code that the path of a request cannot carry.
    #[error("`{given}` is no country code of two letters")]
    InvalidCountry {
        /// The code as given.
        given: String,
    },
}

/// Why a client cannot be set up with what was given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The gateway's address.
    #[error("`{given}` cannot be the address of a gateway: {reason}")]
    Address {
        /// The address as given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The proxy's address.
    #[error("`{given}` cannot be the address of a proxy: {reason}")]
    Proxy {
        /// The address as given, without a password.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate of the client's chain or of the server's trust.
    #[error("certificate {position} of the {what} cannot be read: {reason}")]
    Certificate {
        /// Which input it came from.
        what: &'static str,
        /// The position in the input, from 1.
        position: usize,
        /// What the reader found.
        reason: String,
    },
    /// An input that should hold a certificate and holds none.
    #[error("there is no certificate in the {what}; a PEM file or one DER certificate is needed")]
    NoCertificate {
        /// Which input.
        what: &'static str,
    },
    /// The client's private key.
    #[error("the client key cannot be used: {reason}")]
    Key {
        /// What is wrong and what to do.
        reason: String,
    },
    /// Nothing that a server could be recognised by.
    #[error("no server certificate would be trusted: give the gateway's certificate or its CA")]
    NoServerTrust,
    /// The TLS configuration as a whole.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// What rustls says.
        reason: String,
    },
}
