//! Every path that participants may ask, as far as the configuration switches it on.

use serde_json::{Map, Value, json};

use super::super::Served;
use super::operation::{CERTIFICATE, JSON, Operation, TEXT};
use crate::config::{Profile, Revocation};
use crate::openapi::reference;

const TYPE: &str = "type";
const COUNTRY: &str = "country";
const AS_DELETE: &str = "As DELETE, for clients whose proxies drop the body of a DELETE";

/// Paths with their methods.
pub(super) fn paths(served: Served) -> Value {
    let mut all = Paths(Map::new());
    certificates(&mut all, served.profile);
    documents(&mut all);
    revocation(&mut all, served.revocation);
    if served.profile == Profile::Eu {
        migration(&mut all);
    }
    if served.log {
        log(&mut all);
    }
    Value::Object(all.0)
}

struct Paths(Map<String, Value>);

impl Paths {
    fn add<const N: usize>(&mut self, path: &str, methods: [(&str, Operation); N]) {
        let methods = methods.map(|(method, operation)| (method.to_owned(), operation.build()));
        self.0.insert(path.to_owned(), Value::Object(methods.into_iter().collect()));
    }
}

fn certificates(paths: &mut Paths, profile: Profile) {
    let list = |id: &str, summary: &str| {
        let list = Operation::download(id, summary, array_of("TrustListItem"));
        match profile {
            Profile::Who => list,
            Profile::Eu => in_parts(list),
        }
    };
    let all = "Certificates of types UPLOAD, AUTHENTICATION, CSCA and DSC";
    paths.add("/trustList", [("get", list("trustList", all))]);
    let by_type = list("trustListByType", "Certificates of one type").path(&[TYPE]);
    paths.add("/trustList/{type}", [("get", by_type)]);
    let by_country = list("trustListByTypeAndCountry", "Certificates of one type and participant");
    paths.add("/trustList/{type}/{country}", [("get", by_country.path(&[TYPE, COUNTRY]))]);
    let filtered = Operation::download(
        "trustListCertificates",
        "Certificates with domain, group and source",
        array_of("TrustedCertificate"),
    );
    let filtered = with_federation(filtered.filters(&["group", "country", "domain"]));
    paths.add("/trustList/certificate", [("get", filtered)]);
    let countries = Operation::download(
        "countryList",
        "Codes of the participants",
        json!({ "type": "array", "items": { "type": "string" } }),
    );
    paths.add("/countrylist", [("get", countries)]);

    let withdrawal = |id: &str, summary: &str| Operation::withdrawal(id, summary, CERTIFICATE);
    let upload = Operation::change(
        "uploadTrustedCertificate",
        "Store a certificate with group, domain, kid and properties",
    );
    let upload = upload
        .takes(&[JSON], reference("TrustedCertificateUpload"))
        .answers_empty(201, "Stored")
        .refuses(409, "It is there already");
    let delete =
        withdrawal("deleteTrustedCertificate", "Withdraw a certificate, signed by the upload key");
    paths.add("/trustedCertificate", [("post", upload), ("delete", delete)]);
    let delete = withdrawal("deleteTrustedCertificateByPost", AS_DELETE);
    paths.add("/trustedCertificate/delete", [("post", delete)]);

    let upload = Operation::upload(
        "uploadSignerCertificate",
        "Store a document signer certificate, signed by the upload key",
        CERTIFICATE,
    );
    let delete = withdrawal(
        "deleteSignerCertificate",
        "Withdraw a document signer certificate, signed by the upload key",
    );
    let upload = upload.refuses(409, "It is there already");
    paths.add("/signerCertificate", [("post", upload), ("delete", delete)]);
    let delete = withdrawal("deleteSignerCertificateByPost", AS_DELETE);
    paths.add("/signerCertificate/delete", [("post", delete)]);

    let own = Operation::of_participants("openapi", "This document");
    paths.add("/openapi.json", [("get", own.gives(&[JSON], json!({ "type": "object" })))]);
}

/// What clients of the EU's gateway may ask of a list.
fn in_parts(list: Operation) -> Operation {
    let number = |least: u32| json!({ "type": "integer", "minimum": least });
    list.query("page", number(0), "Number of the page, from 0; without pagesize of 100 entries")
        .query("pagesize", number(1), "Entries of a page; without page the first one")
        .since(false, "Only what came since this instant, and what was withdrawn; or an HTTP date")
}

