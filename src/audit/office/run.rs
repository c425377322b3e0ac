//! A replay on a thread of its own: how far it has come, how it is stopped, and what it leaves in the office's folder, which
//! is what `audit report` and `audit statistics` write over the same entries, to the byte. Not here: the law and what is
//! found by it (`replay`, `report`).

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use super::folder::{Ended, Finished, RECORD, section_name};
use super::pages::section;
use super::{Office, Said};
use crate::audit::eye::Eye;
use crate::audit::prove::{self, ProveError};
use crate::audit::replay::{Audit, Progress, replay_before};
use crate::audit::report::{Findings, Gathering, Range, findings, page};
use crate::audit::source::{Source, SourceError};
use crate::audit::statistics::{Counting, statistics};
use crate::audit::summary::Verdict;
use crate::audit::trail::Trail;
use crate::ledger::entry::Entry;
use crate::ledger::state::MemoryState;
use crate::ledger::state::View as _;
use crate::supervision::Rules;
use crate::supervision::scorecard::Scorecard;
use crate::values::lang::Lang;
use crate::values::time::Time;

/// Counts under this are withheld in open statistics.
const WITHHELD_UNDER: u64 = 10;

/// A replay that runs.
pub(super) struct Running {
    pub(super) number: u64,
    pub(super) started: Time,
    done: AtomicU64,
    total: AtomicU64,
    /// Since boot, when the first entry was about to be read.
    since: AtomicI64,
    stop: AtomicBool,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    pub(super) done: u64,
    /// 0 until the checkpoint has been read.
    pub(super) total: u64,
    /// Entries a second; none before there is one.
    pub(super) rate: Option<u64>,
    /// Milliseconds that the rest may take.
    pub(super) rest: Option<i64>,
    pub(super) stopping: bool,
}

impl Running {
    pub(super) fn new(number: u64, started: Time) -> Self {
        Self {
            number,
            started,
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            since: AtomicI64::new(0),
            stop: AtomicBool::new(false),
        }
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn tell(&self, progress: Progress, now: i64) {
        if progress.done == 0 {
            self.since.store(now, Ordering::Relaxed);
        }
        self.done.store(progress.done, Ordering::Relaxed);
        self.total.store(progress.total, Ordering::Relaxed);
    }

    pub(super) fn course(&self, now: i64) -> Course {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let took = u64::try_from(now.saturating_sub(self.since.load(Ordering::Relaxed))).unwrap_or(0);
        let rate = done.saturating_mul(1000).checked_div(took).filter(|rate| *rate > 0);
        let left = total.saturating_sub(done).saturating_mul(1000);
        let rest = rate.and_then(|rate| left.checked_div(rate)).and_then(|rest| i64::try_from(rest).ok());
        Course { done, total, rate, rest, stopping: self.stopped() }
    }

    pub(super) fn ended(&self, why: Said, at: Time) -> Ended {
        Ended { number: self.number, started: self.started, ended: Some(at), why }
    }
}

/// A source that gives nothing any more once the replay is to stop.
struct Stoppable<'a> {
    source: Box<dyn Source>,
    running: &'a Running,
}

impl Stoppable<'_> {
    fn unless_stopped(&self) -> Result<&dyn Source, SourceError> {
        if self.running.stopped() {
            let (address, reason) = (format!("run {}", self.running.number), "stopped".to_owned());
            return Err(SourceError::Unreachable { address, reason });
        }
        Ok(self.source.as_ref())
    }
}

impl Source for Stoppable<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        self.unless_stopped()?.read(path)
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        self.unless_stopped()?.tokens()
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.unless_stopped()?.files()
    }
}

/// Two who look on at one replay.
struct Both {
    gathering: Gathering,
    counting: Counting,
}

impl Eye for Both {
    fn before(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        self.gathering.before(index, entry, state);
        self.counting.before(index, entry, state);
    }

    fn after(&mut self, index: u64, entry: &Entry, state: &MemoryState) {
        self.gathering.after(index, entry, state);
        self.counting.after(index, entry, state);
    }
}

/// Replays the ledger as far as its head is now, and leaves what was found. An error is why there is no verdict.
pub(super) fn run(office: &Office, running: &Running) -> Result<(), Said> {
    let done = replayed(office, running);
    if running.stopped() { Err(stopped()) } else { done }
}

