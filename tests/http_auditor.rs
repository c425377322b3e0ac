//! The auditor's page over HTTP: what is answered under which headers, who is turned away, and files of any size. What the
//! pages tell is held by the office's own tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt as _;

use vidimus::http::{AuditorState, Office, OfficeFile, OfficePage, auditor_router};
use vidimus::values::lang::Lang;

const HOST: &str = "127.0.0.1:8095";
/// More than a piece, and no multiple of one.
const LARGE: usize = 1_000_003;

/// Notes what it is asked.
#[derive(Default)]
struct Asked {
    started: AtomicUsize,
    stopped: AtomicUsize,
}

impl Office for Asked {
    fn page(&self, lang: Lang, path: &str, refreshing: bool) -> Result<OfficePage, String> {
        if path == "/broken" {
            return Err("secret words of the inside".into());
        }
        let found = ["", "/replay", "/result"].contains(&path);
        Ok(OfficePage { html: format!("{lang} {path} {refreshing}"), found })
    }

    fn file(&self, place: &str, name: &str) -> Option<OfficeFile> {
        let mut file: File = (place == "run-1" && name == "findings.json").then(tempfile::tempfile)?.unwrap();
        file.write_all(&large()).unwrap();
        file.rewind().unwrap();
        let length = u64::try_from(LARGE).unwrap();
        Some(OfficeFile { file, length, media_type: "application/json", name: "run-1-findings.json".into() })
    }

    fn start(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    fn stop(&self) {
        self.stopped.fetch_add(1, Ordering::Relaxed);
    }
}

fn large() -> Vec<u8> {
    (0..LARGE).map(|place| u8::try_from(place % 251).unwrap()).collect()
}

fn served() -> (Router, Arc<Asked>) {
    let office = Arc::new(Asked::default());
    let hosts = vec![HOST.to_owned(), "localhost:8095".to_owned()];
    let asked: Arc<dyn Office> = office.clone();
    let state = AuditorState { office: asked, hosts };
    (auditor_router(Arc::new(state)), office)
}

async fn ask(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, 2 * LARGE).await.unwrap())
}

async fn get(router: &Router, path: &str) -> (StatusCode, HeaderMap, Bytes) {
    ask(router, Method::GET, path, &[("host", HOST)]).await
}

#[tokio::test]
async fn each_page_in_both_languages() {
    let (router, _) = served();
    for lang in Lang::ALL {
        for (path, told) in [
            ("", " true"),
            ("/", " true"),
            ("/replay", "/replay true"),
            ("/replay?refresh=off", "/replay false"),
            ("/result", "/result true"),
        ] {
            let (status, headers, body) = get(&router, &format!("/{lang}{path}")).await;
            let expected = format!("{lang} {told}");
            assert_eq!(
                (status, String::from_utf8(body.to_vec()).unwrap()),
                (StatusCode::OK, expected),
                "{path}"
            );
            assert_eq!(headers["content-type"], "text/html; charset=utf-8");
            assert_eq!(headers["cache-control"], "no-store");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["referrer-policy"], "same-origin");
            assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        }
        for path in ["/nowhere", "/a/b", "/replay/stop/x"] {
            assert_eq!(get(&router, &format!("/{lang}{path}")).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let (status, _, body) = get(&router, &format!("/{lang}/broken")).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!String::from_utf8(body.to_vec()).unwrap().contains("secret"), "what broke is in the log");
    }
    for (tongue, lang) in [("en-GB,en", "/en"), ("zh-CN", "/zh"), ("de", "/zh")] {
        let asked = [("host", HOST), ("accept-language", tongue)];
        let (status, headers, _) = ask(&router, Method::GET, "/", &asked).await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, lang));
    }
    for asset in ["/assets/vidimus.css", "/assets/auditor.css", "/assets/vidimus.svg", "/healthz"] {
        assert_eq!(get(&router, asset).await.0, StatusCode::OK, "{asset}");
    }
}

#[tokio::test]
async fn a_form_of_its_own_starts_and_stops() {
    let (router, office) = served();
    let own = [("host", HOST), ("origin", "http://127.0.0.1:8095"), ("sec-fetch-site", "same-origin")];
    for (path, there) in [("/zh/replay", "/zh/replay"), ("/en/replay/stop", "/en/replay")] {
        let (status, headers, _) = ask(&router, Method::POST, path, &own).await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, there));
    }
    let counted = || (office.started.load(Ordering::Relaxed), office.stopped.load(Ordering::Relaxed));
    assert_eq!(counted(), (1, 1));
    let cross = [("host", HOST), ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
    let rebound = [("host", "evil.example"), ("origin", "http://evil.example")];
    for (headers, expected) in [
        (&cross[..], StatusCode::FORBIDDEN),
        (&cross[..1], StatusCode::FORBIDDEN),
        (&rebound[..], StatusCode::MISDIRECTED_REQUEST),
    ] {
        for path in ["/zh/replay", "/en/replay/stop"] {
            assert_eq!(ask(&router, Method::POST, path, headers).await.0, expected, "{headers:?}");
        }
    }
    assert_eq!(ask(&router, Method::GET, "/en", &rebound).await.0, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(get(&router, "/zh/replay/stop").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&router, Method::POST, "/zh", &own).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&router, Method::DELETE, "/zh/replay", &own).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(counted(), (1, 1), "and nothing else did");
}

#[tokio::test]
async fn a_file_is_saved_whole() {
    let (router, _) = served();
    let (status, headers, body) = get(&router, "/evidence/run-1/findings.json").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body == large(), "{} bytes", body.len());
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["content-length"], LARGE.to_string().as_str());
    assert_eq!(headers["content-disposition"], "attachment; filename=\"run-1-findings.json\"");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    for path in ["/evidence/run-2/findings.json", "/evidence/run-1/x", "/evidence/run-1", "/evidence"] {
        assert_eq!(get(&router, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
