//! The layers of an HC1 code against other implementations of the same formats.

use coset::{CborSerializable, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use gdhcn_crypto::Kid;
use gdhcn_envelope::cbor::{self, Limits, Value};
use gdhcn_envelope::cose::{self, CoseSign1, ES256, HeaderSide};
use gdhcn_envelope::inflate;
use proptest::prelude::*;

/// Any tree, three levels deep. Keys of maps are distinct.
fn tree() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::Negative),
        "\\PC{0,12}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::from),
        prop_oneof![any::<f64>(), any::<f32>().prop_map(f64::from), Just(1.5)]
            .prop_filter("NaN is not equal to itself", |float| !float.is_nan())
            .prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        Just(Value::Undefined),
    ];
    leaf.prop_recursive(3, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map("[a-z]{0,30}", inner.clone(), 0..6).prop_map(|entries| {
                Value::map(entries.into_iter().map(|(key, value)| (Value::from(key), value)))
            }),
            // Tags 2 and 3 are big numbers, which the other implementation folds into plain ones.
            (4..100_u64, inner).prop_map(|(tag, value)| Value::Tag(tag, Box::new(value))),
        ]
    })
}

/// The library under coset reads `undefined` as `null`.
fn without_undefined(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Undefined => Value::Null,
        Value::Array(elements) => {
            Value::Array(elements.into_iter().map(without_undefined).collect())
        }
        Value::Tag(tag, inner) => Value::Tag(tag, Box::new(without_undefined(*inner))),
        Value::Map(map) => Value::map(
            map.entries()
                .iter()
                .cloned()
                .map(|(key, value)| (without_undefined(key), without_undefined(value))),
        ),
        other => other,
    }
}

/// Tags 2 and 3, which the other implementation folds into plain numbers.
fn holds_big_number(value: &Value<'_>) -> bool {
    match value {
        Value::Tag(2 | 3, _) => true,
        Value::Tag(_, inner) => holds_big_number(inner),
        Value::Array(elements) => elements.iter().any(holds_big_number),
        Value::Map(map) => map
            .entries()
            .iter()
            .any(|(key, value)| holds_big_number(key) || holds_big_number(value)),
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_is_written_alike(value in tree()) {
        let bytes = value.to_vec();
        let read = cbor::decode(&bytes, &Limits::default()).unwrap();
        prop_assert_eq!(read.to_vec(), bytes.clone());
        // Second opinion: the CBOR library under coset reads the same bytes.
        let foreign = coset::cbor::Value::from_slice(&bytes).unwrap();
        let foreign = foreign.to_vec().unwrap();
        let foreign = cbor::decode(&foreign, &Limits::default()).unwrap();
        prop_assert_eq!(foreign.to_vec(), without_undefined(value).to_vec());
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_by_another_library(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let ours = cbor::decode(&bytes, &Limits::default());
        let theirs = coset::cbor::Value::from_slice(&bytes);
        if let (Ok(ours), Ok(theirs)) = (&ours, &theirs)
            && !holds_big_number(ours)
        {
            let again = theirs.clone().to_vec().unwrap();
            let again = cbor::decode(&again, &Limits::default()).unwrap();
            prop_assert_eq!(again.to_vec(), without_undefined(ours.clone()).to_vec());
        }
        if theirs.is_ok() {
            prop_assert!(ours.is_ok(), "{:?}", ours);
        }
        let _ = CoseSign1::parse(&bytes, &Limits::default());
        let _ = inflate::zlib(&bytes, 1000);
    }

    #[test]
    fn a_message_of_coset_is_read_and_ours_is_read_by_coset(
        kid in prop::collection::vec(any::<u8>(), 1..20),
        payload in prop::collection::vec(any::<u8>(), 0..300),
        signature in prop::collection::vec(any::<u8>(), 0..100),
        kid_is_protected in any::<bool>(),
    ) {
        let mut protected = HeaderBuilder::new().algorithm(iana::Algorithm::ES256);
        let mut unprotected = HeaderBuilder::new();
        if kid_is_protected {
            protected = protected.key_id(kid.clone());
        } else {
            unprotected = unprotected.key_id(kid.clone());
        }
        let theirs = CoseSign1Builder::new()
            .protected(protected.build())
            .unprotected(unprotected.build())
            .payload(payload.clone())
            .signature(signature.clone())
            .build();
        let to_be_signed = theirs.tbs_data(&[]);
        for bytes in [theirs.clone().to_vec().unwrap(), theirs.to_tagged_vec().unwrap()] {
            let ours = CoseSign1::parse(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(ours.alg(), Some(ES256));
            let side = if kid_is_protected { HeaderSide::Protected } else { HeaderSide::Unprotected };
            let expected = Some((kid.as_slice(), side));
            prop_assert_eq!(ours.kid().map(Kid::as_bytes).zip(ours.kid_side()), expected);
            prop_assert_eq!(ours.payload(), payload.as_slice());
            prop_assert_eq!(ours.signature(), signature.as_slice());
            prop_assert_eq!(ours.to_be_signed(), to_be_signed.clone());
        }

        let protected = cose::protected_header(ES256, &Kid::from(kid.clone()));
        let bytes = cose::encode(&protected, &payload, &signature);
        let theirs = coset::CoseSign1::from_tagged_slice(&bytes).unwrap();
        prop_assert_eq!(theirs.tbs_data(&[]), cose::sig_structure(&protected, &payload));
        prop_assert_eq!(theirs.protected.header.key_id, kid);
        prop_assert_eq!(theirs.signature, signature);
    }
}
