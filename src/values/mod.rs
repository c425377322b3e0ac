//! Floor 0: the words of the house as types, each with one parser. No I/O, no clock, no randomness.

pub mod canonical;
pub mod figures;
pub mod identifiers;
pub mod lang;
pub mod recorded;
pub mod standing;
pub(crate) mod text;
pub mod time;
