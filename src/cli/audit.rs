//! `vidimus audit`: the whole ledger checked, with a summary and an exit code (`replay`), and what is told of one that
//! holds (`state`), found in it (`report`), counted (`statistics`), drawn from it (`sample`), added up with others (`roll-up`), or shown
//! on a page (`serve`).

mod content;
mod report;
mod roll_up;
mod sample;
#[cfg(feature = "server")]
mod serve;
mod signing;
mod state;
mod statistics;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};

use super::exit::Exit;
use super::output::Output;
use crate::audit::kept::{self, Step};
use crate::audit::remembered::Remembered;
use crate::audit::source::Source;
use crate::audit::{self, Awaited, Cards, Eye, Pins, Summary, Verdict, replay, replay_before};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::policy::Policy;
use crate::ledger::witnessed::Witnessed;
use crate::note::{Note, VerifierKey};
use crate::values::lang::Lang;
use crate::wiring::calling;

/// Check a whole ledger from the first entry, trusting nothing.
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Hashes, tiles, checkpoint, the law over every entry, status lists.
    Replay {
        /// A server's address, or the directory of an export.
        #[arg(long, value_name = "URL|DIR")]
        from: String,
        #[command(flatten)]
        pinned: Pinned,
        /// Where it is kept how far the replay came: killed, or run again when the ledger has grown, it goes on from there. A file of
        /// your own, that nobody else may write.
        #[arg(long, value_name = "FILE")]
        keep: Option<PathBuf>,
        #[command(flatten)]
        content: content::Given,
    },
    /// Who was registered, which powers and keys counted, how licences stood at a time.
    State(state::AskState),
    /// Draw licences for a spot check, and hold what departments open of them against their entries.
    Sample(sample::AskSample),
    /// Every card and every broken rule in a range of entries, with proofs, signed by the auditor.
    Report(report::AskReport),
    /// Several signed reports added up by region.
    RollUp(roll_up::AskRollUp),
    /// Open statistics over a range of entries, as JSON and CSV, with small counts withheld.
    Statistics(statistics::AskStatistics),
    /// The auditor's page, on this machine: head, witnesses, mirrors, a replay, what it found.
    #[cfg(feature = "server")]
    Serve(Box<serve::Serve>),
}

/// What the auditor brings along.
#[derive(Debug, Args)]
pub(super) struct Pinned {
    /// Verifier keys of the checkpoint, one a line, that the ledger must name.
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
    /// What the last audit saw; written anew when everything holds.
    #[arg(long, value_name = "FILE")]
    remember: Option<PathBuf>,
    /// Whose cosignatures count (C2SP tlog-policy): then it is told how far outside witnesses vouch for the ledger.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Checkpoints that somebody was shown before, as `witness ask` writes them: the ledger must continue each, and where a quorum of
    /// the policy cosigned it, entries that do not fit the witnesses' clocks are told as doubts.
    #[arg(long, value_name = "FILE")]
    seen: Vec<PathBuf>,
}

impl Audit {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Replay { from, pinned, content, .. } if content.is_given() => {
                content.check(calling::source(&from)?.as_ref(), &pinned, out)
            }
            Verb::Replay { from, pinned, keep: None, .. } => {
                check(calling::source(&from)?.as_ref(), &pinned, out)
            }
            Verb::Replay { from, pinned, keep: Some(path), .. } => {
                check_keeping(&path, calling::source(&from)?.as_ref(), &pinned, out)
            }
            Verb::State(ask) => ask.run(out),
            Verb::Report(ask) => ask.run(out),
            Verb::Sample(ask) => ask.run(out),
            Verb::RollUp(ask) => ask.run(out),
            Verb::Statistics(ask) => ask.run(out),
            #[cfg(feature = "server")]
            Verb::Serve(serve) => serve.run(out),
        }
    }
}

/// Replays a ledger, tells what was found, and remembers the checkpoint if all of it holds.
pub(super) fn check(source: &dyn Source, pinned: &Pinned, out: &Output) -> anyhow::Result<Exit> {
    let audit = replayed(source, &pinned.read()?, out)?;
    pinned.remember(&audit)?;
    summarised(&audit, out)
}

