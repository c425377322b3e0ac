//! Cards (黄牌、红牌) of the service's own ledger: raised by its rules (`following`), and what supervisors do about them (`acting`).

mod acting;
mod following;
mod rows;

pub use acting::{CardPage, CardStepped, CardToSign, CardVerb, CardWish};
pub use following::Followed;
pub(super) use following::Following;
pub use rows::{card, read, row};
