//! When rows settle: beside everything else, with pauses that leave the machine to those who wait for an answer. What fails is told once and
//! tried again. Not here: which rows, and where (`store::sled`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::authority::Authority;

/// While nothing is due.
const REST: Duration = Duration::from_secs(2);
/// After a failure.
const LATER: Duration = Duration::from_secs(10);

/// Lets rows settle until the end.
pub async fn go_on(authority: Arc<Authority>, mut ended: watch::Receiver<()>) {
    let mut told = None;
    let mut pause = REST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = ended.changed() => return,
        }
        let settling = Arc::clone(&authority);
        let begun = Instant::now();
        let step = tokio::task::spawn_blocking(move || settling.settle()).await;
        let why = match step {
            Ok(Ok(settled)) => {
                pause = if settled.more { begun.elapsed() } else { REST };
                if told.take().is_some() {
                    tracing::info!("rows settle again");
                }
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(stopped) => {
                authority.note_unsettled(&stopped);
                stopped.to_string()
            }
        };
        pause = LATER;
        if told.as_ref() != Some(&why) {
            tracing::error!(%why, "rows do not settle; it is tried again, and they stay where they are");
        }
        told = Some(why);
    }
}
