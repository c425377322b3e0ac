//! When the scrub looks, and what happens where it finds something: for a moment before the service listens, then a little
//! at a time. What cannot be read ends writing, which the store does itself. What can be read and is wrong would be a wrong
//! answer: the service ends, and a note beside the data keeps it from starting again over it. Not here: what is looked
//! at (`authority::scrub`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::told::Told;
use crate::authority::store::StoreError;
use crate::authority::{Authority, Scrub, ScrubFault};

/// How long is looked before the service listens: a small ledger is looked through, of a large one what is newest.
const BEFORE: Duration = Duration::from_millis(250);
/// Between two steps, each of some milliseconds.
const PAUSE: Duration = Duration::from_millis(250);
/// Between two rounds.
const REST: Duration = Duration::from_secs(3600);
/// After a read that failed for want of descriptors or memory.
const LATER: Duration = Duration::from_secs(60);
/// The note beside the data.
const NOTE: &str = "damaged.txt";

/// Looks for a moment. The round so far, to go on from.
pub fn before_listening(authority: &Authority, data: &Path) -> anyhow::Result<Scrub> {
    let (begun, mut scrub) = (Instant::now(), Scrub::default());
    while begun.elapsed() < BEFORE {
        match authority.scrub(&mut scrub) {
            Ok(false) => {}
            Ok(true) => break,
            Err(ScrubFault::Unreadable(error)) => {
                tracing::error!(%error, "the scrub ends until restart; what can be read is read");
                break;
            }
            Err(ScrubFault::Wrong { what }) => return Err(condemn(data, &what)),
        }
    }
    Ok(scrub)
}

/// Looks on until something is wrong; then says what, and never comes back otherwise.
pub async fn go_on(authority: Arc<Authority>, mut scrub: Scrub, data: PathBuf) -> anyhow::Error {
    loop {
        tokio::time::sleep(PAUSE).await;
        let looking = Arc::clone(&authority);
        let looked = tokio::task::spawn_blocking(move || {
            let found = looking.scrub(&mut scrub);
            (scrub, found)
        });
        let Ok((at, found)) = looked.await else { return std::future::pending().await };
        scrub = at;
        match found {
            Ok(false) => {}
            Ok(true) => tokio::time::sleep(REST).await,
            Err(ScrubFault::Unreadable(StoreError::Busy(why))) => {
                tracing::warn!(%why, "the scrub begins again later");
                tokio::time::sleep(LATER).await;
            }
            Err(ScrubFault::Unreadable(error)) => {
                tracing::error!(%error, "the scrub ends until restart; what can be read is read");
                return std::future::pending().await;
            }
            Err(ScrubFault::Wrong { what }) => return condemn(&data, &what),
        }
    }
}

/// Refuses data that were found damaged before.
pub fn refuse_condemned(data: &Path) -> anyhow::Result<()> {
    match std::fs::read_to_string(data.join(NOTE)) {
        Ok(what) => Err(damaged(data, what.trim())),
        Err(_) => Ok(()),
    }
}

/// Notes that the data are damaged; where the note cannot be written, the next start looks again.
fn condemn(data: &Path, what: &str) -> anyhow::Error {
    if let Err(error) = std::fs::write(data.join(NOTE), format!("{what}\n")) {
        tracing::warn!(%error, "that the data are damaged could not be noted beside them");
    }
    tracing::error!(what, "the stored data are damaged; nothing is answered from them any more");
    damaged(data, what)
}

fn damaged(data: &Path, what: &str) -> anyhow::Error {
    let (data, note) = (data.display(), data.join(NOTE));
    let note = note.display();
    Told::new(
        format!(
            "数据目录 {data} 已损坏（{what} 不是当初写入的内容），不再据此回答。请保留它的副本，恢复最近的备份并前滚到全部已签名的记录（vidimus restore --roll-forward）。标记在 {note}"
        ),
        format!(
            "the data in {data} is damaged ({what} is not what was written), and nothing is answered from it. Keep a copy of \
             it, restore the last backup and roll it forward to every signed entry (vidimus restore --roll-forward). It is \
             noted in {note}"
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_condemned_is_refused_at_every_start() {
        let data = tempfile::tempdir().unwrap();
        refuse_condemned(data.path()).unwrap();
        let said = condemn(data.path(), "entry 7").to_string();
        assert!(said.contains("entry 7") && said.contains("--roll-forward"), "{said}");
        assert_eq!(refuse_condemned(data.path()).unwrap_err().to_string(), said);
    }
}
