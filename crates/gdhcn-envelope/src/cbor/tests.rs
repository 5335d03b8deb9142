use super::*;

fn read(bytes: &[u8]) -> Result<Value<'_>, CborError> {
    decode(bytes, &Limits::default())
}

fn fault(bytes: &[u8]) -> (usize, Fault) {
    let error = read(bytes).unwrap_err();
    (error.offset, error.fault)
}

#[test]
fn the_examples_of_the_rfc_are_read_and_written() {
    // RFC 8949, appendix A: those in deterministic encoding, with their diagnostic notation.
    for (bytes, notation) in [
        (&[0x17][..], "23"),
        (&[0x18, 0x18], "24"),
        (&[0x19, 0x03, 0xe8], "1000"),
        (&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
        (&[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "-18446744073709551616"),
        (&[0x20], "-1"),
        (&[0x39, 0x03, 0xe7], "-1000"),
        (&[0xf9, 0x00, 0x00], "0.0"),
        (&[0xf9, 0x80, 0x00], "-0.0"),
        (&[0xf9, 0x3c, 0x00], "1.0"),
        (&[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], "1.1"),
        (&[0xf9, 0x7b, 0xff], "65504.0"),
        (&[0xfa, 0x47, 0xc3, 0x50, 0x00], "100000.0"),
        (&[0xf9, 0x00, 0x01], "5.960464477539063e-8"),
        (&[0xf9, 0x04, 0x00], "6.103515625e-5"),
        (&[0xf9, 0x7c, 0x00], "Infinity"),
        (&[0xf9, 0xfc, 0x00], "-Infinity"),
        (&[0xf9, 0x7e, 0x00], "NaN"),
        (&[0xf4], "false"),
        (&[0xf5], "true"),
        (&[0xf6], "null"),
        (&[0xf7], "undefined"),
        (&[0xf0], "simple(16)"),
        (&[0xf8, 0xff], "simple(255)"),
        (&[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0], "1(1363896240)"),
        (&[0x44, 1, 2, 3, 4], "h'01020304'"),
        (&[0x62, 0x22, 0x5c], "\"\\\"\\\\\""),
        (&[0x62, 0xc3, 0xbc], "\"\u{fc}\""),
        (&[0x83, 1, 0x82, 2, 3, 0x82, 4, 5], "[1, [2, 3], [4, 5]]"),
        (&[0xa2, 0x61, b'a', 1, 0x61, b'b', 0x82, 2, 3], "{\"a\": 1, \"b\": [2, 3]}"),
    ] {
        let value = read(bytes).unwrap();
        assert_eq!(value.to_string(), notation);
        assert_eq!(value.to_vec(), bytes, "{notation}");
    }
}

#[test]
fn indefinite_lengths_are_read_and_written_definite() {
    for (bytes, definite) in [
        (&[0x5f, 0x42, 1, 2, 0x41, 3, 0xff][..], &[0x43, 1, 2, 3][..]),
        (&[0x7f, 0x61, b'a', 0x60, 0x61, b'b', 0xff], &[0x62, b'a', b'b']),
        (&[0x9f, 1, 0x9f, 0xff, 0xff], &[0x82, 1, 0x80]),
        (&[0xbf, 0x61, b'b', 2, 0x61, b'a', 1, 0xff], &[0xa2, 0x61, b'a', 1, 0x61, b'b', 2]),
    ] {
        assert_eq!(read(bytes).unwrap().to_vec(), definite);
    }
}

#[test]
fn map_entries_keep_their_order_and_the_second_of_two_equal_keys_is_found() {
    let sound = read(&[0xa2, 0x61, b'b', 2, 0x61, b'a', 1]).unwrap();
    let map = sound.as_map().unwrap();
    let keys: Vec<_> = map.entries().iter().filter_map(|(key, _)| key.as_text()).collect();
    assert_eq!(keys, ["b", "a"]);
    assert_eq!(map.duplicate(), None);
    assert_eq!(map.get("a"), Some(&Value::Unsigned(1)));

    // The key 1 in its shortest and in a longer form.
    let doubled = read(&[0xa2, 1, 5, 0x18, 1, 6]).unwrap();
    let map = doubled.as_map().unwrap();
    assert_eq!(map.duplicate(), Some(3));
    assert_eq!(map.get_int(1), Some(&Value::Unsigned(6)));
}

#[test]
fn equal_keys_are_found_in_large_maps_too() {
    for doubled in [0, 500, 999] {
        let entry = |n: u64| (Value::Unsigned(n), Value::Null);
        let map = Value::map((0..1000).map(entry).chain([entry(doubled)])).to_vec();
        assert!(read(&map).unwrap().as_map().unwrap().duplicate().is_some(), "{doubled}");
    }
    let distinct = Value::map((0..1000).map(|n| (Value::Unsigned(n), Value::Null))).to_vec();
    assert_eq!(read(&distinct).unwrap().as_map().unwrap().duplicate(), None);
}

#[test]
fn faults_are_named_with_their_offset() {
    for (bytes, offset, fault_kind) in [
        (&[][..], 0, Fault::Truncated),
        (&[0x82, 1], 0, Fault::Truncated),
        (&[0x82, 1, 0x62, b'a'], 2, Fault::Truncated),
        (&[0x9f, 1], 2, Fault::Truncated),
        (&[0xbf, 1], 2, Fault::Truncated),
        (&[0x81, 0x1c], 1, Fault::Malformed),
        (&[0x81, 0x5c], 1, Fault::Malformed),
        (&[0x81, 0xf8, 0x10], 1, Fault::Malformed),
        (&[0x81, 0x62, 0xc3, 0x28], 1, Fault::InvalidUtf8),
        (&[0x81, 0xff], 1, Fault::UnexpectedBreak),
        (&[0xbf, 1, 0xff], 2, Fault::UnexpectedBreak),
        (&[0x5f, 0x61, b'a', 0xff], 1, Fault::ForeignChunk),
        (&[0x7f, 0x41, b'a', 0xff], 1, Fault::ForeignChunk),
        (&[0x7f, 0x7f, 0xff, 0xff], 1, Fault::ForeignChunk),
        (&[0x7f, 0x61, 0xc3, 0xff], 1, Fault::InvalidUtf8),
        (&[1, 2, 3], 1, Fault::TrailingBytes(2)),
        (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0, Fault::Truncated),
        (&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0, Fault::Truncated),
        (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0, Fault::Truncated),
    ] {
        assert_eq!(fault(bytes), (offset, fault_kind), "{bytes:02x?}");
    }
}

#[test]
fn every_limit_stops_reading() {
    let deep = |depth: usize| [vec![0x81; depth], vec![0]].concat();
    assert!(read(&deep(32)).is_ok());
    assert_eq!(fault(&deep(33)), (32, Fault::TooDeep(32)));
    assert_eq!(fault(&[0xc1; 100]).1, Fault::TooDeep(32));
    assert_eq!(fault(&[0x9f; 100]).1, Fault::TooDeep(32));
    assert_eq!(fault(&[0xbf; 100]).1, Fault::TooDeep(32));

    let limits = Limits { items: 3, string: 4, depth: 1 };
    assert!(decode(&[0x82, 1, 2], &limits).is_ok());
    let error = decode(&[0x83, 1, 2, 3], &limits).unwrap_err();
    assert_eq!(error, CborError { offset: 3, fault: Fault::TooManyItems(3) });
    assert!(decode(b"\x64abcd", &limits).is_ok());
    for long in [&b"\x65abcde"[..], b"\x45abcde", b"\x7f\x63abc\x62de\xff"] {
        let error = decode(long, &limits).unwrap_err();
        assert_eq!(error, CborError { offset: 0, fault: Fault::StringTooLong(4) });
    }
    let many = [vec![0x99, 0x4e, 0x20], vec![0; 20_000]].concat();
    assert_eq!(fault(&many).1, Fault::TooManyItems(10_000));
}

#[test]
fn integers_and_texts_are_seen_as_such() {
    assert_eq!(Value::from(-260).as_i64(), Some(-260));
    assert_eq!(Value::from(i64::MIN).as_i64(), Some(i64::MIN));
    assert_eq!(Value::from(i64::MAX).as_i64(), Some(i64::MAX));
    assert_eq!(Value::Unsigned(u64::MAX).as_i64(), None);
    assert_eq!(Value::Negative(u64::MAX).as_i64(), None);
    assert_eq!(Value::from("a").as_text(), Some("a"));
    assert_eq!(Value::Null.as_text(), None);
}
