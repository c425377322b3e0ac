//! The auditor's page over HTTP: a service of its own, on the auditor's machine. It answers to the names that it listens
//! under and takes forms of its own pages only, so that no other site that the auditor has open can ask it or start
//! anything. Not here: what is told, which is the office's ([`Office`]).

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tower_http::catch_panic::CatchPanicLayer;

use super::answer::{kept, protect, typed};
use super::pages;
use super::request::tongue;
use crate::values::lang::Lang;

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
/// Forms have no fields.
const LARGEST_FORM: usize = 1024;
/// Bytes of a file that are read at once, and how many such pieces wait for a slow reader.
const PIECE: usize = 64 * 1024;
const WAITING: usize = 4;

/// A page, and whether there is one at that address.
pub struct OfficePage {
    /// HTML.
    pub html: String,
    /// False on the page that says so.
    pub found: bool,
}

/// A file to be downloaded.
pub struct OfficeFile {
    /// Opened.
    pub file: File,
    /// Its bytes.
    pub length: u64,
    /// Its media type.
    pub media_type: &'static str,
    /// What it is called where it is saved: letters, digits, dots and hyphens.
    pub name: String,
}

/// What the routes show.
pub trait Office: Send + Sync {
    /// The page at a path below a language. May wait for a few seconds.
    fn page(&self, lang: Lang, path: &str, refreshing: bool) -> Result<OfficePage, String>;
    /// A file that is offered.
    fn file(&self, place: &str, name: &str) -> Option<OfficeFile>;
    /// Starts a replay, where none runs.
    fn start(&self);
    /// Stops the one that runs.
    fn stop(&self);
}

/// What its handlers look at.
pub struct AuditorState {
    /// The office.
    pub office: Arc<dyn Office>,
    /// Names under which it is asked, with the port unless it is the scheme's own, in lower case.
    pub hosts: Vec<String>,
}

type Asked = State<Arc<AuditorState>>;

/// The whole of the auditor's page.
pub fn auditor_router(state: Arc<AuditorState>) -> Router {
    let everywhere = Router::new()
        .route("/", get(async |headers: HeaderMap| Redirect::to(&format!("/{}", tongue(&headers)))))
        .route("/evidence/{place}/{name}", get(evidence))
        .route("/assets/{*name}", get(pages::asset))
        .route("/healthz", get(async || typed(StatusCode::OK, TEXT, "ok\n")))
        .fallback(absent);
    let guard = from_fn_with_state(Arc::clone(&state), guarded);
    Lang::ALL
        .into_iter()
        .map(in_language)
        .fold(everywhere, Router::merge)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(CatchPanicLayer::new())
        .layer(guard)
        .with_state(state)
}

/// Whether a page that changes by itself may ask to be loaded again.
#[derive(Deserialize)]
struct Refreshing {
    refresh: Option<String>,
}

fn in_language(lang: Lang) -> Router<Arc<AuditorState>> {
    let at = |path: &str| format!("/{lang}{path}");
    let to_replay = move || Redirect::to(&format!("/{lang}/replay")).into_response();
    let show = move |state: Asked, uri: Uri, Query(asked): Query<Refreshing>| async move {
        let refreshing = asked.refresh.as_deref() != Some("off");
        let below = uri.path().strip_prefix(&format!("/{lang}")).unwrap_or_default();
        page(state, lang, below.trim_end_matches('/').to_owned(), refreshing).await
    };
    // Answered with a look at the replay, so that loading that page again starts nothing.
    let start = move |State(state): Asked, _form: Bytes| async move {
        let begun = tokio::task::spawn_blocking(move || state.office.start()).await;
        begun.map_or_else(|error| failed(&error, lang), |()| to_replay())
    };
    let stop = move |State(state): Asked, _form: Bytes| async move {
        state.office.stop();
        to_replay()
    };
    Router::new()
        .route(&at(""), get(show))
        .route(&at("/"), get(show))
        .route(&at("/{page}"), get(show))
        .route(&at("/replay"), get(show).post(start))
        .route(&at("/replay/stop"), post(stop))
}

async fn page(State(state): Asked, lang: Lang, path: String, refreshing: bool) -> Response {
    let shown = tokio::task::spawn_blocking(move || state.office.page(lang, &path, refreshing)).await;
    match shown {
        Ok(Ok(OfficePage { html, found })) => {
            typed(if found { StatusCode::OK } else { StatusCode::NOT_FOUND }, HTML, html)
        }
        Ok(Err(error)) => failed(&error, lang),
        Err(error) => failed(&error, lang),
    }
}

async fn absent(state: Asked, uri: Uri, headers: HeaderMap) -> Response {
    let lang = pages::of_path(uri.path()).unwrap_or_else(|| tongue(&headers));
    page(state, lang, uri.path().to_owned(), false).await
}

