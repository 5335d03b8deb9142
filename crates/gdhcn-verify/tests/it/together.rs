//! B21 and B22: several certificates of one person.

use gdhcn_credential::{Dcc, Likeness, SubclaimKey, from_json};
use gdhcn_verify::{Outcome, PolicyName, Together, Verdict};

use serde_json::json;

use crate::forge::{Code, Country, dcc, judge, judge_at, noon, seconds};

fn code(change: impl FnOnce(&mut Dcc)) -> Code {
    let mut certificate = dcc();
    change(&mut certificate);
    Code { document: certificate.to_cbor().into_owned(), ..Code::dcc() }
}

fn together(verdicts: &[&Verdict]) -> (Outcome, Option<usize>, Likeness) {
    let together = Together::of(verdicts.iter().copied()).unwrap();
    (together.outcome, together.best, together.persons)
}

#[test]
fn the_best_of_one_persons_certificates_counts() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let good = judge(&Code::dcc().text(&country), &trust);
    let late = noon() - seconds(9);
    let expired = judge(&Code { expires_at: late, ..Code::dcc() }.text(&country), &trust);
    let stranger = Country::new("XXB");
    let unknown = judge(&code(|dcc| dcc.birth_date = "1980-01-01".into()).text(&stranger), &trust);
    assert_eq!(expired.outcome, Outcome::NotAccepted);
    assert_eq!(unknown.outcome, Outcome::CannotTell);

    let same = Likeness::Same;
    assert_eq!(together(&[&expired, &good]), (Outcome::Accepted, Some(1), same));
    // What nobody vouches for says nothing of whose it is.
    assert_eq!(together(&[&unknown, &expired, &good]), (Outcome::Accepted, Some(2), same));
    assert_eq!(together(&[&expired, &unknown]), (Outcome::NotAccepted, Some(0), same));
    assert_eq!(together(&[&unknown]), (Outcome::CannotTell, Some(0), same));
    // A link is nobody's.
    let link = json!("vhlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUub3JnL2xpbmsifQ");
    let link = Code {
        key: SubclaimKey::HEALTH_LINK,
        document: from_json(&link).into_owned(),
        ..Code::dcc()
    };
    let link = judge_at(&link.text(&country), &trust, PolicyName::Lenient, noon());
    assert!(link.authentic().is_some(), "{:?}", link.deciding());
    let expected = (Outcome::CannotTell, None, Likeness::Unclear);
    assert_eq!(together(&[&expired, &link]), expected);
    assert_eq!(together(&[&expired]), (Outcome::NotAccepted, Some(0), same));
    assert_eq!(Together::of([]), None);
    // An ICVP writes the name in one piece.
    let card = judge(&Code::icvp("2026-10-01").text(&country), &trust);
    assert_eq!(together(&[&expired, &card]), (Outcome::Accepted, Some(1), same));
}

#[test]
fn certificates_of_different_persons_are_none_of_one() {
    let country = Country::new("XXA");
    let trust = country.trust();
    let of = |change: fn(&mut Dcc)| judge(&code(change).text(&country), &trust);
    let amara = judge(&Code::dcc().text(&country), &trust);
    let other_day = of(|dcc| dcc.birth_date = "1990-04-13".into());
    let other_name = of(|dcc| {
        dcc.name.forename = Some("Chidi".into());
        dcc.name.standardised_forename = Some("CHIDI".into());
    });
    for other in [&other_day, &other_name] {
        assert_eq!(other.outcome, Outcome::Accepted);
        let expected = (Outcome::NotAccepted, None, Likeness::Different);
        assert_eq!(together(&[&amara, other]), expected);
        assert_eq!(together(&[other, &amara]), expected);
    }
    let nameless = judge_at(
        &code(|dcc| dcc.birth_date = "".into()).text(&country),
        &trust,
        PolicyName::Lenient,
        noon(),
    );
    assert!(nameless.authentic().is_some());
    assert_eq!(together(&[&amara, &nameless]), (Outcome::CannotTell, None, Likeness::Unclear));
}
