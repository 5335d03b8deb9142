//! Writes rows as the dump programs do, for the round trip. What these programs write in truth is
//! in the dumps that `forms.rs` and the importer's tests read.

use gdhcn_dump::Value;

pub(crate) fn copy(columns: &[String], rows: &[Vec<Value>]) -> Vec<u8> {
    let mut out = b"--\n-- PostgreSQL database dump\n--\n\n".to_vec();
    out.extend(format!("COPY public.t ({}) FROM stdin;\n", columns.join(", ")).bytes());
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                out.push(b'\t');
            }
            match value {
                Value::Null => out.extend(b"\\N"),
                Value::Bytes(bytes) => bytes.iter().for_each(|byte| match byte {
                    8 => out.extend(b"\\b"),
                    12 => out.extend(b"\\f"),
                    b'\n' => out.extend(b"\\n"),
                    b'\r' => out.extend(b"\\r"),
                    b'\t' => out.extend(b"\\t"),
                    11 => out.extend(b"\\v"),
                    b'\\' => out.extend(b"\\\\"),
                    other => out.push(*other),
                }),
            }
        }
        out.push(b'\n');
    }
    out.extend(b"\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n");
    out
}

pub(crate) fn postgres_insert(columns: &[String], rows: &[Vec<Value>]) -> Vec<u8> {
    let mut out = b"SET standard_conforming_strings = on;\n".to_vec();
    out.extend(
        format!("CREATE TABLE public.t (\n    {} text\n);\n", columns.join(" text,\n    ")).bytes(),
    );
    for row in rows {
        out.extend(b"INSERT INTO public.t VALUES (");
        tuple(&mut out, row, ", ", |out, bytes| {
            bytes.iter().for_each(|byte| match byte {
                b'\'' => out.extend(b"''"),
                other => out.push(*other),
            });
        });
        out.extend(b");\n");
    }
    out
}

pub(crate) fn mysql_insert(columns: &[String], rows: &[Vec<Value>]) -> Vec<u8> {
    let mut out = b"/*!40101 SET NAMES utf8mb4 */;\nUSE `gateway`;\nCREATE TABLE `t` (\n".to_vec();
    for column in columns {
        out.extend(format!("  `{column}` varchar(255) COMMENT 'it\\'s, (so)',\n").bytes());
    }
    out.extend(
        b"  PRIMARY KEY (`a`),\n  KEY `k` (`a`,`b`)\n) ENGINE=InnoDB;\nLOCK TABLES `t` WRITE;\n",
    );
    for chunk in rows.chunks(3) {
        out.extend(b"INSERT INTO `t` VALUES\n");
        for (place, row) in chunk.iter().enumerate() {
            out.extend(if place > 0 { &b",\n("[..] } else { b"(" });
            tuple(&mut out, row, ",", |out, bytes| {
                bytes.iter().for_each(|byte| match byte {
                    0 => out.extend(b"\\0"),
                    b'\n' => out.extend(b"\\n"),
                    b'\r' => out.extend(b"\\r"),
                    26 => out.extend(b"\\Z"),
                    b'\'' | b'"' | b'\\' => out.extend([b'\\', *byte]),
                    other => out.push(*other),
                });
            });
            out.push(b')');
        }
        out.extend(b";\n");
    }
    out.extend(b"UNLOCK TABLES;\n-- Dump completed on 2026-11-30  4:00:00\n");
    out
}

fn tuple(out: &mut Vec<u8>, row: &[Value], between: &str, escape: impl Fn(&mut Vec<u8>, &[u8])) {
    for (place, value) in row.iter().enumerate() {
        if place > 0 {
            out.extend(between.bytes());
        }
        match value {
            Value::Null => out.extend(b"NULL"),
            Value::Bytes(bytes) => {
                out.push(b'\'');
                escape(out, bytes);
                out.push(b'\'');
            }
        }
    }
}
