//! The ledger as files, C2SP tlog-tiles: checkpoint, tiles, entry bundles, public material by digest; receipts, and the
//! keys under which all of it is checked. Not here: what an entry means.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use super::HttpState;
use super::answer::{FOR_EVER, kept, ok, typed};
use super::kind::Kind;
use super::problem::Problem;
use super::request::{Params, bad_parameter};
use crate::authority::Thing;
use crate::ledger::witnessed::Witnessed;
use crate::merkle::TilePath;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// `GET /ledger/checkpoint`.
pub async fn checkpoint(State(state): State<Arc<HttpState>>) -> Response {
    let checkpoint = state.authority.published().checkpoint.to_string();
    kept(typed(StatusCode::OK, TEXT, checkpoint), "no-cache")
}

/// `GET /ledger/witnessed-checkpoint`: the newest that a quorum of witnesses cosigned, with their lines. There is none of a
/// ledger that nobody witnesses, and not yet of one whose witnesses were no quorum.
pub async fn witnessed(State(state): State<Arc<HttpState>>) -> Result<Response, Problem> {
    match (state.authority.cosigned(), state.authority.witnessed()) {
        (Some(cosigned), _) => Ok(kept(typed(StatusCode::OK, TEXT, cosigned.note().to_string()), "no-cache")),
        (None, Witnessed::Awaited { .. }) => {
            let (zh, en) = (
                "见证人尚未达到法定人数，还没有经见证的检查点。",
                "The witnesses were no quorum yet: no checkpoint is cosigned.",
            );
            Err(Problem::new(Kind::NotReady, zh, en).after(10))
        }
        (None, _) => Err(Problem::not_found(Thing::File)),
    }
}

/// `GET /ledger/tile/…`: the one spelling of each path, so that caches hold no tile twice. A bundle that was put away goes out as it lies, by gzip,
/// to whoever takes that.
pub async fn tile(
    State(state): State<Arc<HttpState>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = uri.path().strip_prefix("/ledger/").unwrap_or_default();
    let path: TilePath = path.parse().map_err(|_| Problem::not_found(Thing::File))?;
    let gzip = takes_gzip(&headers);
    // What was put away is read from a file and hashed, which waits for a disk.
    let found = tokio::task::spawn_blocking(move || tile_of(&state, &path, gzip)).await;
    found.map_err(|error| Problem::fault(&error))?
}

fn tile_of(state: &HttpState, path: &TilePath, gzip: bool) -> Result<Response, Problem> {
    let packed = if gzip { state.authority.packed(path)? } else { None };
    let Some(packed) = packed else {
        return Ok(kept(typed(StatusCode::OK, BYTES, state.authority.tile(path)?), FOR_EVER));
    };
    let mut response = kept(typed(StatusCode::OK, BYTES, packed), FOR_EVER);
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

/// Whether gzip is named among what may be sent, and not refused (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| {
            let (name, weight) = part.split_once('=')?;
            name.eq_ignore_ascii_case("q").then_some(weight)
        });
        gzip && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

/// `GET /ledger/blob/sha256/{hex}`.
pub async fn blob(State(state): State<Arc<HttpState>>, Path(hex): Path<String>) -> Result<Response, Problem> {
    let name = hex.parse().map_err(|_| Problem::not_found(Thing::File))?;
    Ok(kept(typed(StatusCode::OK, BYTES, state.authority.blob(&name)?), FOR_EVER))
}

/// `GET /ledger/vkey`: one a line, newest first.
pub async fn verifier_keys(State(state): State<Arc<HttpState>>) -> Response {
    let lines: String = state.authority.verifier_keys().iter().map(|key| format!("{key}\n")).collect();
    kept(typed(StatusCode::OK, TEXT, lines), "no-cache")
}

/// `GET /v1/ledger/proof?index=N`: a receipt to the newest checkpoint that is cosigned and covers the entry, or else to the newest.
pub async fn proof(State(state): State<Arc<HttpState>>, mut params: Params) -> Result<Response, Problem> {
    let index: Option<u64> = params.parsed("index")?;
    params.finish()?;
    let index = index
        .ok_or_else(|| bad_parameter("index", "缺少记录序号。", "The index of an entry is required."))?;
    let receipt = tokio::task::spawn_blocking(move || state.authority.receipt(index)).await;
    let (_, receipt) = receipt.map_err(|error| Problem::fault(&error))??;
    Ok(kept(typed(StatusCode::OK, TEXT, receipt), "no-cache"))
}

/// `GET /.well-known/jwt-vc-issuer`: keys that sign credentials, retired ones too.
pub async fn issuer_keys(State(state): State<Arc<HttpState>>) -> Result<Response, Problem> {
    Ok(kept(ok(&state.authority.issuer_keys()?), "public, max-age=300"))
}

/// `GET /pki/root.pem`.
pub async fn root(State(state): State<Arc<HttpState>>) -> Result<Response, Problem> {
    let pem = state.authority.root()?.to_pem().map_err(|error| Problem::fault(&error))?;
    Ok(kept(typed(StatusCode::OK, "application/pem-certificate-chain", pem), "public, max-age=300"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        for value in ["gzip", "br, GZIP", "gzip;q=0.1", "gzip; Q=1", "identity;q=0, gzip"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "identity", "gzip;q=0", "gzip;Q=0", "gzip; q=0.000", "gzip;q=no", "x-gzip2"] {
            assert!(!takes(value), "{value}");
        }
    }
}
