//! `GET /v1/licences/{handle}/standing-proof`: how a licence stood, proved from an anchor. For everybody, as the ledger is: it holds a handle and
//! entries, nothing of what was printed. Not here: what it shows (`ledger::standing_proof`).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::HttpState;
use super::access::Whence;
use super::answer::{kept, typed};
use super::kind::Kind;
use super::licences::parse;
use super::problem::Problem;
use super::request::{Params, Who, not_later};
use super::verifications::{Asker, within_budget};

/// Proofs that are made at once.
pub(super) const AT_ONCE: usize = 2;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(1);

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
    let place = place(&state.proving, PATIENCE).await?;
    // The leaves of a block are made for it: up to 256 licences and 1,002 entries are read, of which the archive may have some. The place
    // is given back when that is done, also where nobody waits for it any more.
    let made = spawn_blocking(move || {
        let _place = place;
        within_budget(&state, &asker, || state.authority.standing_proof(&handle, at))
    });
    let proof = made.await.map_err(|error| Problem::fault(&error))??;
    Ok(kept(typed(StatusCode::OK, "text/plain; charset=utf-8", proof), "no-cache"))
}

async fn place(proving: &Arc<Semaphore>, patience: Duration) -> Result<OwnedSemaphorePermit, Problem> {
    let turn = timeout(patience, Arc::clone(proving).acquire_owned()).await;
    turn.ok().and_then(Result::ok).ok_or_else(|| {
        Problem::new(
            Kind::NotReady,
            "正在作出其他状态证明，暂时轮不到这一份，请稍后再试。",
            "Other proofs of standing are being made, and it is not this one's turn yet; try again shortly.",
        )
        .after(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_are_made_at_once_and_others_are_told_so() {
        let proving = Arc::new(Semaphore::new(AT_ONCE));
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            places.push(place(&proving, Duration::ZERO).await.map_err(|problem| problem.kind()).unwrap());
        }
        let refused = place(&proving, Duration::ZERO).await.map(drop).map_err(|problem| problem.kind());
        assert_eq!(refused, Err(Kind::NotReady));
        places.pop();
        assert!(place(&proving, Duration::ZERO).await.is_ok());
    }
}
