//! Floor 3: the ledger's formats: entries and what they say, the state they add up to, checkpoints,
//! receipts. Not the rules (`law`), not where
//! entries are kept (`store`).

pub mod body;
pub mod checkpoint;
pub mod entry;
pub mod receipt;
pub mod signature;
pub mod state;
