//! When the states of licences are anchored: at each rest whatever is due, some way at a time. What fails is told once and tried again. Not
//! here: what is anchored (`authority`).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::authority::{Authority, Failure, Fault, StatesMade};

/// While nothing is due, and after a failure.
const REST: Duration = Duration::from_secs(5);
/// Between steps that catch up: others may be waiting for an answer.
const PAUSE: Duration = Duration::from_millis(20);

/// Anchors until the end.
pub async fn go_on(authority: Arc<Authority>, mut ended: watch::Receiver<()>) {
    let mut told = None;
    let mut pause = REST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = ended.changed() => return,
        }
        let stepped = step(&authority).await;
        metrics::gauge!("vidimus_states_stopped").set(if stepped.is_err() { 1.0 } else { 0.0 });
        pause = match stepped {
            // What fails after this is told again, be it the same.
            Ok(more) => {
                told = None;
                if more { PAUSE } else { REST }
            }
            Err(failure) => {
                let why = failure.to_string();
                if told.as_ref() != Some(&why) {
                    tracing::error!(%why, "the states of licences are not anchored; it is tried again");
                }
                told = Some(why);
                REST
            }
        };
    }
}

/// One step; whether there is more.
async fn step(authority: &Arc<Authority>) -> Result<bool, Failure> {
    let making = Arc::clone(authority);
    let made = tokio::task::spawn_blocking(move || making.make_states()).await;
    match made.unwrap_or_else(|stopped| Err(Fault::Damaged(stopped.to_string()).into()))? {
        StatesMade::Nothing => Ok(false),
        StatesMade::Behind => Ok(true),
        StatesMade::Due(due) => authority.anchor_states(due).await.map(|()| false),
    }
}
