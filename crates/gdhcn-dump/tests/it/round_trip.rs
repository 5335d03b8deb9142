use gdhcn_dump::{Limits, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{read_within, writing};

/// Texts of what the formats have to escape, among ordinary letters.
fn value() -> impl Strategy<Value = Value> {
    let byte = prop_oneof![
        Just(b'\\'),
        Just(b'\''),
        Just(b'"'),
        Just(b'`'),
        Just(b'\n'),
        Just(b'\r'),
        Just(b'\t'),
        Just(b'N'),
        Just(b'.'),
        Just(b','),
        Just(b')'),
        Just(b';'),
        Just(b'-'),
        Just(b'0'),
        Just(8),
        Just(11),
        Just(12),
        Just(26),
        Just(b'%'),
        Just(b'$'),
        32_u8..=255,
    ];
    prop_oneof![1 => Just(Value::Null), 5 => vec(byte, 0..40).prop_map(Value::Bytes)]
}

fn table() -> impl Strategy<Value = (Vec<String>, Vec<Vec<Value>>)> {
    (1_usize..6).prop_flat_map(|width| {
        let columns = ["a", "b", "c", "d", "e"].map(ToOwned::to_owned)[..width].to_vec();
        (Just(columns), vec(vec(value(), width), 0..12))
    })
}

proptest! {
    #[test]
    fn rows_of_every_form_come_back_as_they_were((columns, rows) in table()) {
        for dump in [
            writing::copy(&columns, &rows),
            writing::postgres_insert(&columns, &rows),
            writing::mysql_insert(&columns, &rows),
        ] {
            let (read, unreadable) = read_within(&dump, Limits::default()).unwrap();
            prop_assert!(unreadable.is_empty(), "{unreadable:?}");
            let values: Vec<_> = read.iter().map(|row| row.values.clone()).collect();
            prop_assert_eq!(&values, &rows, "{}", String::from_utf8_lossy(&dump));
            for row in &read {
                prop_assert_eq!(&row.table.columns, &columns);
            }
        }
    }

    #[test]
    fn a_dump_that_is_cut_off_gives_an_error_or_fewer_rows(
        (columns, rows) in table(),
        at in 0.0_f64..1.0,
    ) {
        for dump in [
            writing::copy(&columns, &rows),
            writing::postgres_insert(&columns, &rows),
            writing::mysql_insert(&columns, &rows),
        ] {
            let part = &dump[..(dump.len() as f64 * at) as usize];
            if let Ok((read, unreadable)) = read_within(part, Limits::default()) {
                prop_assert!(unreadable.is_empty(), "{unreadable:?}");
                prop_assert!(read.len() <= rows.len());
                for (read, written) in read.iter().zip(&rows) {
                    prop_assert_eq!(&read.values, written);
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_the_reader_fail_otherwise_than_by_an_error(bytes in vec(any::<u8>(), 0..400)) {
        let _ = read_within(&bytes, Limits::default());
        let after = |start: &[u8]| [start, &bytes].concat();
        let _ = read_within(&after(b"COPY t (a, b) FROM stdin;\n"), Limits::default());
        let _ = read_within(&after(b"/*!1*/;CREATE TABLE t (a int, "), Limits::default());
        let _ = read_within(&after(b"/*!1*/;INSERT INTO t (a, b) VALUES ("), Limits::default());
    }
}
