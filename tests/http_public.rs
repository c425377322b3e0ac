//! What anybody may read: lists, ledger files, status lists, pages; and what is answered where nothing is.

#[path = "support/mod.rs"]
mod support;

use std::io::Read as _;

use axum::http::{Method, StatusCode};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use support::{Service, business_licence};
use vidimus::ledger::standing_proof::StandingProof;
use vidimus::values::time::Clock as _;

#[tokio::test]
async fn lists_are_public() {
    let service = Service::found();
    let types = service.get("/v1/types").await.json();
    assert_eq!(types["items"].as_array().unwrap().len(), 12);
    let by_slug = service.get("/v1/types/business-licence").await.json();
    assert_eq!(service.get("/v1/types/11100000MB0143028R001").await.json(), by_slug);
    let vct = by_slug["vct"].as_str().unwrap().strip_prefix(support::BASE).unwrap().to_owned();
    assert_eq!(service.get(&vct).await.json()["vct"], by_slug["vct"]);
    assert_eq!(service.get("/v1/departments").await.json()["items"].as_array().unwrap().len(), 8);
    let powers = service.get("/v1/powers").await.json();
    assert_eq!(powers["items"].as_array().unwrap().len(), 12, "{powers:#}");
    let before = service.get("/v1/powers?at=2020-01-01T00:00:00.000Z").await.json();
    assert_eq!(before, json!({"items": [], "next": null}));
    assert_eq!(service.get("/v1/powers?at=2099-01-01T00:00:00.000Z").await.problem(), "validity");
    assert_eq!(service.get("/v1/powers?at=now").await.problem(), "invalid-claim");
    assert_eq!(service.get("/v1/types").await.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_ledger_is_files() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let index = issued["entry"]["index"].as_u64().unwrap();
    let proof = service.get(&format!("/v1/ledger/proof?index={index}")).await;
    assert_eq!(proof.text(), issued["receipt"].as_str().unwrap());
    assert_eq!(service.get("/v1/ledger/proof?index=9999").await.problem(), "not-found");
    assert_eq!(service.get("/v1/ledger/proof").await.problem(), "invalid-claim");
    for none in
        ["/ledger/tile/0/0", "/ledger/tile/0/000", "/ledger/tile/entries/x001/000", "/ledger/blob/sha256/00"]
    {
        assert_eq!(service.get(none).await.problem(), "not-found", "{none}");
    }
    let tile = service.get(&format!("/ledger/tile/0/000.p/{}", index + 1)).await;
    assert_eq!(tile.body.len(), 32 * usize::try_from(index + 1).unwrap());
    assert!(tile.header("cache-control").contains("immutable"));
    assert!(service.get("/pki/root.pem").await.text().starts_with("-----BEGIN CERTIFICATE-----"));
    let keys = service.get("/.well-known/jwt-vc-issuer").await.json();
    assert_eq!(keys["jwks"]["keys"].as_array().unwrap().len(), 8);
    service.authority.publish().unwrap();
    let gzipped = service.ask(Method::GET, "/status/1").header("accept-encoding", "gzip").send().await;
    assert_eq!(gzipped.header("content-encoding"), "gzip");
    assert_eq!(service.get("/status/1?time=2026-11-22T06:00:00.000Z").await.status, StatusCode::OK);
    for none in ["/status/2", "/status/01", "/status/1?time=1", "/status/1?time=4000000000"] {
        assert_eq!(service.get(none).await.problem(), "not-found", "{none}");
    }
    service.check_ledger().await;
}

/// A bundle that was put away is the same to everybody: as it lies to whoever takes gzip, unpacked to others.
#[tokio::test]
async fn what_is_put_away_is_served_as_it_lies() {
    let service = Service::found();
    for _ in service.authority.published().range.size()..256 {
        service.issue(&business_licence()).await;
    }
    let path = "/ledger/tile/entries/000";
    let before = service.ask(Method::GET, path).send().await;
    assert_eq!(service.authority.put_away(0, 1).unwrap().bundles, 1);
    let plain = service.ask(Method::GET, path).send().await;
    assert_eq!((&plain.body, plain.header("content-encoding")), (&before.body, ""));
    for refused in ["br", "gzip;q=0", "identity"] {
        let answered = service.ask(Method::GET, path).header("accept-encoding", refused).send().await;
        assert_eq!((&answered.body, answered.header("content-encoding")), (&before.body, ""), "{refused}");
    }
    for taken in ["gzip", "br, GZIP;q=0.5"] {
        let packed = service.ask(Method::GET, path).header("accept-encoding", taken).send().await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        let (varies, cache) = (packed.headers.get_all("vary"), packed.header("cache-control"));
        let varies: Vec<_> = varies.iter().filter(|value| *value == "accept-encoding").collect();
        assert_eq!(varies.len(), 1, "{:?}", packed.headers);
        assert!(cache.contains("immutable"), "{cache}");
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, before.body);
    }
    let metrics = service
        .ask(Method::GET, "/metrics")
        .header("authorization", "Bearer operator")
        .send()
        .await
        .text()
        .to_owned();
    assert!(metrics.contains("vidimus_archived_bundles 1"), "{metrics}");
    let condition = service
        .ask(Method::GET, "/v1/operator/condition")
        .header("authorization", "Bearer operator")
        .send()
        .await;
    assert_eq!(condition.json()["readiness"]["archive"], json!({"bundles": 1}));
    service.check_ledger().await;
}