/// The same, going on from where an earlier one came to, and keeping how far this one comes.
fn check_keeping(path: &Path, source: &dyn Source, pinned: &Pinned, out: &Output) -> anyhow::Result<Exit> {
    let pins = pinned.read()?;
    let mut shown = out.progress();
    let audit = kept::replay(path, source, &pins, &mut |step| match step {
        Step::Progress(progress) => shown.step(progress),
        told => drop(told.text(path, out.lang).map(|text| shown.tell(&text))),
    })?;
    drop(shown);
    pinned.remember(&audit)?;
    summarised(&audit, out)
}

/// Tells the summary; the exit code is that of its verdict.
pub(super) fn summarised(audit: &audit::Audit, out: &Output) -> anyhow::Result<Exit> {
    out.result(&audit.summary, |lang| table(&audit.summary, lang))?;
    Ok(audit.verdict().into())
}

/// Replays a ledger and shows how far it has come.
pub(super) fn replayed(source: &dyn Source, pins: &Pins, out: &Output) -> anyhow::Result<audit::Audit> {
    let mut shown = out.progress();
    Ok(replay(source, pins, &mut |progress| shown.step(progress))?)
}

/// The same before somebody's eye, where one document comes of it and nothing may stand before its bytes.
fn replayed_before(
    eye: &mut dyn Eye,
    source: &dyn Source,
    pinned: &Pinned,
    out: &Output,
) -> anyhow::Result<audit::Audit> {
    let pins = pinned.read()?;
    let mut shown = out.silent_progress();
    Ok(replay_before(eye, source, &pins, &mut |progress| shown.step(progress))?)
}

