//! Which signatures are good, held by vectors (law 0, sections 6 and 12): ours in `schemas/vectors`, which a second
//! language checks too, and other people's where `VIDIMUS_VECTORS` names a folder that has them.
//!
//! `VIDIMUS_WRITE_VECTORS=1` writes our files anew; without it they are compared with what would be written.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod crafted;
mod ed25519;
mod foreign;
mod receipts;
mod refusals;
mod split_views;
mod standing_proofs;

use std::path::PathBuf;

use serde_json::Value;

/// Bytes of lower-case hex of any length.
fn hex_bytes(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn our_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/vectors").join(name)
}

/// Compares a file of vectors with what its generator makes, or writes it.
fn hold(name: &str, vectors: &Value) {
    let text = format!("{}\n", serde_json::to_string_pretty(vectors).unwrap());
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some_and(|value| value == "1") {
        std::fs::write(our_file(name), &text).unwrap();
    }
    let stored = std::fs::read_to_string(our_file(name)).unwrap_or_default();
    assert!(stored == text, "schemas/vectors/{name} differs from its generator; see VIDIMUS_WRITE_VECTORS");
}

/// A file of other people's vectors, if there is a folder of them.
fn foreign_file(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("VIDIMUS_VECTORS") else {
        println!("skipped {name}: VIDIMUS_VECTORS is not set");
        return None;
    };
    Some(std::fs::read_to_string(PathBuf::from(folder).join(name)).unwrap())
}
