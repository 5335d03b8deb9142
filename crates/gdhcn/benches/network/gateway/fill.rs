//! Document signers of a participant: uploaded one by one, or put into the database in numbers.

use std::path::Path;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gdhcn_client::gateway::Gateway;
use gdhcn_codes::Participant;
use gdhcn_crypto::{Curve, KeyKind, Signer, SoftwareKey};
use gdhcn_envelope::x509::Certificate;
use gdhcn_envelope::{cms, pem};
use gdhcn_server::gateway::operators_event;
use gdhcn_store::Store;
use gdhcn_store::signer_information::{NewSignerInformation, SignerType};
use gdhcn_trust::ceremony::Request;
use gdhcn_trust::profile::Role;
use jiff::Timestamp;
use rayon::prelude::*;

use crate::median;

/// The participant of the demo whose signers they are, with the keys that make them.
pub(super) struct Maker {
    sca: (Certificate, SoftwareKey),
    uploader: (Certificate, SoftwareKey),
    at: Timestamp,
}

impl Maker {
    #[allow(clippy::disallowed_methods, reason = "a benchmark is run now")]
    pub(super) fn new(folder: &Path) -> Self {
        let identity = |name: &str| {
            let file =
                |ending: &str| std::fs::read(folder.join(format!("xxa/{name}.{ending}"))).unwrap();
            let certificate = pem::certificates(&file("pem")).remove(0).unwrap();
            let key = SoftwareKey::from_pem(&String::from_utf8(file("key")).unwrap()).unwrap();
            (certificate, key)
        };
        Self { sca: identity("sca"), uploader: identity("upload"), at: Timestamp::now() }
    }

    /// A document signer with the message that uploads it.
    fn make(&self, number: usize) -> (Certificate, String) {
        let key = SoftwareKey::generate(KeyKind::Ec(Curve::P256)).unwrap();
        let mut serial = [7; 16];
        serial[8..].copy_from_slice(&(number as u64).to_be_bytes());
        let participant = Some(Participant::parse("XXA").unwrap());
        let dsc = Request::new(Role::Dsc, participant, "Bench", key.public_key(), serial, self.at)
            .issued_by(&self.sca.0, &self.sca.1)
            .unwrap();
        let (certificate, key) = &self.uploader;
        let message = cms::sign(dsc.der(), certificate, key, self.at, cms::Form::Attached);
        (dsc, STANDARD.encode(message.unwrap()))
    }

    /// Uploads the signers of these numbers; the median time of one upload in milliseconds.
    pub(super) async fn upload(&self, client: &Gateway, numbers: std::ops::Range<usize>) -> f64 {
        let mut times = Vec::new();
        for number in numbers {
            let (_, body) = self.make(number);
            let begin = Instant::now();
            client.upload_signer_certificate(&body).await.unwrap();
            times.push(begin.elapsed().as_secs_f64() * 1e3);
        }
        median(times)
    }

    /// Puts the signers of these numbers into the database of a gateway that is not running. The
    /// file is elsewhere meanwhile, in memory where there is such a place: nothing is measured here,
    /// and the disk would have to be waited for after each row.
    pub(super) async fn insert(&self, database: &Path, numbers: std::ops::Range<usize>) {
        let made: Vec<_> = numbers.into_par_iter().map(|number| self.row(number)).collect();
        let memory = Path::new("/dev/shm");
        let elsewhere = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let elsewhere = tempfile::tempdir_in(elsewhere).unwrap();
        let (from, to) = (database.join(Store::FILE_NAME), elsewhere.path().join(Store::FILE_NAME));
        // Closing brings everything into the one file: the gateway before was killed.
        Store::open(database).await.unwrap().close().await;
        std::fs::copy(&from, &to).unwrap();
        let store = Store::open(elsewhere.path()).await.unwrap();
        for row in made {
            let digest = Some(row.thumbprint.clone());
            let event =
                operators_event("CREATED", "a benchmark".into(), Some("XA"), digest, self.at);
            store.insert_signer_information(row, &event).await.unwrap();
        }
        store.close().await;
        std::fs::copy(&to, &from).unwrap();
    }

    fn row(&self, number: usize) -> NewSignerInformation {
        let (certificate, message) = self.make(number);
        let raw = STANDARD.encode(certificate.der());
        let message = cms::SignedMessage::from_base64(message.as_bytes(), cms::Content::Embedded);
        NewSignerInformation {
            created_at: self.at,
            country: "XA".to_owned(),
            thumbprint: certificate.thumbprint().to_string(),
            raw_data: raw,
            signature: STANDARD.encode(message.unwrap().to_detached_der()),
            certificate_type: SignerType::Dsc,
            kid: certificate.kid().to_base64(),
            domain: Some("DCC".to_owned()),
            properties: None,
            source_gateway_id: None,
        }
    }
}
