//! The program under measure: a child process, its directories, and what the system says of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Of a second, in `/proc`; Linux tells user space this number on every machine.
const TICKS: f64 = 100.0;

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

    /// What the system says of it now.
    pub fn process(&self) -> Process {
        Process(self.child.as_ref().expect("it runs").id())
    }

    /// Resident memory in MB: now, and at most.
    pub fn memory(&self) -> (f64, f64) {
        let process = self.process();
        (process.status("VmRSS:").unwrap() / 1024.0, process.status("VmHWM:").unwrap() / 1024.0)
    }
}

/// A process that runs, or did.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// A number of `/proc/PID/status`, while there is one.
    pub fn status(self, name: &str) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Seconds that it had a core, all threads together.
    pub fn cpu(self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        let after_name = stat.rsplit(") ").next().unwrap();
        let ticks: Vec<f64> =
            after_name.split(' ').skip(11).take(2).map(|one| one.parse().unwrap()).collect();
        ticks.iter().sum::<f64>() / TICKS
    }
}

/// Runs a command of the program to its end; what it prints, seconds, and MB at most.
pub fn command(arguments: &[&std::ffi::OsStr]) -> (String, f64, f64) {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut out).unwrap());
    let mut most: f64 = 0.0;
    let status = loop {
        most = Process(child.id()).status("VmHWM:").unwrap_or(most).max(most);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (taken, said) = (begun.elapsed().as_secs_f64(), reader.join().unwrap());
    assert!(status.success(), "{arguments:?}: {status}\n{said}");
    (said, taken, most / 1024.0)
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
