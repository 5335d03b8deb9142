use gdhcn_client::gateway::{Deletion, DeletionForm, Download, GatewayError, Selection, Upload};
use gdhcn_client::stage::Stage;
use gdhcn_client::wire::CertificateType;

use crate::pki;
use crate::server::{answer, client, options, serve};

const ENTRY: &str = r#"{"kid":"OX2p6xdGeis=","timestamp":"2021-05-05T12:54:49Z","country":"XA",
    "certificateType":"DSC","thumbprint":"00","signature":"MIA=","rawData":"MII="}"#;

async fn trust_list(raw_answer: &str) -> Result<Download, GatewayError> {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, raw_answer).await;
    client(&fake.url(), &pair.certificate).trust_list(&Selection::All, None).await
}

#[tokio::test]
async fn a_trust_list_is_downloaded_by_type_and_country() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, &answer("200 OK", &format!("[{ENTRY}]"))).await;
    let gateway = client(&fake.url(), &pair.certificate);
    for (selection, path) in [
        (Selection::All, "/trustList"),
        (Selection::Type(CertificateType::Csca), "/trustList/CSCA"),
        (Selection::TypeAndCountry(CertificateType::Dsc, "XA".to_owned()), "/trustList/DSC/XA"),
    ] {
        let Download::List(list) = gateway.trust_list(&selection, None).await.unwrap() else {
            panic!("not modified without a condition");
        };
        assert_eq!(list.items()[0].kid, "OX2p6xdGeis=");
        let requests = fake.requests();
        let request = requests.last().unwrap();
        assert!(request.starts_with(&format!("GET {path} HTTP/1.1\n")), "{request}");
    }
}

#[tokio::test]
async fn a_prefix_of_the_address_is_kept() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, &answer("200 OK", "[]")).await;
    let gateway = client(&format!("{}/tng/", fake.url()), &pair.certificate);
    gateway.trust_list(&Selection::All, None).await.unwrap();
    assert!(fake.requests()[0].starts_with("GET /tng/trustList HTTP/1.1\n"));
}

#[tokio::test]
async fn an_etag_makes_the_download_conditional() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n").await;
    let gateway = client(&fake.url(), &pair.certificate);
    let download = gateway.trust_list(&Selection::All, Some("\"7\"")).await.unwrap();
    assert_eq!(download, Download::NotModified);
    assert!(fake.requests()[0].contains("if-none-match: \"7\""));
    // Nobody asked for it, so it is no answer.
    let error = gateway.trust_list(&Selection::All, None).await.unwrap_err();
    assert!(matches!(error, GatewayError::NotAGateway { status: 304, .. }), "{error:?}");
}

#[tokio::test]
async fn the_etag_of_an_answer_is_handed_out() {
    let body = "HTTP/1.1 200 OK\r\nETag: \"8\"\r\nContent-Length: 2\r\n\r\n[]";
    let Download::List(list) = trust_list(body).await.unwrap() else { panic!() };
    assert_eq!(list.etag(), Some("\"8\""));
}

#[tokio::test]
async fn the_country_list_is_sorted() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, &answer("200 OK", r#"["XB","XA"]"#)).await;
    let countries = client(&fake.url(), &pair.certificate).country_list().await.unwrap();
    assert_eq!(countries, ["XA", "XB"]);
}

#[tokio::test]
async fn an_upload_sends_the_cms_text_as_it_is() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, &answer("201 Created", "")).await;
    let gateway = client(&fake.url(), &pair.certificate);
    assert_eq!(gateway.upload_signer_certificate("MIIB+/=").await.unwrap(), Upload::Created);
    let request = &fake.requests()[0];
    assert!(request.starts_with("POST /signerCertificate HTTP/1.1\n"), "{request}");
    assert!(request.contains("content-type: application/cms\r\n"), "{request}");
    assert!(request.ends_with("\n\nMIIB+/="), "{request}");
}

