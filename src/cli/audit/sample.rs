//! `vidimus audit sample`: licences drawn for a spot check (双随机), and what their departments opened of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::signing::{self, Signed, Signing};
use super::{Pinned, note, policy, replayed_before, summarised, vkeys};
use crate::audit::prove::{ProveError, head};
use crate::audit::report::Range;
use crate::audit::sample::{Drawing, Opening, Outcome, Sample, Seed, What, openings};
use crate::audit::source::Source;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::policy::Policy;
use crate::merkle::Hash;
use crate::note::VerifierKey;
use crate::values::identifiers::Handle;
use crate::values::lang::Lang;
use crate::wiring::calling;
use crate::wiring::told::Told;

/// Most licences that are drawn at once.
const MOST: u32 = 100_000;

/// How many, from where, by which checkpoint, and what was opened.
#[derive(Debug, Args)]
pub(super) struct AskSample {
    /// A server's address, or the directory of an export or a mirror.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// How many licences are drawn.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
    n: u32,
    /// The cosigned checkpoint that the draw follows from, as `witness ask` writes it; without it, the source's.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Drawn from these entries; without it from all that the checkpoint is over.
    #[arg(long, value_name = "A..B")]
    range: Option<Range>,
    /// Inspectors, one a line; each licence that is drawn gets one, drawn too.
    #[arg(long, value_name = "FILE")]
    inspectors: Option<PathBuf>,
    /// What departments opened (`licence open`), which is then held against the entries.
    #[arg(long, value_name = "FILE")]
    openings: Vec<PathBuf>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    pinned: Pinned,
}

/// What departments opened, and the file that each came in.
#[derive(Default)]
struct Brought<'a> {
    all: Vec<Opening>,
    from: BTreeMap<Handle, &'a Path>,
}

impl AskSample {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        // What can be wrong with files is told before a long replay, not after it.
        let key = self.signing.key()?;
        let opened = self.read_openings()?;
        let inspectors = self.inspectors.as_deref().map(lines).transpose()?.unwrap_or_default();
        let policy = self.pinned.policy.as_deref().map(policy).transpose()?;
        let source = calling::source(&self.from)?;
        let checkpoint = self.verified(source.as_ref(), policy.as_ref())?;
        if policy.as_ref().is_some_and(|policy| !policy.accepts(&checkpoint)) {
            out.error(&no_quorum().into());
            return Ok(Exit::Partial);
        }
        let range = self.range.unwrap_or(Range { from: 0, until: checkpoint.size() });
        if range.until > checkpoint.size() {
            return Err(Told::new(
                format!("--range 超出检查点：检查点只有 {} 条记录", checkpoint.size()),
                format!("--range goes beyond the checkpoint, which has {} entries", checkpoint.size()),
            )
            .into());
        }
        let wanted = usize::try_from(self.n)?;
        let mut eye = Drawing::new(Seed::of(&checkpoint), checkpoint.size(), range, wanted, inspectors);
        let audit = replayed_before(&mut eye, source.as_ref(), &self.pinned, out)?;
        if !audit.summary.holds {
            return summarised(&audit, out);
        }
        if let Some((exit, told)) = another_ledger(&checkpoint, audit.summary.size, eye.root()) {
            out.error(&told.into());
            return Ok(exit);
        }
        self.pinned.remember(&audit)?;
        let witnesses =
            checkpoint.cosignatures().iter().map(|line| line.witness.name().to_string()).collect();
        let mut sample = Sample::of(&audit.summary.origin, checkpoint.note().to_string(), witnesses, eye);
        if let Some(openings) = &opened {
            // Before they are judged: whoever opens other licences was given another draw.
            let strange = openings
                .from
                .iter()
                .find(|(handle, _)| sample.drawn.iter().all(|one| one.handle != **handle));
            if let Some((handle, path)) = strange {
                return Err(not_drawn(*handle, path).into());
            }
            sample.judge(&openings.all);
        }
        let value = serde_json::to_value(&sample)?;
        let Signed { document, signature } = signing::signed("sample", value, key.as_ref())?;
        out.document(&document, |lang| told(&sample, signature.as_deref(), lang))?;
        Ok(exit_of(&sample))
    }

    fn read_openings(&self) -> anyhow::Result<Option<Brought<'_>>> {
        if self.openings.is_empty() {
            return Ok(None);
        }
        let mut brought = Brought::default();
        for path in &self.openings {
            let named = || path.display().to_string();
            let text = fs::read_to_string(path).with_context(named)?;
            for opening in openings(&text).with_context(named)? {
                if let Some(before) = brought.from.insert(opening.handle(), path) {
                    return Err(twice(opening.handle(), before, path).into());
                }
                brought.all.push(opening);
            }
        }
        Ok(Some(brought))
    }

    /// The checkpoint under a key from elsewhere: the one that is pinned, or the policy's.
    fn verified(&self, source: &dyn Source, policy: Option<&Policy>) -> anyhow::Result<VerifiedCheckpoint> {
        let note = match &self.checkpoint {
            Some(path) => note(path)?,
            None => head(source)?.0,
        };
        let mut keys: Vec<VerifierKey> =
            self.pinned.vkey.as_deref().map(vkeys).transpose()?.unwrap_or_default();
        keys.extend(policy.iter().flat_map(|policy| policy.logs()).map(|log| log.key.clone()));
        if keys.is_empty() {
            return Err(Told::new(
                "缺少账本的验证密钥：请给出 --vkey，或在策略（--policy）中写一行 log；密钥须从账本之外取得",
                "the ledger's verifier key is missing: give --vkey, or a log line in the policy (--policy); the key has to come \
                 from elsewhere than the ledger",
            )
            .into());
        }
        let witnesses = policy.map(Policy::witness_keys).unwrap_or_default();
        Ok(VerifiedCheckpoint::verify_under_any(&note, &keys, &witnesses).map_err(ProveError::from)?)
    }
}

