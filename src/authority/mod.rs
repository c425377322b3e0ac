//! Floor 5: the engine of an authority: the single writer, issuing, acts, publication. Async; I/O only through ports.

pub mod caller;
pub mod clock_guard;
pub mod keyring;
pub mod store;
