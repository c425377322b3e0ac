//! When full bundles are put away: some at a time, beside everything else, with pauses that leave the machine to those who wait for an
//! answer. What keeps a file from being written is told once and tried again. Not here: what is put away (`authority`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::authority::{Authority, PutAway};

/// Entries behind the head that stay in the store: what is asked for most.
const MARGIN: u64 = 2_048;
/// Bundles of one step.
const AT_ONCE: u64 = 4;
/// While there is nothing to put away.
const REST: Duration = Duration::from_secs(2);
/// After a failure.
const LATER: Duration = Duration::from_secs(5);
/// Bundles behind which the pause is as long as the step; otherwise it is three times as long.
const FAR_BEHIND: u64 = 4_096;

/// Puts away until the end.
pub async fn go_on(authority: Arc<Authority>, mut ended: watch::Receiver<()>) {
    let mut told = None;
    let mut pause = REST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = ended.changed() => return,
        }
        let putting = Arc::clone(&authority);
        let begun = Instant::now();
        let step = tokio::task::spawn_blocking(move || putting.put_away(MARGIN, AT_ONCE)).await;
        let took = begun.elapsed();
        pause = match step {
            Ok(Ok(PutAway { bundles: 0, behind: 0 })) => REST,
            Ok(Ok(PutAway { behind, .. })) => took * if behind > FAR_BEHIND { 1 } else { 3 },
            Ok(Err(error)) => {
                let why = error.to_string();
                if told.as_ref() != Some(&why) {
                    tracing::error!(%why, "nothing is put away into the archive; it is tried again, and everything else goes on");
                }
                told = Some(why);
                LATER
            }
            Err(stopped) => {
                tracing::error!(%stopped, "putting away into the archive broke off; it is tried again");
                authority.note_broken_off(&stopped);
                told = Some(stopped.to_string());
                LATER
            }
        };
        if pause != LATER && told.take().is_some() {
            tracing::info!("bundles are put away into the archive again");
        }
    }
}
