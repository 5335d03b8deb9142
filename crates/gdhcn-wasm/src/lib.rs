//! The verifier for browsers: a thin binding over the pure crates.
//!
//! A page makes one [`Verifier`], gives it the trust data that it holds, and asks it about texts.
//! Nothing here reads a clock or a network: the page says what time it is. Answers are JSON in the
//! form of [`gdhcn_verify::report`], the same as from the command line and the service.
//!
//! WebAssembly has no unwinding: a panic ends the instance, and the page must load the module anew.
//! The library that reads codes may panic on a picture made for that, which natively costs one view
//! of the picture; a page does well to scan in a worker with an instance of its own.

#[cfg(feature = "scan")]
mod scan;

#[cfg(feature = "scan")]
pub use scan::{read_frame, read_pixels};

use gdhcn_credential::{parse_instant_loose, shc};
use gdhcn_crypto::Backend;
use gdhcn_envelope::pem;
use gdhcn_explain::{Language, Messages, report};
use gdhcn_trust::{TrustStore, TrustStoreBuilder};
use gdhcn_verify::{Context, Limits, Policy, PolicyName, verify};
use wasm_bindgen::prelude::*;

/// Trust data, and verdicts by it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier {
    trust: TrustStore,
}

#[wasm_bindgen]
impl Verifier {
    /// A verifier that trusts nobody yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self { trust: TrustStoreBuilder::new(Backend::RustCrypto).build() }
    }

    /// Adds a DID trust list (JSON) under a name that verdicts show.
    #[wasm_bindgen(js_name = addDidDocument)]
    pub fn add_did_document(&mut self, name: &str, json: &[u8]) {
        self.add(|builder| builder.add_did_document(name, json));
    }

    /// Adds certificates (PEM or DER), each trusted as it is.
    #[wasm_bindgen(js_name = addCertificates)]
    pub fn add_certificates(&mut self, name: &str, file: &[u8]) {
        self.add(|builder| builder.add_certificates(name, file));
    }

    /// Adds the keys (PEM or JWKS) of an issuer whom documents call `issuer`: the address of a
    /// SMART Health Card's issuer, or the verification method of a DIVOC certificate.
    #[wasm_bindgen(js_name = addNamedKeys)]
    pub fn add_named_keys(&mut self, name: &str, issuer: &str, file: &[u8]) {
        self.add(|builder| builder.add_named_keys(name, issuer, file));
    }

    /// Adds a directory of SMART Health Card issuers with their keys (JSON), trusted as it is.
    #[wasm_bindgen(js_name = addIssuerDirectory)]
    pub fn add_issuer_directory(&mut self, name: &str, json: &[u8]) {
        self.add(|builder| builder.add_issuer_directory(name, json, None));
    }

    /// Adds an ICAO master list (CMS), published by one of these CSCAs (PEM or DER).
    ///
    /// # Errors
    ///
    /// When `publishers` holds no certificate that can be read.
    #[wasm_bindgen(js_name = addMasterList)]
    pub fn add_master_list(
        &mut self,
        name: &str,
        file: &[u8],
        publishers: &[u8],
    ) -> Result<(), JsError> {
        let publishers =
            pem::certificates(publishers).into_iter().collect::<Result<Vec<_>, _>>()?;
        self.add(|builder| builder.add_master_list(name, file, &publishers));
        Ok(())
    }

    /// Forgets all trust data.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// How many keys are held.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn keys(&self) -> usize {
        self.trust.keys().len()
    }

    /// Every entry of the trust data that cannot be used, with its reason, a line each.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.trust
            .refused()
            .iter()
            .map(|entry| format!("{}: {}", entry.name, entry.reason))
            .collect()
    }

    /// Judges the text of a code: a JSON array with one report, or with one for each card where the
    /// text is a file of several. `at` is the validation clock in one of the forms of
    /// [`parse_instant_loose`], the policy `lenient`, `border` or `strict`. With a language (a tag
    /// of RFC 5646) each report has its `explanation`.
    ///
    /// # Errors
    ///
    /// When `at` is no instant, or policy or language is not known. A forged or damaged code is no
    /// error.
    pub fn verify(
        &self,
        text: &str,
        at: &str,
        policy: &str,
        language: Option<String>,
    ) -> Result<String, JsError> {
        let context = Context {
            trust: &self.trust,
            at: parse_instant_loose(at)?,
            policy: Policy::new(policy.parse::<PolicyName>()?),
            limits: Limits::default(),
        };
        let messages = match language {
            Some(tag) => Some(Messages::new(tag.parse::<Language>()?)),
            None => None,
        };
        let codes = shc::split(vec![(String::new(), text.to_owned())], &context.limits.credential);
        let reports: Vec<_> = codes
            .iter()
            .map(|code| report(Some(&verify(&code.text, &context)), messages.as_ref()).to_string())
            .collect();
        Ok(format!("[{}]", reports.join(",")))
    }

    /// Trust data is built as a whole, so that chains are sought over all of it.
    fn add(&mut self, add: impl FnOnce(&mut TrustStoreBuilder)) {
        let mut builder = TrustStoreBuilder::new(Backend::RustCrypto);
        builder.keep(&self.trust, None, |_| true);
        add(&mut builder);
        self.trust = builder.build();
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}
