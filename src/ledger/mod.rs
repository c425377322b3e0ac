//! Floor 3: the ledger's formats: entries and what they say, the state they add up to, checkpoints,
//! receipts, what witnesses are sent, whose cosignatures suffice and how far they go, proofs of a split view and of how a licence
//! stood. Not the rules (`law`), not where entries are kept (`store`).

pub mod body;
pub mod checkpoint;
pub mod commitment;
pub mod entry;
pub mod policy;
pub mod receipt;
pub mod signature;
pub mod split_view;
pub mod standing_proof;
pub mod state;
pub mod submission;
pub mod witnessed;
