//! Being told to stop: SIGTERM and SIGINT. Not here: what is finished first (`serve`).

use tokio::signal::unix::{Signal, SignalKind, signal};

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
