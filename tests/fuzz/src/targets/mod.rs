//! The targets in one table. To add one: a file with `run`, `seeds` and `words`, and a row here.

mod certificate;
mod checkpoint;
mod columns;
mod entry;
mod jws;
mod law;
mod planted;
mod proof;
mod request;
mod sd_jwt;
mod split_view;
mod standing_proof;
mod status;
mod tile;
mod verdict;

/// One parser and its laws.
pub struct Target {
    /// As `run.py` names it.
    pub name: &'static str,
    /// Panics where a law does not hold.
    pub run: fn(&[u8]),
    /// Real inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What the format says again and again.
    pub words: fn() -> Vec<String>,
}

/// A row: the module's own three functions.
macro_rules! target {
    ($name:ident) => {
        Target { name: stringify!($name), run: $name::run, seeds: $name::seeds, words: $name::words }
    };
}

/// Every target, the planted bug first.
pub const ALL: &[Target] = &[
    Target { name: "planted", run: planted::run, seeds: Vec::new, words: Vec::new },
    target!(entry),
    target!(law),
    target!(jws),
    target!(sd_jwt),
    target!(certificate),
    target!(status),
    target!(checkpoint),
    target!(tile),
    target!(proof),
    target!(split_view),
    target!(standing_proof),
    target!(columns),
    target!(request),
    target!(verdict),
];

/// Words as a dictionary has them.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
