//! Hashes alone: every entry, every tile, the root of the checkpoint. Says that a copy is whole; not that what it holds
//! is lawful, nor that anybody signed it, which a replay says (`replay`).

use rayon::prelude::*;

use super::entries;
use super::head;
use super::replay::compare_root;
use super::source::{Source, SourceError};
use super::summary::Finding;
use super::tree::Tree;
use crate::merkle::bundles;

/// Bundles that all cores read and hash together.
const BUNDLES_AT_ONCE: usize = 256;

/// What the hashes of a ledger come to.
pub struct Hashes {
    /// Entries hashed.
    pub size: u64,
    /// What does not fit; nothing means that the copy is whole.
    pub findings: Vec<Finding>,
}

/// Hashes the ledger of a source.
pub fn hashes(source: &dyn Source) -> Result<Hashes, SourceError> {
    let head = match head::read(source)? {
        Ok(head) => head,
        Err(finding) => return Ok(Hashes { size: 0, findings: vec![finding] }),
    };
    let mut findings = Vec::new();
    let mut tree = Tree::default();
    let mut left = bundles(head.checkpoint.size);
    loop {
        let next: Vec<_> = left.by_ref().take(BUNDLES_AT_ONCE).collect();
        if next.is_empty() {
            break;
        }
        let read: Vec<_> =
            next.into_par_iter().map(|bundle| entries::hash(source, bundle)).collect::<Result<_, _>>()?;
        for bundle in read {
            let bundle = match bundle {
                Ok(bundle) => bundle,
                Err(missing) => {
                    findings.push(missing);
                    return Ok(Hashes { size: tree.size(), findings });
                }
            };
            tree.push(&bundle);
            findings.extend(bundle.finding);
            findings.extend(tree.compare_full(source)?);
        }
    }
    findings.extend(tree.compare_edge(source)?);
    findings.extend(compare_root(&head, &tree));
    Ok(Hashes { size: tree.size(), findings })
}
