//! The program under measure: a child process, its directories, and what the system says of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Seconds a bench.
    Short,
    /// Up to a million licences.
    Long,
}

/// Directories of an authority, and the service over them while it runs.
pub struct House {
    pub folder: TempDir,
    child: Option<Child>,
    /// Address and port.
    pub address: String,
}

impl House {
    /// A sample authority, new.
    pub fn found() -> Self {
        // Where cargo builds, which is a disk; the system's temporary directory may be memory.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut house = Self { folder, child: None, address: String::new() };
        house.start();
        house
    }

    /// Starts the service; how long until it listens.
    pub fn start(&mut self) -> Duration {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vidimus"))
            .args([
                "serve",
                "--lang",
                "en",
                "--listen",
                "127.0.0.1:0",
                "--address-rate",
                "0",
                "--data",
                "data",
                "--keys",
                "keys",
            ])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("the service starts").unwrap();
        let taken = begun.elapsed();
        self.address = line.strip_prefix("listening on http://").expect("it listens").to_owned();
        // What else it says is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
        taken
    }

    /// Stops it as an operator would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let id = child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
            assert!(child.wait().unwrap().success());
        }
    }

    /// The token of a department.
    pub fn token(&self, department: &str) -> String {
        let path = self.folder.path().join("keys/tokens").join(format!("{department}.token"));
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    }

    /// Where the ledger lies.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Resident memory in MB: now, and at most.
    pub fn memory(&self) -> (f64, f64) {
        let id = self.child.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Only after a failure; what it leaves is thrown away.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Bytes that a directory takes on disk.
pub fn bytes_under(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let about = entry.metadata().unwrap();
            if about.is_dir() { bytes_under(&entry.path()) } else { about.blocks() * 512 }
        })
        .sum()
}