#[tokio::test]
async fn an_upload_of_a_certificate_that_is_there_changes_nothing() {
    let pair = pki::self_signed("localhost");
    let report = r#"{"code":"0x002","problem":"p","sendValue":"s","details":"d"}"#;
    let fake = serve(&pair, None, &answer("409 Conflict", report)).await;
    let gateway = client(&fake.url(), &pair.certificate);
    assert_eq!(gateway.upload_signer_certificate("MII=").await.unwrap(), Upload::AlreadyThere);
}

#[tokio::test]
async fn a_refused_upload_carries_the_report() {
    let pair = pki::self_signed("localhost");
    let report = r#"{"code":"0x004","problem":"p","sendValue":"s","details":"no CSCA"}"#;
    let fake = serve(&pair, None, &answer("400 Bad Request", report)).await;
    let gateway = client(&fake.url(), &pair.certificate);
    let error = gateway.upload_signer_certificate("MII=").await.unwrap_err();
    let GatewayError::Problem { status: 400, report } = &error else { panic!("{error:?}") };
    assert_eq!((report.code.as_str(), report.details.as_str()), ("0x004", "no CSCA"));
}

#[tokio::test]
async fn a_deletion_has_two_forms() {
    let pair = pki::self_signed("localhost");
    let fake = serve(&pair, None, &answer("204 No Content", "")).await;
    let gateway = client(&fake.url(), &pair.certificate);
    for (form, line) in [
        (DeletionForm::Delete, "DELETE /signerCertificate HTTP/1.1\n"),
        (DeletionForm::Post, "POST /signerCertificate/delete HTTP/1.1\n"),
    ] {
        let deletion = gateway.delete_signer_certificate("MII=", form).await.unwrap();
        assert_eq!(deletion, Deletion::Deleted);
        let requests = fake.requests();
        let request = requests.last().unwrap();
        assert!(request.starts_with(line), "{request}");
        assert!(request.ends_with("\n\nMII="), "{request}");
    }
}

#[tokio::test]
async fn a_deletion_of_what_is_not_there_is_told_from_a_wrong_path() {
    let pair = pki::self_signed("localhost");
    let report = r#"{"code":"0x005","problem":"p","sendValue":"s","details":"d"}"#;
    let fake = serve(&pair, None, &answer("404 Not Found", report)).await;
    let gateway = client(&fake.url(), &pair.certificate);
    let deletion = gateway.delete_signer_certificate("MII=", DeletionForm::Post).await.unwrap();
    assert_eq!(deletion, Deletion::WasAbsent);

    let fake = serve(&pair, None, &answer("404 Not Found", "")).await;
    let gateway = client(&fake.url(), &pair.certificate);
    let error = gateway.delete_signer_certificate("MII=", DeletionForm::Post).await.unwrap_err();
    assert!(matches!(error, GatewayError::NotAGateway { status: 404, .. }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let error = trust_list(
        "HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n",
    )
    .await
    .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("redirect to https://login.example/"), "{text}");
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read() {
    let pair = pki::self_signed("localhost");
    for announced in [true, false] {
        let body = "x".repeat(3000);
        let long = if announced {
            answer("200 OK", &body)
        } else {
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}")
        };
        let fake = serve(&pair, None, &long).await;
        let mut options = options(&fake.url(), &pair.certificate);
        options.limits.body = 2999;
        let gateway = gdhcn_client::gateway::Gateway::new(options).unwrap();
        let error = gateway.trust_list(&Selection::All, None).await.unwrap_err();
        assert_eq!(error, GatewayError::TooLarge { limit: 2999 }, "announced: {announced}");
    }
}

#[tokio::test]
async fn a_body_cut_short_is_an_http_fault() {
    let error = trust_list("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[").await.unwrap_err();
    let GatewayError::Connection(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.stage(), Stage::Http, "{fault}");
}

#[tokio::test]
async fn a_success_that_is_no_list_is_unreadable() {
    for body in ["", "<html>", "{}", "[] []"] {
        let error = trust_list(&answer("200 OK", body)).await.unwrap_err();
        assert!(matches!(error, GatewayError::UnreadableAnswer { .. }), "{body}: {error:?}");
    }
}