#[tokio::test]
async fn nothing_is_answered_without_a_problem() {
    let service = Service::found();
    for path in [
        "/nowhere",
        "/v1/",
        "/v1/licences/",
        "/ledger/tile/",
        "/assets/none.css",
        "/types/business-licence/01",
    ] {
        assert_eq!(service.get(path).await.problem(), "not-found", "{path}");
    }
    let wrong = service.ask(Method::DELETE, "/v1/types").send().await;
    assert_eq!((wrong.status.as_u16(), wrong.problem().as_str()), (405, "method-not-allowed"));
    assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
    let english = service.ask(Method::GET, "/nowhere").header("accept-language", "en").send().await;
    assert_eq!(english.json()["title"], "There is no such thing");
    assert_eq!(service.get("/nowhere").await.json()["title"], "没有找到");
    let page = service.ask(Method::GET, "/nowhere").header("accept", "text/html,*/*").send().await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("<html lang=\"zh-CN\">"));
    assert_eq!(service.get("/healthz").await.text(), "ok\n");
    assert_eq!(service.get("/readyz").await.json()["ready"], true);
    assert!(service.get("/metrics").await.text().contains("vidimus_ledger_size"));
}

#[tokio::test]
async fn the_portal_needs_no_script() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    for (path, lang) in [("/", "zh-CN"), ("/zh", "zh-CN"), ("/en", "en")] {
        let page = service.get(path).await;
        assert!(page.text().contains(&format!("<html lang=\"{lang}\">")), "{path}");
        assert!(page.text().contains("autofocus") && !page.text().contains("<script"));
    }
    assert!(service.get("/assets/vidimus.css").await.header("content-type").starts_with("text/css"));
    let file = json!({"credential": issued["credential"], "receipt": issued["receipt"]}).to_string();
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"evidence\"\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; \
         filename=\"a.vidimus.json\"\r\nContent-Type: application/json\r\n\r\n{file}\r\n--b--\r\n"
    );
    let ask = service.ask(Method::POST, "/zh/check").header("accept", "text/html");
    let result = ask.body("multipart/form-data; boundary=b", multipart).send().await;
    assert!(
        result.text().contains("verdict valid") && result.text().contains("样例科技有限公司"),
        "{}",
        result.text()
    );
    let ask = service.ask(Method::POST, "/en/check").header("accept", "text/html");
    let unread = ask.body("application/x-www-form-urlencoded", "evidence=hello").send().await;
    assert_eq!(unread.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unread.text().contains("<html lang=\"en\">"), "{}", unread.text());
    let path = format!("/v1/licences/{}", issued["handle"].as_str().unwrap());
    let shown: Value = service.ask(Method::GET, &path).token("market-regulation").send().await.json();
    let number = issued["licence_number"].as_str().unwrap();
    let code = shown["verification_code"].as_str().unwrap();
    let by_qr =
        service.ask(Method::GET, &format!("/?n={number}&c={code}&utm=x")).header("accept", "text/html");
    assert!(by_qr.send().await.text().contains("verdict valid"));
}

/// How a licence stood is proved to everybody, as far as states are anchored; until then it is said when.
#[tokio::test]
async fn standing_is_proved_to_everybody() {
    let service = Service::found();
    let handle = service.issue(&business_licence()).await["handle"].as_str().unwrap().to_owned();
    let path = format!("/v1/licences/{handle}/standing-proof");
    let ask = async |query: &str, lang: &str| {
        service.ask(Method::GET, &format!("{path}{query}")).header("accept-language", lang).send().await
    };
    let early = ask("", "en").await;
    assert_eq!(early.refused(), (409, "no-standing-proof".into(), Value::Null));
    assert!(
        early.json()["detail"].as_str().unwrap().contains("next when there are 4096"),
        "{}",
        early.text()
    );
    assert!(ask("", "zh").await.json()["detail"].as_str().unwrap().contains("下一次在第 4096 条"));
    for _ in service.authority.published().range.size()..256 {
        service.issue(&business_licence()).await;
    }
    service.clock.forward(std::time::Duration::from_secs(5));
    let until = service.clock.now();
    service.issue(&business_licence()).await;
    service.anchor_states(256).await;
    assert_eq!(ask("", "zh").await.problem(), "not-ready");
    service.authority.make_states().unwrap();
    service.clock.forward(std::time::Duration::from_secs(5));

    let proof = ask("", "en").await;
    assert_eq!((proof.status, proof.header("content-type")), (StatusCode::OK, "text/plain; charset=utf-8"));
    assert_eq!(proof.header("access-control-allow-origin"), "*");
    let vkeys = service.get("/ledger/vkey").await;
    let keys: Vec<_> = vkeys.text().lines().map(|line| line.parse().unwrap()).collect();
    let (_, shown) = StandingProof::parse(&proof.body).unwrap().verify(&keys, &[]).unwrap();
    assert_eq!((shown.handle.to_string(), shown.until), (handle.clone(), until));
    assert_eq!(ask(&format!("?at={}", until.plus(-1)), "en").await.body, proof.body);
    let late = ask(&format!("?at={until}"), "en").await;
    assert_eq!(late.problem(), "no-standing-proof");
    assert!(
        late.json()["detail"].as_str().unwrap().contains(&format!("before {until} only")),
        "{}",
        late.text()
    );
    assert_eq!(ask("?at=2099-01-01T00:00:00.000Z", "en").await.problem(), "validity");
    assert_eq!(ask("?at=now", "en").await.problem(), "invalid-claim");
    assert_eq!(ask("?of=1", "en").await.problem(), "unknown-field");
    for none in ["x", "01997000-0000-7000-8000-00000000000a"] {
        assert_eq!(service.get(&format!("/v1/licences/{none}/standing-proof")).await.problem(), "not-found");
    }
    service.check_ledger().await;
}
