//! Floor 6: where rows are kept: in memory, on sled, and in either with a journal beside it. All implement
//! `authority::store::Store` and are held to it by one shared suite. And where the files of an archive lie (`archive`).
//!
//! Not here: what the rows mean, and whether a head may be signed (`last-signed` lies beside the keys, never here).

pub mod archive;
mod durable;
pub mod journal;
pub mod memory;
pub mod settled;
pub mod sled;
#[cfg(test)]
mod suite;

pub use journal::Journaled;
pub use memory::MemoryStore;
pub use sled::{OpenError, SledStore};
