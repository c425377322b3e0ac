//! Where the files of an archive lie: in a directory, or in memory for tests and trials. Both implement `authority::archive::Files`.
//!
//! Not here: whether what lies there is the ledger's, which is judged at every reading (`authority::archive`).

mod folder;
mod memory;
#[cfg(test)]
mod tests;

pub use folder::Folder;
pub use memory::MemoryFiles;

/// What the directory is called, in that of the store and in that of its journal.
pub const ARCHIVE: &str = "archive";
