//! What an office reaches in these tests: ledgers, witnesses and a clock in memory, and a folder of its own.

use super::*;

/// Whom it is told that a replay has arrived at a bundle, and who lets it on.
pub(super) type Gate = (mpsc::Sender<()>, Arc<Mutex<mpsc::Receiver<()>>>);

/// What lies where, as a test changes it; what is not there cannot be reached.
#[derive(Clone, Default)]
pub(super) struct World(pub(super) Arc<Mutex<Inside>>);

#[derive(Default)]
pub(super) struct Inside {
    pub(super) ledgers: BTreeMap<String, Files>,
    pub(super) witnesses: BTreeMap<String, Vec<u8>>,
    pub(super) vkey: Option<VerifierKey>,
    pub(super) policy: Option<String>,
    /// A replay waits at its first bundle until somebody says so.
    pub(super) gate: Option<Gate>,
}

struct Gated {
    files: Files,
    gate: Option<Gate>,
}

impl Source for Gated {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if let Some((reached, pass)) = self.gate.as_ref().filter(|_| path.starts_with("tile/entries/")) {
            let _told = reached.send(());
            let _passed = pass.lock().unwrap().recv();
        }
        self.files.read(path)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.files.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.files.files()
    }
}

impl Reach for World {
    fn source(&self, from: &str) -> Result<Box<dyn Source>, String> {
        let inside = self.0.lock().unwrap();
        let files = inside.ledgers.get(from).cloned().ok_or_else(|| format!("{from} is away"))?;
        Ok(Box::new(Gated { files, gate: inside.gate.clone() }))
    }

    fn latest(&self, url: &str) -> Result<Option<Vec<u8>>, String> {
        match self.0.lock().unwrap().witnesses.get(url) {
            Some(bytes) if bytes.is_empty() => Ok(None),
            Some(bytes) => Ok(Some(bytes.clone())),
            None => Err(format!("{url} is away")),
        }
    }

    fn pins(&self) -> Result<Pins, String> {
        let inside = self.0.lock().unwrap();
        let policy = inside.policy.as_ref().map(|text| Policy::parse(text.as_bytes()).unwrap());
        Ok(Pins { keys: inside.vkey.iter().cloned().collect(), policy, ..Pins::default() })
    }

    fn remember(&self, _: &Audit) -> Result<(), String> {
        Ok(())
    }

    fn sign(&self, name: &str, found: Value) -> Result<(Vec<u8>, bool), String> {
        Ok((canonical(&serde_json::json!({ name: found })).unwrap(), false))
    }
}

/// A clock that goes on by itself whenever it is asked, so that nothing is told twice.
#[derive(Default)]
pub(super) struct Going(AtomicI64);

impl Clock for Going {
    fn now(&self) -> Time {
        "2026-11-28T04:00:00.000Z".parse().unwrap()
    }

    fn since_boot_millis(&self) -> i64 {
        self.0.fetch_add(FRESH_MILLIS, Ordering::Relaxed)
    }
}

pub(super) struct Place {
    pub(super) world: World,
    pub(super) folder: TempDir,
    pub(super) mirrors: Vec<String>,
}

impl Place {
    pub(super) fn new(files: Files) -> Self {
        let world = World::default();
        world.0.lock().unwrap().vkey = Some(LEDGER.vkey());
        world.0.lock().unwrap().ledgers.insert("ledger".into(), files);
        Self { world, folder: tempfile::tempdir().unwrap(), mirrors: Vec::new() }
    }

    pub(super) fn put(&self, name: &str, files: Files) {
        self.world.0.lock().unwrap().ledgers.insert(name.into(), files);
    }

    pub(super) fn open(&self) -> Result<Arc<Office>, FolderError> {
        let asked = Asked {
            from: "ledger".into(),
            mirrors: self.mirrors.clone(),
            into: "audit".into(),
            ..Asked::default()
        };
        Office::open(asked, self.folder.path(), Box::new(self.world.clone()), Arc::new(Going::default()))
    }

    /// Where a replay has arrived at a bundle, and what lets it on.
    pub(super) fn gate(&self) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (reached, arrived) = mpsc::channel();
        let (pass, passed) = mpsc::channel();
        self.world.0.lock().unwrap().gate = Some((reached, Arc::new(Mutex::new(passed))));
        (arrived, pass)
    }
}
