//! `GET /v1/licences/{handle}/standing-proof`: how a licence stood, proved from an anchor. For everybody, as the ledger is: it holds a handle and
//! entries, nothing of what was printed. Not here: what it shows (`ledger::standing_proof`).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::HttpState;
use super::access::Whence;
use super::answer::{kept, typed};
use super::licences::parse;
use super::problem::Problem;
use super::request::{Params, Who, not_later};
use super::verifications::{Asker, within_budget};

/// `GET /v1/licences/{handle}/standing-proof?at=`: from the newest anchor; with a time, only if that reaches it.
pub async fn proof(
    State(state): State<Arc<HttpState>>,
    Who(caller): Who,
    Whence(address): Whence,
    Path(handle): Path<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let at = params.parsed("at")?;
    params.finish()?;
    let handle = parse(&handle)?;
    let at = at.map(|at| not_later(Some(at), state.clock.now())).transpose()?;
    let asker = Asker { address, caller };
    if !asker.known() {
        state.computing.take(address, 0.0)?;
    }
    // The leaves of a block are made for it: up to 256 licences are read.
    let proof = within_budget(&state, &asker, || state.authority.standing_proof(&handle, at))?;
    Ok(kept(typed(StatusCode::OK, "text/plain; charset=utf-8", proof), "no-cache"))
}
