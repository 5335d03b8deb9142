//! `--at`: the forms in which people and published test data write a clock.

use crate::forge::Country;
use crate::program::Place;

/// Each form, and the instant that it means.
const FORMS: [(&str, &str); 12] = [
    ("2025-06-01T12:00:00Z", "2025-06-01T12:00:00Z"),
    ("2025-06-01T12:00:00z", "2025-06-01T12:00:00Z"),
    ("2025-06-01T12:00:00", "2025-06-01T12:00:00Z"),
    ("2025-06-01T12:00:00+02:00", "2025-06-01T10:00:00Z"),
    ("2025-06-01T12:00:00+0200", "2025-06-01T10:00:00Z"),
    ("2025-06-01T12:00:00+0000", "2025-06-01T12:00:00Z"),
    ("2025-06-01T12:00:00-0330", "2025-06-01T15:30:00Z"),
    ("2025-06-01T12:00:00.1234567Z", "2025-06-01T12:00:00.1234567Z"),
    ("2025-06-01T12:00:00.1234567+02:00", "2025-06-01T10:00:00.1234567Z"),
    ("2025-06-01T12:00:00.1234567", "2025-06-01T12:00:00.1234567Z"),
    ("2025-06-01 12:00:00Z", "2025-06-01T12:00:00Z"),
    ("2025-06-01", "2025-06-01T00:00:00Z"),
];

#[test]
fn every_looser_form_of_the_clock_means_its_instant() {
    let place = Place::new();
    let country = Country::new("XXA");
    place.write("code.txt", country.certificate_for("Núñez"));
    place.write("dsc.pem", country.dsc_pem());
    for (form, instant) in FORMS {
        let call = ["verify", "code.txt", "--trust", "dsc.pem", "--json", "--at", form];
        let json = place.run(&call).done(0).json();
        assert_eq!(json["at"], instant, "{form}");
        let listed = place.run(&["trust", "list", "dsc.pem", "--json", "--at", form]).done(0);
        assert_eq!(listed.json()["at"], instant, "{form}");
    }
}

#[test]
fn the_zone_decides_on_which_side_of_an_expiry_a_clock_stands() {
    let place = Place::new();
    let country = Country::new("XXA");
    // Until 2030-01-01T00:00:00Z, by a key that has run out by then.
    place.write("code.txt", country.certificate_for("Núñez"));
    place.write("dsc.pem", country.dsc_pem());
    for (at, code) in [
        ("2030-01-01T00:00:00Z", 0),
        ("2030-01-01", 0),
        ("2030-01-01T00:00:00.0000001Z", 1),
        ("2030-01-01T00:00:01", 1),
        ("2030-01-01T01:59:59+0200", 0),
        ("2030-01-01T02:00:01+0200", 1),
        ("2029-12-31T22:00:01-02:00", 1),
    ] {
        let call = ["verify", "code.txt", "--trust", "dsc.pem", "--policy", "lenient", "--at", at];
        assert_eq!(place.run(&call).code, code, "{at}");
    }
}

#[test]
fn what_is_no_instant_is_wrong_usage_and_the_forms_are_told() {
    let place = Place::new();
    for at in [
        "",
        "now",
        "yesterday",
        "12:00",
        "2025-13-01",
        "2025-06-31",
        "2025-06-01T25:00:00Z",
        "1748779200",
    ] {
        let run = place.run(&["verify", "HC1:X", "--at", at]).wrong_usage();
        assert!(run.stderr.contains("--at"), "{at}: {}", run.stderr);
    }
}
