//! `GET /valuesets` and `GET /trustList/issuers`: what the operator and the trust anchor give (3.4.3,
//! 3.9, 5.6; 13.2).

use serde_json::{Value, json};

use crate::cases;
use crate::pki::{DETACHED, decode};
use crate::world::{Own, Profile, World};

/// The identifiers that the public suite expects (3.9).
const VALUE_SETS: [&str; 9] = [
    "country-2-codes",
    "covid-19-lab-result",
    "covid-19-lab-test-type",
    "disease-agent-targeted",
    "sct-vaccines-covid-19",
    "vaccines-covid-19-auth-holders",
    "vaccines-covid-19-encoding-instructions",
    "vaccines-covid-19-names",
    "covid-19-lab-test-manufacturer-and-name",
];

const URL: &str = "https://issuer.example/keys";

/// A value set as an operator writes it: blanks and order count.
fn value_set(id: &str) -> String {
    format!(
        "{{\"valueSetId\": \"{id}\",\n \"valueSetDate\": \"2026-01-31\", \"valueSetValues\": \
         {{\"b\": {{\"display\": \"Zürich\", \"lang\": \"en\", \"active\": true, \"version\": \"\", \
         \"system\": \"https://example.org\"}}, \"a\": {{\"display\": \"x\", \"lang\": \"en\", \
         \"active\": false, \"version\": \"2\", \"system\": \"s\"}}}}}}"
    )
}

/// Gives a gateway of our own value sets, and issuers that the trust anchor has signed or has not.
pub(crate) fn seed(world: &World, own: &Own) {
    let mut import = vec!["gateway", "value-set", "import", "--config", "gate/gateway.toml"];
    for id in VALUE_SETS {
        std::fs::write(own.path(id), value_set(id)).unwrap();
        import.push(id);
    }
    own.run(&import);
    // What was stored before this program, or past it, is judged when it is served.
    for (number, (country, name, domain, signed)) in [
        ("XA", "one", "DCC", format!("XA;one;{URL};HTTP")),
        ("XB", "two", "PH4H", format!("XB;two;{URL};HTTP")),
        ("XA", "of the EU", "DCC", format!("XA;of the EU;{URL};HTTP;")),
        ("XA", "forged", "DCC", format!("XA;another;{URL};HTTP")),
    ]
    .into_iter()
    .enumerate()
    {
        let signature = world.material.message(signed.as_bytes(), "ta", &[DETACHED]);
        own.by_hand(&format!(
            "INSERT INTO trusted_issuer (id, uuid, created_at, country, url, name, url_type,
                 key_storage_type, signature, domain, version)
             VALUES ('{number}', '00000000-0000-4000-8000-00000000000{number}', 1700000000000,
                 '{country}', '{URL}', '{name}', 'HTTP', 'JWKS', '{signature}', '{domain}', 1)"
        ));
    }
}

#[track_caller]
fn issuers(world: &World, query: &str) -> Vec<Value> {
    world.get(&format!("/trustList/issuers{query}")).items()
}

cases! { both:
    fn value_sets_are_listed_and_served_byte_for_byte(world) {
        let ids = world.get("/valuesets").items();
        for id in VALUE_SETS {
            // Another gateway has those that its operator gives.
            assert!(world.own.is_none() || ids.contains(&json!(id)), "{id}");
        }
        for id in ids {
            let id = id.as_str().unwrap();
            let answer = world.ask("XXB/TLS", "GET", &format!("/valuesets/{id}")).send().is(200);
            assert!(answer.json().as_object().unwrap().len() > 1, "{id}");
            if world.own.is_some() {
                assert_eq!(answer.text(), value_set(id));
            }
        }
        world.get("/valuesets/none").refused(404, "0x100", "");
    }

    fn issuers_are_served_where_the_trust_anchor_has_signed(world) {
        if world.own.is_none() {
            issuers(world, "");
            assert_eq!(issuers(world, "?country=XC"), [Value::Null; 0]);
            return;
        }
        let names = |query: &str| {
            let list = issuers(world, query);
            list.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        // 5.6: the text with a semicolon at its end is the EU's.
        let (all, of_a) = match world.profile {
            Profile::Who => (&["one", "two"][..], &["one"][..]),
            Profile::Eu => (&["one", "two", "of the EU"][..], &["one", "of the EU"][..]),
        };
        for (query, found) in [
            ("", all),
            ("?country=XA", of_a),
            ("?country=XA,XB", all),
            ("?country=XA&country=XB", all),
            ("?domain=PH4H", &["two"]),
            ("?country=XA&domain=PH4H", &[]),
            ("?country=XC", &[]),
        ] {
            assert_eq!(names(query), found, "{query}");
        }
        let item = &issuers(world, "?country=XA")[0];
        let members = ["url", "type", "country", "thumbprint", "sslPublicKey", "keyStorageType",
            "signature", "timestamp", "name", "domain", "uuid"];
        assert_eq!(item.as_object().unwrap().len(), members.len(), "{item}");
        for member in members {
            assert!(item.get(member).is_some(), "{member}");
        }
        assert_eq!((&item["url"], &item["type"]), (&json!(URL), &json!("HTTP")));
        assert_eq!((&item["thumbprint"], &item["sslPublicKey"]), (&Value::Null, &Value::Null));
        // 5.6: the text that the trust anchor signed, by OpenSSL.
        let signature = decode(item["signature"].as_str().unwrap());
        let text = format!("XA;one;{URL};HTTP");
        let anchor = world.material.path("ta.pem");
        assert!(world.material.verifies(&signature, text.as_bytes(), &anchor));
    }
}