/// What participants exchange beside certificates.
fn documents(paths: &mut Paths) {
    let upload = Operation::upload("uploadRule", "Store a version of a business rule", TEXT);
    let withdrawal = |id: &str, summary: &str| Operation::withdrawal(id, summary, TEXT);
    let delete = withdrawal("deleteRule", "Withdraw all versions of a business rule");
    paths.add("/rules", [("post", upload), ("delete", delete)]);
    paths.add("/rules/delete", [("post", withdrawal("deleteRuleByPost", AS_DELETE))]);
    let rules = Operation::download(
        "rules",
        "Rules of a participant by identifier, the newest version first",
        reference("ValidationRules"),
    );
    paths.add("/rules/{country}", [("get", rules.path(&[COUNTRY]))]);

    let identifiers = json!({ "type": "array", "items": { "type": "string" } });
    let sets = Operation::download("valueSets", "Identifiers of the value sets", identifiers);
    paths.add("/valuesets", [("get", sets)]);
    let set = Operation::download("valueSet", "One value set", json!({ "type": "object" }));
    let set = set.path(&["id"]).refuses(404, "There is no such value set");
    paths.add("/valuesets/{id}", [("get", set)]);

    // The reference's client library posts to the second path.
    for (path, name) in [("/trust/reference", "Reference"), ("/trust/references", "References")] {
        let summary = "Store a reference to a service, or change it";
        let upload = Operation::upload(&format!("upload{name}"), summary, TEXT)
            .refuses(404, "There is no such reference to change");
        let delete = withdrawal(&format!("delete{name}"), "Withdraw a reference");
        paths.add(path, [("post", upload), ("delete", delete)]);
        let one = Operation::download(
            &name.to_lowercase(),
            "One reference",
            reference("TrustedReference"),
        );
        let one = one.path(&["uuid"]).refuses(404, "There is no such reference");
        paths.add(&format!("{path}/{{uuid}}"), [("get", one)]);
    }
    let references = Operation::download(
        "trustListReferences",
        "References to services",
        array_of("TrustedReference"),
    );
    let references = references.filters(&["country", "domain", "referenceType", "signatureType"]);
    paths.add("/trustList/references", [("get", with_federation(references))]);
    let issuers = Operation::download(
        "trustListIssuers",
        "Issuers that the trust anchor vouches for",
        array_of("TrustedIssuer"),
    );
    let issuers = with_federation(issuers.filters(&["country", "domain"]));
    paths.add("/trustList/issuers", [("get", issuers)]);
}

fn revocation(paths: &mut Paths, switches: Revocation) {
    if !switches.enabled {
        return;
    }
    let list = Operation::download(
        "revocationList",
        "Batches that changed since If-Modified-Since, about 1000 at a time",
        reference("RevocationListPage"),
    );
    let list = list
        .since(true, "The instant of the last change that the caller knows, in the past")
        .answers_empty(204, "Nothing has changed since then");
    if !switches.uploads {
        paths.add("/revocation-list", [("get", list)]);
        return;
    }
    let upload =
        Operation::upload("uploadRevocationBatch", "Store a batch of withdrawn documents", TEXT)
            .with_headers(
                201,
                json!({ "ETag": {
                    "schema": { "type": "string" }, "description": "Identifier of the batch",
                } }),
            );
    let withdrawal = |id: &str, summary: &str| {
        Operation::withdrawal(id, summary, TEXT).refuses(410, "It was taken back before")
    };
    let delete = withdrawal("deleteRevocationBatch", "Take a batch back");
    paths.add("/revocation-list", [("get", list), ("post", upload), ("delete", delete)]);
    let delete = withdrawal("deleteRevocationBatchByPost", AS_DELETE);
    paths.add("/revocation-list/delete", [("post", delete)]);
    let batch = Operation::of_participants(
        "revocationBatch",
        "One batch as it was uploaded, as application/cms for who accepts only that",
    );
    let batch = batch
        .path(&["batchId"])
        .gives_tagged(TEXT, json!({ "type": "string", "contentEncoding": "base64" }))
        .refuses(404, "There is no such batch")
        .refuses(410, "The batch is deleted");
    paths.add("/revocation-list/{batchId}", [("get", batch)]);
}

fn migration(paths: &mut Paths) {
    let list = Operation::download(
        "storedMessages",
        "Everything that the participant has signed and stored",
        array_of("MigrationItem"),
    );
    let exchange = Operation::change(
        "exchangeMessage",
        "Put a message with the same content and another signature in the place of a stored one",
    );
    let exchange = exchange
        .takes(&[JSON], reference("MigrationItem"))
        .answers_empty(204, "Exchanged")
        .refuses(409, "There is nothing under this number that could be exchanged");
    paths.add("/cms-migration", [("get", list), ("post", exchange)]);
}

fn log(paths: &mut Paths) {
    let checkpoint = Operation::of_everybody(
        "logCheckpoint",
        "Signed root of the transparency log (C2SP tlog-checkpoint)",
    );
    let often = "This address asked too often";
    let checkpoint = checkpoint
        .gives(&["text/plain; charset=utf-8"], json!({ "type": "string" }))
        .puts_off(429, often);
    paths.add("/log/checkpoint", [("get", checkpoint)]);
    let tile = Operation::of_everybody(
        "logTile",
        "Hashes or entries of the transparency log (C2SP tlog-tiles)",
    );
    // Bytes have no schema (OpenAPI 3.1, 4.8.14.2).
    let tile = tile
        .path(&["path"])
        .gives(&["application/octet-stream"], json!({}))
        .refuses(404, "The log has no such tile yet")
        .puts_off(429, often);
    paths.add("/log/tile/{*path}", [("get", tile)]);
}

fn with_federation(list: Operation) -> Operation {
    let schema = json!({ "type": "boolean" });
    list.query("withFederation", schema, "Whether what came from other gateways is listed too")
}

fn array_of(schema: &str) -> Value {
    json!({ "type": "array", "items": reference(schema) })
}
