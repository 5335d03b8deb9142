//! `gdhcn verify --fhir` and `--ddcc`.

use crate::program::Place;

#[test]
fn genuine_documents_become_bundles_and_data_sets() {
    let place = Place::with_demo();
    let run = place.verify_as_xxb(&["demo/xxa/dcc.png", "demo/xxa/icvp.png", "--fhir"]).done(0);
    let bundles = run.json();
    let kinds = [0, 1].map(|index| bundles[index]["type"].as_str().unwrap().to_owned());
    assert_eq!(kinds, ["transaction", "document"]);
    let again = place.verify_as_xxb(&["demo/xxa/dcc.png", "demo/xxa/icvp.png", "--fhir"]).done(0);
    assert_eq!(bundles, again.json(), "the same document, the same bundle");

    let sets = place.verify_as_xxb(&["demo/xxa/dcc.png", "--ddcc"]).done(0).json();
    assert_eq!(sets[0]["vaccination"]["disease"]["code"], "840539006", "{sets}");
}

#[test]
fn of_what_nobody_vouches_for_nothing_is_written() {
    let place = Place::with_demo();
    for (name, code) in [("dcc-changed", 1), ("dcc-unknown-key", 2)] {
        let run = place.verify_as_xxb(&[&format!("demo/xxa/{name}.txt"), "--fhir"]);
        assert_eq!(run.code, code);
        assert_eq!(run.json().as_array().unwrap().len(), 0);
        assert!(run.stderr.contains("not genuine"), "{}", run.stderr);
    }
}
