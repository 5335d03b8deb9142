//! Things that a participant or an operator brings and takes away again, for tests that interrupt it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::client::{Answer, Ask};
use crate::pki::{Certificate, encode, sha256, unique};
use crate::world::World;

/// A thing, and what is known of it.
pub(crate) struct Thing {
    what: What,
    /// Whether it must be there; none after a request without an answer.
    pub(crate) there: Option<bool>,
    /// How often it was brought or taken away, with an answer.
    pub(crate) changes: usize,
}

enum What {
    /// By `/signerCertificate`.
    Signer(Certificate),
    /// By `/trustedCertificate`.
    Trusted(Certificate),
    /// By its identifier.
    Rule(String),
    /// By its name.
    Reference(String),
    /// The message, and the identifier that the gateway gave it.
    Batch(String, Option<String>),
    /// An issuer by its address, which the operator brings.
    Issuer(String),
}

/// What a gateway serves of all of them.
pub(crate) struct Served {
    signers: Vec<Value>,
    trusted: Vec<Value>,
    rules: Value,
    references: Vec<Value>,
    /// The identifiers of batches by their messages.
    batches: BTreeMap<String, String>,
    issuers: Vec<Value>,
}

impl Served {
    pub(crate) fn by(world: &World) -> Self {
        let since = Timestamp::now().checked_sub(SignedDuration::from_hours(24)).unwrap();
        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let list = world.ask("XXA/TLS", "GET", "/revocation-list");
        let list = list.header("If-Modified-Since", &since).send();
        let items = match list.status {
            204 => Vec::new(),
            _ => {
                let page = list.is(200).json();
                assert_eq!(page["more"], false, "{page}");
                page["batches"].as_array().unwrap().clone()
            }
        };
        let here = items.iter().filter(|item| item["deleted"] == false);
        let batches = here.map(|item| {
            let id = item["batchId"].as_str().unwrap().to_owned();
            (world.get(&format!("/revocation-list/{id}")).is(200).text(), id)
        });
        Self {
            batches: batches.collect(),
            signers: world.get("/trustList/DSC").items(),
            trusted: world.get("/trustList/certificate?group=SIGN").items(),
            rules: world.get("/rules/XA").is(200).json(),
            references: world.get("/trustList/references").items(),
            issuers: world.get("/trustList/issuers").items(),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let rules = self.rules.as_object().unwrap().len();
        let lists = [&self.signers, &self.trusted, &self.references, &self.issuers];
        self.batches.len() + rules + lists.iter().map(|list| list.len()).sum::<usize>()
    }
}

impl Thing {
    fn new(what: What) -> Self {
        Self { what, there: Some(false), changes: 0 }
    }

    /// Of each kind that participants bring, signers twice.
    pub(crate) fn of_each_kind(world: &World) -> Vec<Self> {
        let signer = || What::Signer(world.dsc("XXA"));
        let what = [
            signer(),
            What::Trusted(world.dsc("XXA")),
            What::Batch(batch(world), None),
            What::Rule(format!("GR-XA-{:04}", unique() % 10_000)),
            signer(),
            What::Reference(format!("reference {}", unique())),
        ];
        what.into_iter().map(Self::new).collect()
    }

    /// One that the operator brings.
    pub(crate) fn of_operator() -> Self {
        Self::new(What::Issuer(format!("https://issuer.example/{}", unique())))
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self.what {
            What::Signer(_) => "signer",
            What::Trusted(_) => "certificate",
            What::Rule(_) => "rule",
            What::Reference(_) => "reference",
            What::Batch(..) => "batch",
            What::Issuer(_) => "issuer",
        }
    }

    /// Brings it, or takes it away, and remembers what the answer says. Gives whether there was
    /// one; the program is ended once `stop` is set.
    pub(crate) fn change(&mut self, world: &World, stop: &AtomicBool) -> bool {
        let takes = self.there == Some(true);
        let done = match &self.what {
            What::Issuer(address) => {
                let address = address.clone();
                self.there = None;
                operate(world, &address, takes, stop)
            }
            _ => self.ask(world, takes),
        };
        if done {
            self.there = Some(!takes);
            self.changes += 1;
        }
        done
    }

    fn ask(&mut self, world: &World, takes: bool) -> bool {
        let ask = if takes { self.withdrawal(world) } else { Some(self.upload(world)) };
        // The gateway has gone before it was asked for a change.
        let Some(ask) = ask else { return false };
        self.there = None;
        let Ok(answer) = ask.try_send() else { return false };
        let expected = if takes { 204 } else { 201 };
        let answer: Answer = answer.is(expected);
        if let What::Batch(_, id) = &mut self.what {
            *id = answer.header("etag").filter(|_| !takes).map(str::to_owned);
        }
        true
    }