fn replayed(office: &Office, running: &Running) -> Result<(), Said> {
    let reach = &office.reach;
    let pins = reach.pins().map_err(|why| failed(&why))?;
    let source = reach.source(&office.asked.from).map_err(|why| unasked(&why))?;
    let source = Stoppable { source, running };
    let (_, head) = prove::head(&source).map_err(|error| of_prove(&error))?;
    if head.size == 0 {
        return Err(Said::new(
            "账本还没有记录，没有可以重放的。",
            "The ledger has no entries yet: there is nothing to replay.",
        ));
    }
    let range = Range { from: 0, until: head.size };
    let rules = Rules::built_in().map_err(|error| failed(&error.to_string()))?;
    let scorecard = Scorecard::built_in().map_err(|error| failed(&error.to_string()))?;
    let gathering = Gathering::new(range, rules.clone(), scorecard.clone());
    let mut eyes = Both { gathering, counting: Counting::over(range) };
    let mut tell = |progress| running.tell(progress, office.clock.since_boot_millis());
    let audit =
        replay_before(&mut eyes, &source, &pins, &mut tell).map_err(|error| unasked(&error.to_string()))?;
    let Both { gathering, counting } = eyes;
    let found = findings(&audit, gathering, &source).map_err(|error| of_prove(&error))?;
    if running.stopped() {
        return Err(stopped());
    }
    let known = Trail::of(audit.state.charter());
    if audit.verdict() == Verdict::Holds && !office.folder.keys().iter().all(|key| known.names(key)) {
        return Err(Said::new(
            "此账本不认识先前重放成立时所用的密钥：可能是同名的另一账本。不作结论；确要核对它，请另用一个 --into 目录。",
            "This ledger does not name a key under which a replay held before: it may be another one under the same name. Nothing is concluded; \
             to judge it all the same, give another --into.",
        ));
    }
    reach.remember(&audit).map_err(|why| failed(&why))?;
    let kept = Kept { office, running, audit: &audit, found: &found };
    kept.findings((&rules, &scorecard))?;
    kept.statistics(&counting)?;
    if let (Verdict::Holds, Some(checkpoint)) = (audit.verdict(), &audit.checkpoint) {
        office.folder.learned(checkpoint.log()).map_err(|error| not_written(&error))?;
    }
    Ok(())
}

/// What is written of one replay.
struct Kept<'a> {
    office: &'a Office,
    running: &'a Running,
    audit: &'a Audit,
    found: &'a Findings,
}

impl Kept<'_> {
    fn add(&self, name: &str, bytes: &[u8]) -> Result<(), Said> {
        self.office.folder.add(self.running.number, name, bytes).map_err(|error| not_written(&error))
    }

    fn findings(&self, by: (&Rules, &Scorecard)) -> Result<(), Said> {
        let (audit, found) = (self.audit, self.found);
        let broken = |error: &dyn std::fmt::Display| failed(&error.to_string());
        let summary = serde_json::to_string(&audit.summary).map_err(|error| broken(&error))?;
        self.add("summary.json", format!("{summary}\n").as_bytes())?;
        if let Some(checkpoint) = &audit.checkpoint {
            self.add("checkpoint", checkpoint.note().to_string().as_bytes())?;
        }
        let value = serde_json::to_value(found).map_err(|error| broken(&error))?;
        let (mut document, signed) = self.office.reach.sign("findings", value).map_err(|why| failed(&why))?;
        document.push(b'\n');
        self.add("findings.json", &document)?;
        let key = audit.summary.key;
        let html = page(found, by, key, signed).map_err(|error| broken(&error))?;
        self.add("findings.html", html.as_bytes())?;
        for lang in Lang::ALL {
            let told = section(found, by, key, signed, lang).map_err(|error| broken(&error))?;
            self.add(&section_name(lang), told.as_bytes())?;
        }
        let of = |colour: &str| found.counts.values().filter_map(|counts| counts.get(colour)).sum::<u64>();
        let record = Finished {
            number: self.running.number,
            started: self.running.started,
            ended: self.office.clock.now(),
            origin: found.origin.clone(),
            size: found.range.until,
            verdict: found.verdict().as_str().to_owned(),
            violations: u64::try_from(found.violations.len()).unwrap_or(u64::MAX),
            yellow: of("yellow"),
            red: of("red"),
            signed,
        };
        self.add(RECORD, &serde_json::to_vec(&record).map_err(|error| broken(&error))?)
    }

    /// Open statistics, of a ledger that holds.
    fn statistics(&self, counting: &Counting) -> Result<(), Said> {
        let counted = self.found.holds.then(|| statistics(&self.found.origin, counting, WITHHELD_UNDER));
        let Some(counted) = counted.flatten() else { return Ok(()) };
        let value = serde_json::to_value(&counted).map_err(|error| failed(&error.to_string()))?;
        let (document, _) = self.office.reach.sign("statistics", value).map_err(|why| failed(&why))?;
        for (name, text) in counted.csv() {
            self.add(&name, text.as_bytes())?;
        }
        self.add("statistics.json", &document)
    }
}

fn stopped() -> Said {
    Said::new("重放已被停止：没有结论。", "The replay was stopped: there is no verdict.")
}

fn unasked(why: &str) -> Said {
    Said::new(
        format!("来源无法询问：{why}。这不是对账本的结论；来源可用后请重新开始。"),
        format!(
            "The source could not be asked: {why}. That is no verdict on the ledger; start again when it answers."
        ),
    )
}

fn of_prove(error: &ProveError) -> Said {
    match error {
        ProveError::Source(error) => unasked(&error.to_string()),
        error => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> Said {
    Said::new(
        format!("重放没有做完：{why}。没有结论。"),
        format!("The replay did not come to its end: {why}. There is no verdict."),
    )
}

/// What was found could not be kept.
pub(super) fn not_written(error: &io::Error) -> Said {
    Said::new(
        format!("结果没有写下：{error}。请腾出空间或修复磁盘后重新开始。"),
        format!("What was found could not be written: {error}. Make room or mend the disk, and start again."),
    )
}

/// The thread panicked: ours, whatever it was.
pub(super) fn broke_off() -> Said {
    Said::new(
        "本程序出错，重放中断：没有结论。请查看服务的日志。",
        "This program failed and the replay broke off: there is no verdict. See the log of the service.",
    )
}
