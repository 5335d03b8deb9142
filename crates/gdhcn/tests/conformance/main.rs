//! Conformance of a running gateway, asked through its sockets only.
//!
//! The gateway is the program as people run it. Everything on the other side is foreign: keys,
//! certificates and messages are OpenSSL's, connections are curl's. One file holds one group of
//! endpoints; `docs/conformance.md` maps the cases of the specification to the tests, and says how
//! to ask another gateway.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail"
)]
#![allow(clippy::disallowed_methods, reason = "the gateway goes by the machine's clock")]

mod acceptance;
mod authentication;
mod client;
mod delta;
mod description;
mod documents;
mod faults;
mod federation;
mod guard;
mod jobs;
mod kill;
mod limits;
mod messages;
mod migration;
mod peer;
mod pki;
mod proxy;
mod references;
mod revocation_list;
mod rules;
mod secrets;
mod signer_certificate;
mod thing;
mod trust_list;
mod trusted_certificate;
mod unwritable;
mod withdrawal;
mod world;

/// Makes tests of each function: one for each database.
macro_rules! cases {
    ($profiles:ident: $($(#[$attribute:meta])* fn $name:ident($world:ident) $body:block)+) => {
        $(
            $(#[$attribute])*
            mod $name {
                #[allow(unused_imports, reason = "a test may need nothing of its neighbours")]
                use super::*;

                fn case($world: &$crate::world::World) $body

                $crate::profiles!($profiles);
            }
        )+
    };
}
pub(crate) use cases;

/// The gateways that a case is asked of.
macro_rules! profiles {
    (both) => {
        $crate::profiles!(who);
        $crate::profiles!(eu);
    };
    (who) => {
        $crate::profiles!(who_on_sqlite, Who, Sqlite);
        $crate::profiles!(who_on_postgresql, Who, Postgresql);
    };
    (eu) => {
        $crate::profiles!(eu_on_sqlite, Eu, Sqlite);
        $crate::profiles!(eu_on_postgresql, Eu, Postgresql);
    };
    ($test:ident, $profile:ident, $database:ident) => {
        #[test]
        fn $test() {
            use $crate::world::{Database, Profile, World};
            if let Some(world) = World::shared(Profile::$profile, Database::$database) {
                case(world);
            }
        }
    };
}
pub(crate) use profiles;