    fn upload<'w>(&self, world: &'w World) -> Ask<'w> {
        let sign = |content: &[u8]| world.material.message(content, "XXA/UP", &[]);
        let post = |path| world.ask("XXA/TLS", "POST", path);
        match &self.what {
            What::Signer(certificate) => post("/signerCertificate").cms(sign(&certificate.der)),
            What::Trusted(certificate) => post("/trustedCertificate").json(&json!({
                "cms": sign(&certificate.der), "group": "SIGN", "domain": "PH4H",
                "properties": {"purpose": "a test"},
            })),
            What::Rule(id) => {
                post("/rules").cms_text(sign(crate::rules::rule(id).to_string().as_bytes()))
            }
            What::Reference(name) => {
                let mut document = crate::references::reference("XA");
                document["name"] = json!(name);
                post("/trust/reference").cms_text(sign(document.to_string().as_bytes()))
            }
            What::Batch(message, _) => post("/revocation-list").cms_text(message.clone()),
            What::Issuer(_) => unreachable!("the operator brings it"),
        }
    }

    /// By DELETE and by POST in turn. None when the gateway has gone.
    fn withdrawal<'w>(&self, world: &'w World) -> Option<Ask<'w>> {
        let sign = |content: &[u8]| world.material.message(content, "XXA/UP", &[]);
        let by = |path: &str| {
            if self.changes % 4 == 1 && path != "/trust/reference" {
                world.ask("XXA/TLS", "POST", &format!("{path}/delete"))
            } else {
                world.ask("XXA/TLS", "DELETE", path)
            }
        };
        Some(match &self.what {
            What::Signer(certificate) => by("/signerCertificate").cms(sign(&certificate.der)),
            What::Trusted(certificate) => by("/trustedCertificate").cms(sign(&certificate.der)),
            What::Rule(id) => by("/rules").cms_text(sign(id.as_bytes())),
            What::Reference(name) => {
                let list = world.ask("XXA/TLS", "GET", "/trustList/references").try_send().ok()?;
                let list = list.items();
                let uuid = &list.iter().find(|item| item["name"] == *name).unwrap()["uuid"];
                let content = json!({"uuid": uuid}).to_string();
                by("/trust/reference").cms_text(sign(content.as_bytes()))
            }
            What::Batch(_, id) => {
                let content = json!({"batchId": id.as_ref().unwrap()}).to_string();
                by("/revocation-list").cms_text(sign(content.as_bytes()))
            }
            What::Issuer(_) => unreachable!("the operator takes it away"),
        })
    }

    fn is_in(&self, served: &Served) -> bool {
        let has = |list: &[Value], member: &str, value: &str| {
            list.iter().any(|item| item[member] == value)
        };
        match &self.what {
            What::Signer(certificate) => has(&served.signers, "rawData", &certificate.base64()),
            What::Trusted(certificate) => {
                has(&served.trusted, "certificate", &certificate.base64())
            }
            What::Rule(id) => served.rules.get(id).is_some(),
            What::Reference(name) => has(&served.references, "name", name),
            What::Batch(message, _) => served.batches.contains_key(message),
            What::Issuer(address) => has(&served.issuers, "url", address),
        }
    }

    /// After a restart: what was answered holds, and of the rest either outcome. Gives whether it
    /// was of the rest.
    pub(crate) fn look(&mut self, served: &Served) -> bool {
        let is = self.is_in(served);
        if let Some(there) = self.there {
            assert_eq!(is, there, "a {} is not as it was answered", self.kind());
        }
        if let What::Batch(message, id) = &mut self.what {
            *id = served.batches.get(message).cloned();
        }
        self.there.replace(is).is_none()
    }
}

fn batch(world: &World) -> String {
    let expires = Timestamp::now().checked_add(SignedDuration::from_hours(99)).unwrap();
    let hash = encode(&sha256(&unique().to_be_bytes())[..16]);
    let batch = json!({
        "country": "XA", "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": hash}],
    });
    world.material.message(batch.to_string().as_bytes(), "XXA/UP", &[])
}

/// The operator adds an issuer, or takes it away. Gives whether that was done before `stop`.
fn operate(world: &World, address: &str, takes: bool, stop: &AtomicBool) -> bool {
    let own = world.own.as_ref().unwrap();
    let config = ["--config", "gate/gateway.toml"];
    let key = world.material.path("ta.key");
    let mut arguments = vec!["gateway", "issuer"];
    let uuid;
    if takes {
        let sql = format!("SELECT uuid FROM trusted_issuer WHERE url = '{address}'");
        uuid = own.by_hand(&sql);
        arguments.extend(["remove", &uuid]);
    } else {
        arguments.extend(["add", "--country", "XA", "--name", "Issuer", "--url", address]);
        arguments.extend(["--sign-with", key.to_str().unwrap()]);
    }
    arguments.extend(config);
    arguments.push("--yes");
    let mut child = own.begin("operator", &arguments);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{arguments:?}: {}", own.said("operator"));
            return true;
        }
        if stop.load(Ordering::Relaxed) {
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
