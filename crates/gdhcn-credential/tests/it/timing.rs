use gdhcn_credential::{hcert, Cwt, Limits};
use std::time::Instant;
#[test]
#[ignore]
fn timing() {
    let Some(root) = gdhcn_testkit::corpus("dgc-testdata") else { return };
    for f in ["AT/2DCode/raw/1.json", "FI/2DCode/raw/1.json", "ES/2DCode/raw/101.json", "DE/2DCode/raw/1.json"] {
        let Ok(b) = std::fs::read(root.join(f)) else { println!("no {f}"); continue };
        let j: serde_json::Value = serde_json::from_slice(&b).unwrap();
        let text = j["PREFIX"].as_str().unwrap().to_owned();
        let limits = Limits::default();
        let o = hcert::open(&text, &limits).unwrap();
        let bench = |name: &str, f: &mut dyn FnMut()| {
            let mut best = f64::MAX;
            for _ in 0..15 {
                let t = Instant::now();
                for _ in 0..20000 { f(); }
                best = best.min(t.elapsed().as_secs_f64() / 20000.0 * 1e6);
            }
            println!("{f2} {name}: {best:.2} us", f2 = text.len());
        };
        bench("base45", &mut || { std::hint::black_box(hcert::base45::decode(&text[4..]).unwrap()); });
        bench("zlib", &mut || { std::hint::black_box(gdhcn_envelope::inflate::zlib(&o.compressed, 65536).unwrap()); });
        bench("cose", &mut || { std::hint::black_box(gdhcn_envelope::cose::CoseSign1::parse(&o.cose_bytes, &limits.cbor).unwrap()); });
        bench("tbs", &mut || { std::hint::black_box(o.cose.to_be_signed()); });
        bench("tree", &mut || { std::hint::black_box(gdhcn_envelope::cbor::decode(o.cose.payload(), &limits.cbor).unwrap()); });
        bench("cwt", &mut || { std::hint::black_box(Cwt::parse(o.cose.payload(), &limits).unwrap()); });
        bench("open+cwt", &mut || {
            let o = hcert::open(std::hint::black_box(&text), &limits).unwrap();
            std::hint::black_box(Cwt::parse(o.cose.payload(), &limits).unwrap());
        });
    }
}