/// A file, read piece by piece as it is taken.
async fn evidence(
    State(state): Asked,
    Path((place, name)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let office = Arc::clone(&state.office);
    let found = tokio::task::spawn_blocking(move || office.file(&place, &name)).await.ok().flatten();
    let Some(OfficeFile { mut file, length, media_type, name }) = found else {
        return absent(State(state), uri, headers).await;
    };
    let (pieces, taken) = mpsc::channel::<std::io::Result<Vec<u8>>>(WAITING);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let most = u64::try_from(PIECE).unwrap_or(u64::MAX);
            let read = file.by_ref().take(most).read_to_end(&mut piece);
            let over = matches!(read, Ok(0) | Err(_));
            // Whoever was reading may be gone.
            if matches!(read, Ok(0)) || pieces.blocking_send(read.map(|_| piece)).is_err() || over {
                return;
            }
        }
    });
    let mut response = typed(StatusCode::OK, media_type, Body::from_stream(ReceiverStream::new(taken)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    if let Ok(saved) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    response
}

/// Ours, whatever it was.
fn failed(error: &dyn std::fmt::Display, lang: Lang) -> Response {
    tracing::error!(%error, "a page could not be shown");
    let text =
        lang.choose("本页的服务出错，请看它的日志。\n", "The service of this page failed; see its log.\n");
    typed(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
}

/// Turns away whoever came by another name or from another site, and says on everything how it is to be treated.
async fn guarded(State(state): Asked, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let lang = pages::of_path(request.uri().path()).unwrap_or_else(|| tongue(headers));
    let mut response = match turned_away(&state.hosts, request.method(), headers) {
        None => next.run(request).await,
        Some((status, zh, en)) => typed(status, TEXT, lang.choose(zh, en)),
    };
    // Forms say where they come from only where they may.
    for (name, value) in [
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    protect(response.headers_mut());
    if response.status().is_success() { response } else { kept(response, "no-store") }
}

fn turned_away(
    hosts: &[String],
    method: &Method,
    headers: &HeaderMap,
) -> Option<(StatusCode, &'static str, &'static str)> {
    let named = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = named(header::HOST).unwrap_or_default().to_ascii_lowercase();
    if !hosts.contains(&host) {
        return Some((
            StatusCode::MISDIRECTED_REQUEST,
            "本页只应答它所监听的地址：请用启动时打印的地址打开，或用 --host 说明它的名称。\n",
            "This page answers only to the address that it listens on: open the one that was printed at start, or say its name with --host.\n",
        ));
    }
    if method.is_safe() {
        return None;
    }
    // A browser says one of them with every form; whoever says neither is no page of ours.
    let from_here = match (named(HeaderName::from_static("sec-fetch-site")), named(header::ORIGIN)) {
        (Some(site), _) if site != "same-origin" => false,
        // A proxy before it may speak TLS.
        (_, Some(origin)) => ["http://", "https://"]
            .iter()
            .filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|of| of.eq_ignore_ascii_case(&host)),
        (site, None) => site.is_some(),
    };
    (!from_here).then_some((
        StatusCode::FORBIDDEN,
        "只接受本页自己的表单：请从本页按钮操作。\n",
        "Only forms of this page itself are taken: use its buttons.\n",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, given: &[(&str, &str)]) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let hosts = ["127.0.0.1:8095".to_owned(), "localhost:8095".to_owned()];
        turned_away(&hosts, method, &headers).map(|(status, ..)| status.as_u16())
    }

    #[test]
    fn only_by_its_own_name() {
        assert_eq!(status(&Method::GET, &[("host", "127.0.0.1:8095")]), None);
        assert_eq!(status(&Method::GET, &[("host", "LOCALHOST:8095")]), None);
        for host in
            ["evil.example", "evil.example:8095", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8095.evil", ""]
        {
            assert_eq!(status(&Method::GET, &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(status(&Method::GET, &[]), Some(421));
    }

    #[test]
    fn only_its_own_forms() {
        let host = ("host", "localhost:8095");
        let post = |more: &[(&str, &str)]| status(&Method::POST, &[&[host], more].concat());
        assert_eq!(post(&[("origin", "http://localhost:8095")]), None);
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8095")]), None);
        assert_eq!(post(&[("sec-fetch-site", "same-origin")]), None);
        assert_eq!(post(&[("origin", "https://localhost:8095")]), None, "through a proxy");
        for bad in [
            vec![],
            vec![("origin", "null")],
            vec![("origin", "http://evil.example")],
            vec![("origin", "https://localhost:8096")],
            vec![("origin", "localhost:8095")],
            vec![("origin", "http://127.0.0.1:8095")],
            vec![("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8095")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "none")],
            vec![("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")],
        ] {
            assert_eq!(post(&bad), Some(403), "{bad:?}");
        }
    }
}
