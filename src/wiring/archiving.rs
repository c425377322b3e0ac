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
/// Bundles behind which the pause is no longer three times as long as the step, but as long.
const BEHIND: u64 = 64;
/// Bundles behind which there is no pause.
const FAR_BEHIND: u64 = 512;

/// Puts away until the end.
pub async fn go_on(authority: Arc<Authority>, mut ended: watch::Receiver<()>) {
    let mut told = None;
    let mut pause = REST;
    loop {
        tokio::select! {
            biased;
            _ = ended.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let putting = Arc::clone(&authority);
        let begun = Instant::now();
        let step = tokio::task::spawn_blocking(move || putting.put_away(MARGIN, AT_ONCE)).await;
        let took = begun.elapsed();
        pause = match step {
            Ok(Ok(done)) => pause_after(done, took),
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

/// How long others have the machine to themselves after a step. The more bundles wait, the less: what waits lies in the store, which grows
/// by it and gives no byte back to the disk, and a pause in proportion to the work never catches up with a load that lasts. Copies that are only
/// looked at make nothing grow, however many there are.
fn pause_after(done: PutAway, took: Duration) -> Duration {
    match done {
        PutAway { behind: 0, bundles: 0 } => REST,
        PutAway { bundles: 0, .. } | PutAway { behind: ..BEHIND, .. } => took * 3,
        PutAway { behind: BEHIND..FAR_BEHIND, .. } => took,
        PutAway { behind: FAR_BEHIND.., .. } => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_falls_with_what_waits() {
        let took = Duration::from_millis(20);
        let pauses = [(0, 0), (4, 0), (4, 63), (4, 64), (4, 511), (4, 512), (4, u64::MAX), (0, 40_000)]
            .map(|(bundles, behind)| pause_after(PutAway { bundles, behind }, took));
        let (three, none) = (took * 3, Duration::ZERO);
        assert_eq!(pauses, [REST, three, three, took, took, none, none, three]);
    }
}
