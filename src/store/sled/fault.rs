//! Calls into sled, whose faults are told without what they were about: sled's own messages can name paths, and a
//! panic's message can print whole pages, so neither goes further than here.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What went wrong inside the engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// The operating system refused.
    #[error("{}", in_words(*.0))]
    System(ErrorKind),
    /// Bytes on disk are not what was written.
    #[error("damaged data (at {0})")]
    Damaged(String),
    /// Written by another version or with other settings.
    #[error("written by another version of the engine or with other settings")]
    Foreign,
    /// The engine's own mistake, or data so damaged that it gave up.
    #[error("the storage engine gave up")]
    GaveUp,
}

/// What the system said. A disk that fails has no word of its own there.
fn in_words(kind: ErrorKind) -> String {
    match kind.to_string().as_str() {
        "uncategorized error" => "the disk reports an error, such as an input/output error".to_owned(),
        said => said.to_owned(),
    }
}

impl From<::sled::Error> for Fault {
    fn from(error: ::sled::Error) -> Self {
        match error {
            ::sled::Error::Io(error) => Self::System(error.kind()),
            ::sled::Error::Corruption { at, .. } => {
                Self::Damaged(at.map_or_else(|| "an unknown offset".to_owned(), |at| at.to_string()))
            }
            ::sled::Error::Unsupported(_) => Self::Foreign,
            ::sled::Error::CollectionNotFound(_) | ::sled::Error::ReportableBug(_) => Self::GaveUp,
        }
    }
}

/// Calls sled. It panics on some damaged data; that is a fault like the others.
///
/// Unwind safety: after a fault of a write the store has ended, and a read changes nothing.
pub(super) fn ask<T>(call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(answer) => answer.map_err(Fault::from),
        Err(_panic) => Err(Fault::GaveUp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_disk_is_named() {
        let failing = std::io::Error::from_raw_os_error(5);
        assert!(ask::<()>(|| Err(failing.into())).unwrap_err().to_string().contains("input/output"));
    }

    #[test]
    fn a_fault_says_nothing_of_what_it_was_about() {
        let io = std::io::Error::new(ErrorKind::StorageFull, "/home/zhang/secret");
        assert_eq!(ask::<()>(|| Err(io.into())).unwrap_err().to_string(), "no storage space");
        let bug = ::sled::Error::ReportableBug("zhang".to_owned());
        assert_eq!(ask::<()>(|| Err(bug)), Err(Fault::GaveUp));
        let unsupported = ::sled::Error::Unsupported("zhang".to_owned());
        assert_eq!(ask::<()>(|| Err(unsupported)), Err(Fault::Foreign));
        assert_eq!(ask(|| Ok(7)), Ok(7));
    }

    #[test]
    fn a_panic_is_a_fault() {
        assert_eq!(ask::<()>(|| panic!("a page of sled")), Err(Fault::GaveUp));
    }
}
