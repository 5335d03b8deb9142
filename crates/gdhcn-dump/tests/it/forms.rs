use gdhcn_dump::{Dialect, Item, Limits, Reader, Value};

use crate::{read, texts};

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn pg_dump_with_everything_around_the_rows() {
    let dump = r#"--
-- PostgreSQL database dump
--

\restrict 4iNzbXJ0

-- Dumped from database version 15.18

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION public.f() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  INSERT INTO public.t VALUES ('none; of these', $1); -- it's
END;
$_$;

CREATE TABLE public.t (
    id bigint NOT NULL,
    "timestamp" timestamp without time zone,
    deleted boolean DEFAULT false NOT NULL,
    price numeric(10,2) DEFAULT 'a'::character varying,
    CONSTRAINT c CHECK (((price)::text = ANY ((ARRAY['x'::character varying, ')'])::text[])))
);

ALTER TABLE public.t OWNER TO gateway;

COMMENT ON TABLE public.t IS 'it''s; (a table';

COPY public.other (x) FROM stdin;
\\.
a\tb
\.

COPY public.t (id, "timestamp", deleted, price) FROM stdin;
1	2021-05-05 12:54:49.123456	f	\N
2	\N	t	a\tb\\\101\x42
3	\\N	f	\.
\.


SELECT pg_catalog.setval('public.t_id_seq', 3, true);

--
-- PostgreSQL database dump complete
--

\unrestrict 4iNzbXJ0
"#;
    let mut reader = Reader::new(dump.as_bytes(), Limits::default(), |table| table == "t");
    let mut rows = Vec::new();
    let mut tables = 0;
    for item in &mut reader {
        match item.unwrap() {
            Item::Table(table) => {
                assert_eq!(table.columns, ["id", "timestamp", "deleted", "price"]);
                tables += 1;
            }
            Item::Row(row) => rows.push(row),
            Item::Unreadable(row) => panic!("{row:?}"),
        }
    }
    assert!(reader.is_complete());
    assert_eq!((reader.dialect(), tables), (Some(Dialect::PostgreSql), 1));
    assert_eq!(texts(&rows, "id"), some(&["1", "2", "3"]));
    assert_eq!(rows[0].value("price"), Some(&Value::Null));
    assert_eq!(rows[0].text("timestamp"), Some("2021-05-05 12:54:49.123456"));
    assert_eq!(rows[1].text("price"), Some("a\tb\\AB"));
    assert_eq!(rows[2].text("timestamp"), Some("\\N"));
    assert_eq!(rows[2].text("price"), Some("."));
    assert_eq!(rows[0].value("none"), None);
}

#[test]
fn pg_dump_with_inserts_in_all_three_forms() {
    let dump = r#"SET standard_conforming_strings = on;
CREATE UNLOGGED TABLE IF NOT EXISTS t (a integer, b text, c bit(1));
INSERT INTO public2.u VALUES ('it''s'), ('\');
INSERT INTO t VALUES (1, 'C:\x; it''s', B'1');
INSERT INTO t (b, a, c) OVERRIDING SYSTEM VALUE VALUES (E'tab\there\u00e9', -2, NULL);
INSERT INTO t VALUES
	(3, 'three'::text, B'0'),
	(4.5e3, NULL, B'1') ON CONFLICT DO NOTHING;
INSERT INTO t VALUES (5, true, false);
"#;
    let (rows, unreadable) = read(dump).unwrap();
    assert_eq!(unreadable, []);
    assert_eq!(texts(&rows, "a"), some(&["1", "-2", "3", "4.5e3", "5"]));
    assert_eq!(rows[0].text("b"), Some("C:\\x; it's"));
    assert_eq!(rows[0].value("c"), Some(&Value::Bytes(vec![1])));
    assert_eq!(rows[1].text("b"), Some("tab\there\u{e9}"));
    assert_eq!(rows[2].text("b"), Some("three"));
    assert_eq!(rows[4].text("b"), Some("true"));
}

#[test]
fn mysqldump_with_its_comments_literals_and_delimiters() {
    let dump = r#"/*M!999999\- enable the sandbox mode */
-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: gateway
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `t`;
/*!40101 SET character_set_client = utf8 */;
CREATE TABLE `t` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `b` bit(1) NOT NULL DEFAULT b'0',
  `key` varchar(20) DEFAULT 'a),(b' COMMENT 'it\'s',
  `blob` blob /*!80000 INVISIBLE */,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`key`),
  CONSTRAINT `f` FOREIGN KEY (`key`) REFERENCES `o` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COMMENT='x;y';
LOCK TABLES `t` WRITE;
/*!40000 ALTER TABLE `t` DISABLE KEYS */;
INSERT INTO `t` VALUES (1,b'1','it\'s ''so''\\\Z\%',_binary '\0a'),(2,0x00,_utf8mb4'x',x'4a4B');
INSERT IGNORE INTO `t` VALUES (3,_binary '',"double ""quoted""",0xABC);
INSERT INTO `other` VALUES ('a;b\'');
REPLACE INTO gateway.t (`key`,`id`) VALUES (NULL,4);
/*!40000 ALTER TABLE `t` ENABLE KEYS */;
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW BEGIN
 INSERT INTO t VALUES (9,0,0,0); END */;;
CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (9,0,0,0); SELECT 1; END ;;
DELIMITER ;
# the end
-- Dump completed on 2026-11-30  4:00:00
"#;
    // The statement with a database of its own would be of another place: the same dump without.
    assert!(read(dump).unwrap_err().to_string().contains("more than once"));
    let (rows, unreadable) = read(&dump.replace("gateway.t", "t")).unwrap();
    assert_eq!(unreadable, []);
    assert_eq!(texts(&rows, "id"), some(&["1", "2", "3", "4"]));
    let bytes = |bytes: &[u8]| Some(Value::Bytes(bytes.to_vec()));
    assert_eq!(rows[0].value("b").cloned(), bytes(&[1]));
    assert_eq!(rows[0].text("key"), Some("it's 'so'\\\u{1a}\\%"));
    assert_eq!(rows[0].value("blob").cloned(), bytes(b"\0a"));
    assert_eq!(rows[1].value("b").cloned(), bytes(&[0]));
    assert_eq!(rows[1].value("blob").cloned(), bytes(b"JK"));
    assert_eq!(rows[2].text("key"), Some("double \"quoted\""));
    assert_eq!(rows[2].value("blob").cloned(), bytes(&[0x0a, 0xbc]));
    assert_eq!(rows[3].value("key"), Some(&Value::Null));
    assert_eq!(rows[3].value("b"), None);
}

#[test]
fn windows_line_ends_belong_to_the_lines() {
    let dump = "\u{feff}COPY t (a, b) FROM stdin;\r\n1\tx\\r\r\n2\ty\r\n\\.\r\nSELECT 1;\r\n";
    let (rows, unreadable) = read(dump).unwrap();
    assert_eq!(unreadable, []);
    assert_eq!(texts(&rows, "b"), some(&["x\r", "y"]));
}
