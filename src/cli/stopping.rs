//! Being told to stop: SIGTERM and SIGINT; and waiting for what goes on beside the answers. Not here: what is finished first (`serve`).

use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// Both signals, caught.
pub(super) struct Stopping {
    terminated: Signal,
    interrupted: Signal,
}

impl Stopping {
    /// From now on; to be called before anyone can know that a service is there.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminated: signal(SignalKind::terminate())?,
            interrupted: signal(SignalKind::interrupt())?,
        })
    }

    /// Until either comes.
    pub(super) async fn told(mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
        tracing::info!("stopping: what was accepted is finished first");
    }
}

/// Waits until each of these has ended, for so long in all. Each ends after the step it is at, and a step may wait for a disk that does not
/// answer: what is left then loses no more than by a kill, and the next start does it again.
pub(super) async fn ended_or_left(
    within: Duration,
    beside: impl IntoIterator<Item = (&'static str, JoinHandle<()>)>,
) -> anyhow::Result<()> {
    let until = Instant::now() + within;
    for (what, task) in beside {
        match timeout_at(until, task).await {
            Ok(ended) => ended.context(what)?,
            Err(_) => tracing::warn!(what, "a step was under way and is left; the next start does it again"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_end_is_left_and_what_broke_off_is_told() {
        let stuck = || tokio::spawn(std::future::pending::<()>());
        let done = tokio::spawn(async {});
        ended_or_left(Duration::ZERO, [("stuck", stuck()), ("done", done), ("as well", stuck())])
            .await
            .unwrap();
        let broken = stuck();
        broken.abort();
        while !broken.is_finished() {
            tokio::task::yield_now().await;
        }
        let told = ended_or_left(Duration::ZERO, [("stuck", stuck()), ("broken", broken)]).await;
        assert_eq!(told.unwrap_err().to_string(), "broken");
    }
}