/// Names, one a line.
fn lines(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// Why the checkpoint is not one of the ledger that was replayed.
fn another_ledger(checkpoint: &VerifiedCheckpoint, size: u64, root: Hash) -> Option<(Exit, Told)> {
    if checkpoint.size() > size {
        let told = Told::new(
            format!("来源只有 {size} 条记录，检查点有 {} 条：请换一个更新的来源", checkpoint.size()),
            format!(
                "the source has {size} entries, the checkpoint {}: take a newer source",
                checkpoint.size()
            ),
        );
        return Some((Exit::Partial, told));
    }
    let other = checkpoint.size() > 0 && Hash(*checkpoint.root()) != root;
    other.then(|| {
        let told = Told::new(
            "同一账本有两个面：该检查点的根哈希与来源的记录不符；请保存检查点与来源，二者合在一起即为证据",
            "the ledger has two faces: the checkpoint's root is not that of the source's entries; keep both, together they are proof",
        );
        (Exit::DoesNotHold, told)
    })
}

fn no_quorum() -> Told {
    Told::new(
        "检查点没有达到策略要求的见证：请先运行 vidimus witness ask，并把结果交给 --checkpoint",
        "the checkpoint is not cosigned as the policy asks: run vidimus witness ask first, and give what it writes to --checkpoint",
    )
}

fn not_drawn(handle: Handle, file: &Path) -> Told {
    let file = file.display();
    Told::new(
        format!(
            "{file}：{handle} 不在抽取之列。--n、--range 与 --checkpoint 须与交给部门的那次抽取相同；若只是多开示了这一件，请删去该行"
        ),
        format!(
            "{file}: {handle} was not drawn. --n, --range and --checkpoint have to be those of the draw that departments were \
             given; if it was only opened besides, take its line out"
        ),
    )
}

fn twice(handle: Handle, before: &Path, file: &Path) -> Told {
    let (before, file) = (before.display(), file.display());
    Told::new(
        format!("{file}：{handle} 已在 {before} 中开示过，请只保留其所属部门的那一行"),
        format!("{file}: {handle} is opened in {before} already: keep the line of its own department alone"),
    )
}

fn exit_of(sample: &Sample) -> Exit {
    let any = |is: fn(&Outcome) -> bool| sample.count(is) > 0;
    if any(|outcome| matches!(outcome, Outcome::Differs { .. })) {
        return Exit::NotValid;
    }
    let open = any(|outcome| matches!(outcome, Outcome::Refused { .. } | Outcome::NotOpened));
    if open { Exit::Partial } else { Exit::Good }
}

/// The draw as people read it.
fn told(sample: &Sample, signature: Option<&str>, lang: Lang) -> String {
    let witnesses = match sample.witnesses.as_slice() {
        [] => lang
            .choose(
                "无：签检查点的人可能左右了抽取",
                "none: whoever signs checkpoints could have chosen the draw",
            )
            .to_owned(),
        names => names.join(lang.choose("，", ", ")),
    };
    let mut rows = vec![
        (lang.choose("账本", "ledger"), sample.origin.clone()),
        (lang.choose("种子", "seed"), sample.seed.0.to_string()),
        (lang.choose("见证人", "witnesses"), witnesses),
        (lang.choose("记录", "entries"), format!("{}..{}", sample.range.from, sample.range.until)),
        (lang.choose("其中证照", "licences there"), sample.population.to_string()),
        (lang.choose("抽取", "drawn"), sample.drawn.len().to_string()),
    ];
    for (place, drawn) in sample.drawn.iter().enumerate() {
        let inspector = drawn.inspector.as_ref().map(|name| format!("  {name}")).unwrap_or_default();
        let outcome = sample.opened.as_ref().and_then(|opened| opened.get(place));
        let outcome =
            outcome.map(|opened| format!("  {}", in_words(&opened.outcome, lang))).unwrap_or_default();
        let name = lang.choose("证照", "licence");
        rows.push((
            name,
            format!(
                "#{} {} {} {}{inspector}{outcome}",
                drawn.index, drawn.handle, drawn.r#type, drawn.department
            ),
        ));
    }
    if sample.opened.is_some() {
        let mut counts = BTreeMap::<&str, usize>::new();
        for opened in sample.opened.iter().flatten() {
            *counts.entry(word(&opened.outcome, lang)).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{word} {count}")).collect();
        rows.push((lang.choose("结果", "outcome"), counts.join(lang.choose("，", ", "))));
    }
    rows.extend(signature.map(|jws| (lang.choose("签名", "signature"), jws.to_owned())));
    let colon = lang.choose("：", ": ");
    rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
}

fn word(outcome: &Outcome, lang: Lang) -> &'static str {
    match outcome {
        Outcome::Holds => lang.choose("相符", "holds"),
        Outcome::Erased => lang.choose("已依法删除", "erased"),
        Outcome::NotOpened => lang.choose("未开示", "not opened"),
        Outcome::Refused { .. } => lang.choose("拒绝开示", "refused"),
        Outcome::Differs { .. } => lang.choose("不符", "differs"),
    }
}

fn in_words(outcome: &Outcome, lang: Lang) -> String {
    let (word, colon) = (word(outcome, lang), lang.choose("：", ": "));
    match outcome {
        // What a department wrote cannot draw lines of its own.
        Outcome::Refused { reason } => {
            let reason: String = reason.chars().filter(|character| !character.is_control()).collect();
            format!("{word}{colon}{reason}")
        }
        Outcome::Differs { what } => {
            let what: Vec<&str> = what.iter().map(|what| differing(*what, lang)).collect();
            format!("{word}{colon}{}", what.join(lang.choose("、", ", ")))
        }
        _ => word.to_owned(),
    }
}

fn differing(what: What, lang: Lang) -> &'static str {
    match what {
        What::Commitment => lang.choose("内容与承诺值", "content and commitment"),
        What::Digest => lang.choose("凭证摘要", "the credential's digest"),
        What::Signature => lang.choose("凭证签名", "the credential's signature"),
        What::Content => lang.choose("凭证与内容", "credential and content"),
        What::Unreadable => lang.choose("凭证无法读取", "the credential cannot be read"),
    }
}
