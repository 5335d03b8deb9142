//! What `gdhcn verify` answers, to people and to programs, under each policy.

use std::collections::BTreeMap;

use crate::forge::{AFTER_THE_KEY, Country, GOOD};
use crate::program::{Place, assert_snapshot};

#[test]
fn what_a_person_sees_of_an_accepted_certificate() {
    let place = Place::with_demo();
    let told = place.verify_as_xxb(&["demo/xxa/dcc.png"]).done(0).stdout;
    assert_snapshot("verify_dcc", &told);
    let told = place.verify_as_xxb(&["demo/xxa/icvp.png"]).done(0).stdout;
    assert_snapshot("verify_icvp", &told);
}

#[test]
fn what_a_person_sees_of_a_certificate_that_is_not_accepted() {
    let place = Place::with_demo();
    for name in ["dcc-changed", "dcc-expired"] {
        let told = place.verify_as_xxb(&[&format!("demo/xxa/{name}.png")]).done(1).stdout;
        assert_snapshot(&format!("verify_{}", name.replace('-', "_")), &told);
    }
}

#[test]
fn what_a_person_sees_when_nothing_can_be_told() {
    let place = Place::with_demo();
    let told = place.verify_as_xxb(&["demo/xxa/dcc-unknown-key.png"]).done(2).stdout;
    assert_snapshot("verify_dcc_unknown_key", &told);
    let told = place.run(&["verify", "demo/xxa/dcc.png"]).done(2).stdout;
    assert_snapshot("verify_without_trust", &told);
}

#[test]
fn what_a_person_sees_in_another_language() {
    let place = Place::with_demo();
    let told = place.verify_as_xxb(&["demo/xxa/dcc.png", "--language", "fr"]).done(0).stdout;
    assert_snapshot("verify_dcc_in_french", &told);
    let told = place.verify_as_xxb(&["demo/xxa/dcc-expired.png", "--language", "ar-EG"]);
    assert_snapshot("verify_dcc_expired_in_arabic", &told.done(1).stdout);
    let json = place.verify_as_xxb(&["demo/xxa/dcc.png", "--language", "ru", "--json"]).done(0);
    assert_eq!(json.json()["results"][0]["explanation"]["outcome"], "Принято");
    let told = place.verify_as_xxb(&["demo/xxa", "--language", "zh", "--csv"]).done(1).stdout;
    assert!(told.contains("签名不真实"), "{told}");
    let told = place.verify_as_xxb(&["demo/xxa/dcc.png", "--language", "de"]).stderr;
    assert!(told.contains("ar, en, es, fr, pt, ru and zh"), "{told}");
}

/// B4: nothing of the content is a person's data before the signature is judged.
#[test]
fn the_content_of_a_code_that_nobody_vouches_for_is_marked() {
    let place = Place::with_demo();
    for (name, code) in [("dcc-changed", 1), ("dcc-unknown-key", 2)] {
        let input = format!("demo/xxa/{name}.png");
        let json = place.verify_as_xxb(&[&input, "--json"]).done(code).json();
        assert_eq!(json["results"][0]["authentic"], false, "{json}");
        let told = place.verify_as_xxb(&[&input]).done(code).stdout;
        if let Some(place_of_name) = told.find("Okonkwo") {
            let warning = told.find("Nobody is known to vouch for what follows").unwrap();
            assert!(warning < place_of_name, "{told}");
        }
    }
    let json = place.verify_as_xxb(&["demo/xxa/dcc.png", "--json"]).done(0).json();
    assert_eq!(json["results"][0]["authentic"], true);
}

#[test]
fn the_answer_for_programs_has_its_promised_form() {
    let place = Place::with_demo();
    let json = place
        .verify_as_xxb(&["demo/xxa/dcc.png", "demo/xxa/dcc-changed.png", "--json"])
        .done(1)
        .json();
    let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["outcome", "policy", "at", "results"]);
    assert_eq!((&json["outcome"], &json["policy"]), (&"not accepted".into(), &"border".into()));
    let results = json["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        for check in result["checks"].as_array().unwrap() {
            let members: Vec<_> = check.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["id", "status", "code", "reason", "clause"]);
            let status = check["status"].as_str().unwrap();
            assert!(["pass", "fail", "warn", "not done"].contains(&status), "{check}");
            for member in members {
                assert!(check[member].as_str().is_some_and(|text| !text.is_empty()), "{check}");
            }
        }
    }
    let [good, bad] = [&results[0], &results[1]];
    assert_eq!(good["outcome"], "accepted");
    assert!(good["code"].is_null() && good["reason"].is_null(), "{good}");
    assert_eq!(good["issuer"]["participant"], "XXA");
    assert_eq!(good["documents"][0]["person"]["name"], "Amara Zoë Okonkwo-Núñez");
    assert_eq!(good["envelope"]["algorithm"], "ES256");
    assert_eq!((&bad["outcome"], &bad["code"]), (&"not accepted".into(), &"SIGNATURE".into()));
    let checks: Vec<_> = good["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| format!("{} {}", check["id"].as_str().unwrap(), check["status"]))
        .collect();
    assert_snapshot("verify_checks", &checks.join("\n"));
}

