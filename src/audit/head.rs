//! The checkpoint of a source, read; its signature is judged once the entries have named their keys (`trail`).

use super::source::{CHECKPOINT, Source, SourceError};
use super::summary::Finding;
use crate::law::Rule;
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::note::Note;

/// What the source says of its tree.
pub(super) struct Head {
    pub(super) note: Note,
    pub(super) checkpoint: Checkpoint,
}

/// Reads the checkpoint; one that is missing or cannot be read is a finding.
pub(super) fn read(source: &dyn Source) -> Result<Result<Head, Finding>, SourceError> {
    let Some(bytes) = source.read(CHECKPOINT)? else {
        return Ok(Err(Finding::of(Rule::Tree, "there is no checkpoint")));
    };
    Ok(parse(&bytes).map_err(|error| Finding::of(Rule::Tree, format!("checkpoint: {error}"))))
}

fn parse(bytes: &[u8]) -> Result<Head, CheckpointError> {
    let note = Note::parse(bytes)?;
    let checkpoint: Checkpoint = note.text().parse()?;
    if checkpoint.extensions.is_empty() {
        Ok(Head { note, checkpoint })
    } else {
        Err(CheckpointError::Extensions(checkpoint.extensions.len()))
    }
}
