//! The law, held by vectors (law 0, section 12): entries, statements, keys, credential digests, dates, standings and a
//! whole ledger with its mutated copies, in `schemas/vectors`, which a second language judges too (`tests/law0`).
//!
//! Beside the vectors many ledgers of chance (`many`), which the second language judges entry by entry as well.
//!
//! `VIDIMUS_WRITE_VECTORS=1` writes the files anew; without it they are compared byte for byte with what would be
//! written. Nothing here is chance: Ed25519 keys come from their names, times are fixed, and what P-256 signed once is
//! read from `schemas/vectors/ledger/certificates.json`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod anchored;
mod carded;
mod chance;
mod content;
mod credential;
mod dates;
mod draft;
mod entries;
mod errand;
mod held;
mod joined;
mod joined_mutations;
mod keyring;
mod keys;
mod ledger;
mod many;
mod mutations;
mod standing;
mod statements;
mod story;
mod strayed;
mod succession;
mod summary;
mod wanderer;
mod whole_ledger;

use std::path::PathBuf;

use serde_json::Value;

/// Whether files are to be written.
fn writing() -> bool {
    std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some_and(|value| value == "1")
}

/// A file of our vectors.
fn our_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/vectors").join(name)
}

/// Compares a file of vectors with what its generator makes, or writes it.
fn hold(name: &str, vectors: &Value) {
    hold_text(name, &format!("{}\n", serde_json::to_string_pretty(vectors).unwrap()));
}

/// The same of a text that is no JSON.
fn hold_text(name: &str, text: &str) {
    if writing() {
        std::fs::create_dir_all(our_file(name).parent().unwrap()).unwrap();
        std::fs::write(our_file(name), text).unwrap();
    }
    let stored = std::fs::read_to_string(our_file(name)).unwrap_or_default();
    assert!(stored == text, "schemas/vectors/{name} differs from its generator; see VIDIMUS_WRITE_VECTORS");
}