impl Pinned {
    /// Keeps the checkpoint, if everything holds and somebody asked for it.
    pub(super) fn remember(&self, audit: &audit::Audit) -> anyhow::Result<()> {
        match (audit.verdict(), &self.remember, &audit.checkpoint) {
            (Verdict::Holds, Some(path), Some(checkpoint)) => {
                Ok(Remembered::of(checkpoint.clone()).save(path)?)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn read(&self) -> anyhow::Result<Pins> {
        let keys = self.vkey.as_deref().map(vkeys).transpose()?.unwrap_or_default();
        let remembered = self.remember.as_deref().map(Remembered::load).transpose()?.flatten();
        let policy = self.policy.as_deref().map(policy).transpose()?;
        let seen = self.seen.iter().map(|path| note(path)).collect::<anyhow::Result<_>>()?;
        Ok(Pins { keys, remembered, policy, seen })
    }

    /// Copies the policy that was brought along to where later readers look for it.
    pub(super) fn leave_policy(&self, to: &Path) -> anyhow::Result<()> {
        let Some(policy) = &self.policy else { return Ok(()) };
        fs::copy(policy, to).with_context(|| to.display().to_string())?;
        Ok(())
    }
}

/// The checkpoint of a file, as its note.
pub(super) fn note(path: &Path) -> anyhow::Result<Note> {
    let named = || path.display().to_string();
    let note = Note::parse(&fs::read(path).with_context(named)?).with_context(named)?;
    note.text().parse::<Checkpoint>().with_context(named)?;
    Ok(note)
}

/// The policy of a file.
pub(super) fn policy(path: &Path) -> anyhow::Result<Policy> {
    let named = || path.display().to_string();
    Policy::parse(&fs::read(path).with_context(named)?).with_context(named)
}

/// The verifier keys of a file, one a line.
pub(super) fn vkeys(path: &Path) -> anyhow::Result<Vec<VerifierKey>> {
    let named = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(named)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<VerifierKey> = lines.map(str::parse).collect::<Result<_, _>>().with_context(named)?;
    ensure!(!keys.is_empty(), "{}: no verifier key", named());
    Ok(keys)
}

/// The summary as people read it.
fn table(summary: &Summary, lang: Lang) -> String {
    let counted = |counts: &mut dyn Iterator<Item = (&String, &u64)>| {
        counts
            .map(|(name, count)| format!("{name} {count}"))
            .collect::<Vec<_>>()
            .join(lang.choose("，", ", "))
    };
    let law: Vec<String> = summary.law.iter().map(u64::to_string).collect();
    let licences = &summary.licences;
    let mut rows = vec![
        (lang.choose("账本", "ledger"), summary.origin.clone()),
        (lang.choose("记录数", "entries"), summary.size.to_string()),
        (lang.choose("根哈希", "root"), summary.root.clone()),
        (
            lang.choose("检查点密钥", "checkpoint key"),
            lang.choose(key_zh(summary.key), summary.key).to_owned(),
        ),
        (lang.choose("法", "law"), law.join(", ")),
        (lang.choose("各类记录", "by kind"), counted(&mut summary.entries.iter())),
        (lang.choose("拒绝次数", "refusals"), counted(&mut summary.refusals.iter())),
        (lang.choose("证照", "licences"), licences.issued.to_string()),
        (lang.choose("按类型", "by type"), counted(&mut licences.by_type.iter())),
        (lang.choose("按状态", "by standing"), counted(&mut licences.by_standing.iter())),
    ];
    rows.extend(summary.cards.as_ref().map(|cards| (lang.choose("牌", "cards"), told_of(cards, lang))));
    let content = summary.content.as_ref().map(|content| content::told_of(content, lang));
    rows.extend(content.map(|text| (lang.choose("内容", "content"), text)));
    for found in &summary.violations {
        let place = found.index.map_or_else(String::new, |index| format!("#{index} "));
        rows.push((lang.choose("违规", "violation"), format!("{place}{}: {}", found.rule, found.text)));
    }
    if let Some(upgrade) = &summary.upgrade {
        rows.push((lang.choose("不认识", "unknown"), format!("#{} {}", upgrade.index, upgrade.text)));
    }
    rows.push((lang.choose("外部见证", "witnesses"), summary.witnessed.text(lang)));
    let seen = summary.seen.iter().map(|quorum| Witnessed::By(quorum.clone()).text(lang));
    rows.extend(seen.map(|text| (lang.choose("另有检查点", "also shown"), text)));
    for doubt in &summary.doubts {
        let place = doubt.index.map_or_else(String::new, |index| format!("#{index} "));
        rows.push((lang.choose("存疑", "doubt"), format!("{place}{}", doubt.text)));
    }
    rows.push((lang.choose("结论", "verdict"), verdict(summary.verdict(), lang).to_owned()));
    let notice = summary.notice.map(|notice| (lang.choose("注意", "notice"), notice.text(lang).to_owned()));
    rows.extend(notice);
    let colon = lang.choose("：", ": ");
    rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
}

/// How many cards, and which of them are still to be entered.
fn told_of(cards: &Cards, lang: Lang) -> String {
    let Cards { raised, released, pending, awaited } = cards;
    let counts = lang.choose(
        format!("{raised} 张，已解除 {released} 张，待入账 {pending} 张"),
        format!("{raised}, {released} of them released, {pending} still to be entered"),
    );
    let one = |card: &Awaited| {
        let colour = lang.choose(card.colour.names().0, card.colour.names().1);
        let stops = if card.stops { lang.choose("，应暂停签批", ", which stops a signer") } else { "" };
        format!("#{} {} {colour}{stops} ({})", card.at, card.rule, card.since)
    };
    std::iter::once(counts).chain(awaited.iter().map(one)).collect::<Vec<_>>().join("\n  ")
}

fn key_zh(key: &'static str) -> &'static str {
    if key == "pinned" { "预置" } else { "取自来源（未另行核对）" }
}

fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Holds => lang.choose("账本成立", "the ledger holds"),
        Verdict::DoesNotHold => lang.choose("账本不成立", "the ledger does not hold"),
        Verdict::UpgradeNeeded => lang.choose(
            "哈希成立，但本程序过旧，须升级后再核",
            "the hashes hold, but this program is too old: upgrade",
        ),
    }
}