#[test]
fn each_policy_weighs_the_same_flaw_in_its_own_way() {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("code.txt", country.certificate_for("Núñez"));
    place.write("dsc.pem", country.dsc_pem());
    place.write("both.pem", country.sca_pem() + &country.dsc_pem());
    // Trust, clock, and the exit codes under lenient, border (also the default) and strict.
    for (trust, at, codes) in [
        // The document outlives its key by more than strict allows.
        ("both.pem", GOOD, [0, 0, 1]),
        ("dsc.pem", GOOD, [0, 0, 1]),
        ("both.pem", AFTER_THE_KEY, [0, 1, 1]),
        // Before it was issued, and after it has run out.
        ("both.pem", "2025-01-31", [1, 1, 1]),
        ("both.pem", "2030-01-02", [1, 1, 1]),
    ] {
        let call = ["verify", "code.txt", "--trust", trust, "--at", at];
        for (policy, code) in ["lenient", "border", "strict"].into_iter().zip(codes) {
            let run = place.run(&[call.as_slice(), &["--policy", policy, "--json"]].concat());
            assert_eq!(run.code, code, "{trust} {at} {policy}: {}", run.stdout);
            assert_eq!(run.json()["policy"], policy);
        }
        assert_eq!(place.run(&call).code, codes[1], "{trust} {at} by default");
    }
}

#[test]
fn the_reason_is_that_of_the_deciding_check() {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("code.txt", country.certificate_for("Núñez"));
    place.write("dsc.pem", country.dsc_pem());
    for (at, code) in
        [("2025-01-31", "NOT_YET_VALID"), ("2030-01-02", "EXPIRED"), (AFTER_THE_KEY, "KEY_EXPIRED")]
    {
        let call = ["verify", "code.txt", "--trust", "dsc.pem", "--at", at, "--json"];
        let run = place.run(&call).done(1);
        let json = run.json();
        let (_, decided, reason) = run.decided();
        let failed = json["results"][0]["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["status"] == "fail")
            .unwrap();
        assert_eq!(
            (failed["code"].as_str(), failed["reason"].as_str()),
            (Some(&*decided), Some(&*reason))
        );
        assert_eq!(decided, code, "{at}: {reason}");
    }
}

#[test]
fn a_certificate_handed_over_is_trusted_without_its_sca_and_the_chain_is_not_done() {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("code.txt", country.certificate_for("Núñez"));
    place.write("dsc.pem", country.dsc_pem());
    place.write("sca.pem", country.sca_pem());
    let call = ["verify", "code.txt", "--at", GOOD, "--json", "--trust", "dsc.pem"];
    let status = |run: crate::program::Run| {
        let json = run.done(0).json();
        let checks: BTreeMap<_, _> = json["results"][0]["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| (check["id"].as_str().unwrap().to_owned(), check["status"].clone()))
            .collect();
        checks["chain"].clone()
    };
    assert_eq!(status(place.run(&call)), "not done");
    let with_sca = [call.as_slice(), &["--trust", "sca.pem"]].concat();
    assert_eq!(status(place.run(&with_sca)), "pass");
}

/// B21: a certificate that has run out does no harm beside one that is good.
#[test]
fn the_best_certificate_of_one_person_counts_when_asked() {
    let place = Place::with_demo();
    let both = ["demo/xxa/dcc-expired.txt", "demo/xxa/icvp.txt"];
    place.verify_as_xxb(&both).done(1);
    let told = place.verify_as_xxb(&[&both[..], &["--same-person"]].concat()).done(0).stdout;
    let last = "ACCEPTED  One of these documents is accepted, and that is enough.";
    assert_eq!(told.lines().last(), Some(last));
    let json = place.verify_as_xxb(&[&both[..], &["--same-person", "--json"]].concat()).done(0);
    let json = json.json();
    assert_eq!((&json["outcome"], &json["together"]["best"]), (&"accepted".into(), &1.into()));
    assert_eq!(json["together"]["persons"], "same");
    place.verify_as_xxb(&["demo", "--same-person"]).fault(64);
}
