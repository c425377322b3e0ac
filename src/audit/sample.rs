//! A spot check (双随机): licences drawn by a seed that nobody could choose, each to be looked into by an inspector drawn in the same
//! way, and what their departments open of them, held against what the ledger committed to. It is the bridge from a ledger
//! that holds to content that is true: entries hold digests alone, and here they meet what they are of.
//!
//! Whoever has the ledger, the checkpoint and the number draws the same licences. Not here: whether the ledger holds (`replay`),
//! which witnesses suffice (`ledger::policy`), and what inspectors find at the holder's.

mod drawing;
mod opening;

use serde::Serialize;

pub use drawing::{Drawing, Drawn, Seed};
pub use opening::{Opened, Opening, OpeningError, Outcome, What, openings};

use super::report::Range;

/// Names the form of the document.
const FORM: &str = "vidimus-sample/1";

/// The document: what was drawn and, once it was opened, what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The form of the document.
    pub sample: &'static str,
    /// The program and its version.
    pub tool: String,
    /// The ledger's name.
    pub origin: String,
    /// The checkpoint that the seed is of, as it was signed and cosigned.
    pub checkpoint: String,
    /// The witnesses whose lines stand in the seed, by the names in their keys. Without any, whoever signs checkpoints could
    /// have chosen what is drawn.
    pub witnesses: Vec<String>,
    /// The seed.
    pub seed: Seed,
    /// Which entries licences were drawn from.
    pub range: Range,
    /// Licences that were entered there.
    pub population: u64,
    /// Those that were drawn, by their index.
    pub drawn: Vec<Drawn>,
    /// What came of each, in the same order; absent before anything is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Vec<Opened>>,
}

impl Sample {
    /// What was drawn, by a seed and its witnesses.
    pub fn of(origin: &str, checkpoint: String, witnesses: Vec<String>, drawing: Drawing) -> Self {
        let (seed, range, population, drawn) = drawing.finish();
        let tool = format!("vidimus {}", env!("CARGO_PKG_VERSION"));
        let origin = origin.to_owned();
        Self {
            sample: FORM,
            tool,
            origin,
            checkpoint,
            witnesses,
            seed,
            range,
            population,
            drawn,
            opened: None,
        }
    }

    /// Holds what was opened against the entries.
    pub fn judge(&mut self, openings: &[Opening]) {
        let of = |drawn: &Drawn| openings.iter().find(|opening| opening.handle() == drawn.handle);
        self.opened = Some(self.drawn.iter().map(|drawn| Opened::judge(drawn, of(drawn))).collect());
    }

    /// How many came out so.
    pub fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.opened.iter().flatten().filter(|opened| is(&opened.outcome)).count()
    }
}

#[cfg(test)]
mod tests;
