//! Fuzz targets, one a parser: what arrives from outside is read without a panic, within its limits, and by the laws that
//! each target writes down. libFuzzer finds the inputs; `run.py` builds this, makes the seeds and runs it.
//!
//! One program holds all targets, so that the library is built once. `VIDIMUS_FUZZ_TARGET` names the one to run;
//! `VIDIMUS_FUZZ_SEEDS=FOLDER` writes the target's seeds and its dictionary there and ends. Not here: vectors and properties of
//! single functions, which stand beside the functions.

#![no_main]

mod live;
mod make;
mod targets;

use std::path::Path;
use std::sync::OnceLock;

use targets::Target;

static TARGET: OnceLock<&Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: prepare(),
    |data: &[u8]| {
        let target = TARGET.get().expect("prepared");
        (target.run)(data);
    }
);

/// Picks the target; writes its seeds instead of running it where that is asked for.
fn prepare() {
    let name = std::env::var("VIDIMUS_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = targets::ALL.iter().find(|target| target.name == name) else {
        let names: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
        eprintln!("VIDIMUS_FUZZ_TARGET is one of: {}", names.join(" "));
        std::process::exit(2);
    };
    if let Some(folder) = std::env::var_os("VIDIMUS_FUZZ_SEEDS") {
        write_seeds(target, Path::new(&folder)).expect("the seeds can be written");
        std::process::exit(0);
    }
    TARGET.set(target).ok();
}

/// Seeds as files named by number, and the words of the format as a dictionary of libFuzzer's.
fn write_seeds(target: &Target, folder: &Path) -> std::io::Result<()> {
    let seeds = folder.join("seeds");
    std::fs::create_dir_all(&seeds)?;
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(seeds.join(format!("{number:04}")), seed)?;
    }
    let escaped = |word: &str| -> String { word.bytes().map(|byte| format!("\\x{byte:02x}")).collect() };
    let words: String = (target.words)().iter().map(|word| format!("\"{}\"\n", escaped(word))).collect();
    std::fs::write(folder.join("words.dict"), words)
}
