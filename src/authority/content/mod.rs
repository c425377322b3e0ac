//! Content of the service's own licences, judged by the ledger's rules once they are entered (`judging`). Not here: the rules
//! (`supervision`), and the cards that follow (`cards`).

mod judging;
mod rows;

pub use judging::Judged;
pub(super) use judging::Looking;
pub use rows::{content, row};
