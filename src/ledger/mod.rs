//! Floor 3: the ledger's formats. Not here: the tree's arithmetic (`merkle`) and what entries mean (`law`).

pub mod checkpoint;
pub mod receipt;
