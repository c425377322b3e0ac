//! `vidimus ledger prove-standing HANDLE`, and `vidimus ledger standing FILE`, which checks what that or a service gives.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use crate::audit::source::Source;
use crate::audit::standing::{NewestAnchor, NoProof};
use crate::audit::{Pins, replay_before};
use crate::cli::audit::{Pinned, policy, summarised, vkeys};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::policy::Policy;
use crate::ledger::standing_proof::{
    At, Event, MAX_STANDING_PROOF, StandingProof, StandingProofError, Standings,
};
use crate::ledger::state::View as _;
use crate::ledger::witnessed::Witnessed;
use crate::values::identifiers::Handle;
use crate::values::lang::Lang;
use crate::values::standing::Standing;
use crate::values::time::Time;
use crate::wiring::told::Told;

/// The proof of how a licence stood, from the newest anchor of states; all of the ledger is checked first.
#[derive(Debug, Args)]
pub(super) struct ProveStanding {
    /// The licence.
    handle: Handle,
    /// A time that the proof must tell of (YYYY-MM-DDTHH:MM:SS.mmmZ).
    #[arg(long, value_name = "T")]
    at: Option<Time>,
    #[command(flatten)]
    pinned: Pinned,
}

/// Check the proof of how a licence stood, alone and offline.
#[derive(Debug, Args)]
pub(super) struct CheckStanding {
    /// The proof.
    file: PathBuf,
    /// Verifier keys of the checkpoint, one a line, from elsewhere than whoever brings the proof.
    #[arg(long, value_name = "FILE")]
    vkey: PathBuf,
    /// The time that is asked about (YYYY-MM-DDTHH:MM:SS.mmmZ); else the last of which the proof tells.
    #[arg(long, value_name = "T")]
    at: Option<Time>,
    /// Whose cosignatures count (C2SP tlog-policy): then it is told whether a quorum of witnesses vouches for the checkpoint, and
    /// nothing is told of times after that quorum, or of any before there is one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl ProveStanding {
    pub(super) fn run(self, source: &dyn Source, out: &Output) -> anyhow::Result<Exit> {
        let mut newest = NewestAnchor::default();
        let pins = self.pinned.read()?;
        let audit = replayed(&mut newest, source, &pins, out)?;
        if !audit.summary.holds {
            return summarised(&audit, out);
        }
        self.pinned.remember(&audit)?;
        match newest.prove(source, &audit, &self.handle, self.at) {
            Ok(proof) => {
                let text = proof.to_string();
                out.result(&json!({ "handle": self.handle, "proof": text }), |_| text.clone())?;
                Ok(Exit::Good)
            }
            Err(NoProof::Prove(error)) => Err(error.into()),
            Err(error) => {
                let exit = match &error {
                    NoProof::Unknown(_) => Exit::NotFound,
                    NoProof::Proof(_) | NoProof::Block(_) => Exit::Fault,
                    _ => Exit::CannotTell,
                };
                let frozen = audit.state.charter().is_frozen();
                out.error(&no_proof(&error, &self.handle, frozen).into());
                Ok(exit)
            }
        }
    }
}

/// Replays without a line before the proof's bytes.
fn replayed(
    newest: &mut NewestAnchor,
    source: &dyn Source,
    pins: &Pins,
    out: &Output,
) -> anyhow::Result<crate::audit::Audit> {
    let mut shown = out.silent_progress();
    Ok(replay_before(newest, source, pins, &mut |progress| shown.step(progress))?)
}

/// Why there is no proof, with what to do.
fn no_proof(error: &NoProof, handle: &Handle, frozen: bool) -> Told {
    match error {
        NoProof::NotAnchored { until: None } if frozen => Told::new(
            "这份证照进入账本之后没有锚定过状态；账本已封存，不再锚定：请用 audit state 查看",
            "no states were anchored since this licence was entered; the ledger is frozen, and nothing is anchored any more: ask audit state",
        ),
        NoProof::NotAnchored { .. } if frozen => Told::new(
            "已锚定的状态没有覆盖所问；账本已封存，不再锚定：请问更早的时刻，或用 audit state 查看",
            format!(
                "{error}; the ledger is frozen, and nothing is anchored any more: ask about an earlier time, or ask audit state"
            ),
        ),
        NoProof::Unknown(_) => Told::new(
            format!("账本中没有证照 {handle}：请核对编号；未入账的证照无法证明其不存在"),
            format!("{error}: look at the handle; that one was never entered cannot be proved by a file"),
        ),
        NoProof::NotAnchored { until: Some(until) } => Told::new(
            format!(
                "已锚定的状态只能证明 {until} 之前的情形：请在下一次锚定（每 4096 条记录）之后再试，或问更早的时刻"
            ),
            format!(
                "the states that are anchored tell of the time before {until} only: try again after the next anchor (every 4,096 entries), or ask about an earlier time"
            ),
        ),
        NoProof::NotAnchored { until: None } => Told::new(
            "这份证照进入账本之后还没有锚定过状态：请在下一次锚定（每 4096 条记录）之后再试，或用 audit state 查看",
            "no states were anchored since this licence was entered: try again after the next anchor (every 4,096 entries), or ask audit state",
        ),
        NoProof::TooManyEvents => Told::new(
            format!("关于证照 {handle} 的记录多于一份证明所能容纳的条数：请用 audit state 查看"),
            format!("{error}: ask audit state"),
        ),
        NoProof::Prove(_) | NoProof::Proof(_) | NoProof::Block(_) => {
            Told::new(format!("无法作出证明：{error}"), format!("no proof could be made: {error}"))
        }
    }
}

impl CheckStanding {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let keys = vkeys(&self.vkey)?;
        let policy = self.policy.as_deref().map(policy).transpose()?;
        let witnesses = policy.as_ref().map(Policy::witness_keys).unwrap_or_default();
        let named = self.file.display().to_string();
        let bytes = read(&self.file).with_context(|| named.clone())?;
        match StandingProof::parse(&bytes).and_then(|proof| proof.verify(&keys, &witnesses)) {
            Ok((checkpoint, _))
                if policy.as_ref().is_some_and(|policy| is_for_another(policy, &checkpoint)) =>
            {
                let told = Told::new(
                    "见证策略写的是另一个账本：请核对 --policy",
                    "the policy of witnesses is for another ledger: look at --policy",
                );
                out.error(&told.into());
                Ok(Exit::DoesNotHold)
            }
            Ok((checkpoint, shown)) => {
                let witnessed = match &policy {
                    Some(policy) => Witnessed::of(Some(policy), Some(&checkpoint)),
                    None => Witnessed::NoPolicy,
                };
                let answer = Answer::of(&shown, self.at, witnessed);
                out.result(&answer.json(&shown, &checkpoint), |lang| answer.text(&shown, &checkpoint, lang))?;
                Ok(answer.exit(&shown))
            }
            Err(error) => {
                refused(&error, &named, out)?;
                Ok(if error.asks_for_upgrade() { Exit::UpgradeNeeded } else { Exit::DoesNotHold })
            }
        }
    }
}

/// The file, no further than to see that it is too long.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_STANDING_PROOF).unwrap_or(u64::MAX).saturating_add(1);
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a policy names logs, and not this one.
fn is_for_another(policy: &Policy, checkpoint: &VerifiedCheckpoint) -> bool {
    !policy.logs().is_empty() && policy.logs().iter().all(|log| log.key != *checkpoint.log())
}

fn refused(error: &StandingProofError, named: &str, out: &Output) -> anyhow::Result<()> {
    let problem = error.to_string();
    out.result(&json!({ "proved": false, "problem": problem }), |lang| {
        lang.choose(
            format!("{named} 不能证明证照状态：{problem}。请核对 --vkey，并重新取得证明"),
            format!("{named} proves no standing: {problem}. Look at --vkey, and get the proof again"),
        )
    })
}

/// What a proof says of the time that was asked about.
struct Answer {
    at: Time,
    says: At,
    /// It tells of the time before this: where the file ends, or sooner, with a quorum of witnesses; of none, where that is awaited.
    until: Option<Time>,
    /// Times are the ledger's own word; how far clocks of others bear them out.
    witnessed: Witnessed,
}

impl Answer {
    fn of(shown: &Standings, asked: Option<Time>, witnessed: Witnessed) -> Self {
        let until = match &witnessed {
            Witnessed::By(quorum) => Some(shown.until.min(quorum.time.plus(1))),
            // Whoever names witnesses asks for theirs: a file without a quorum of them tells nothing. When it was complete is by the
            // lines that are there: whoever takes an early one out makes it later.
            Witnessed::Awaited { .. } => None,
            _ => Some(shown.until),
        };
        let at = asked.unwrap_or(until.unwrap_or(shown.until).plus(-1));
        let says = match shown.at(at) {
            _ if until.is_none_or(|until| at >= until) => At::CannotTell,
            // Nobody asked about a time before the licence: the file tells of none at which it was there.
            At::NotEntered if asked.is_none() => At::CannotTell,
            says => says,
        };
        Self { at, says, until, witnessed }
    }

    fn exit(&self, shown: &Standings) -> Exit {
        match self.says {
            At::CannotTell => Exit::CannotTell,
            At::Stood(Event { standing: Standing::Valid, .. }) if !shown.is_void() => Exit::Good,
            At::Stood(_) | At::NotEntered => Exit::NotValid,
        }
    }

    fn json(&self, shown: &Standings, checkpoint: &VerifiedCheckpoint) -> Value {
        let event = |event: &Event| {
            let (kind, standing) = (event.kind.as_str(), event.standing.as_str());
            json!({ "index": event.index, "kind": kind, "time": event.time, "standing": standing })
        };
        let (answer, since) = match &self.says {
            At::CannotTell => ("cannot_tell", None),
            At::NotEntered => ("not_entered", None),
            At::Stood(event) => (event.standing.as_str(), Some(event)),
        };
        json!({
            "proved": true, "origin": checkpoint.origin().as_str(), "handle": shown.handle, "at": self.at, "standing": answer,
            "since": since.map(|event| event.time), "void": shown.is_void(),
            "until": self.until, "end": shown.until,
            "events": shown.events.iter().map(event).collect::<Vec<_>>(),
            "anchor": { "index": shown.anchor, "size": shown.size }, "size": checkpoint.size(), "witnessed": self.witnessed,
            "times": if self.quorum().is_some() { "witnessed" } else { "ledger" },
        })
    }

    /// When the quorum was complete.
    fn quorum(&self) -> Option<Time> {
        self.witnessed.by().map(|quorum| quorum.time)
    }

    /// Why it is not told.
    fn cannot_tell(&self, until: Time, lang: Lang) -> String {
        let at = self.at;
        match (&self.witnessed, self.quorum().filter(|quorum| *quorum < until)) {
            (Witnessed::Awaited { .. }, _) => lang.choose(
                format!("{at}：无法判断，见证人尚未达到法定人数，没有时钟可以佐证；请稍后另取证明，或不加 --policy 只问账本自己的说法"),
                format!("{at}: cannot tell, no quorum of witnesses cosigned the checkpoint; get a proof later, or ask without --policy for the ledger's own word"),
            ),
            (_, Some(quorum)) => lang.choose(
                format!("{at}：无法判断，见证人在 {quorum} 共同签名，此后的时刻只是账本自己的说法；请另取更晚见证的证明"),
                format!("{at}: cannot tell, witnesses cosigned at {quorum}, and later times are the ledger's own word; get a proof that was cosigned later"),
            ),
            (_, None) => lang.choose(
                format!("{at}：无法判断，这份证明只说明 {until} 之前的情形；请在此后的锚定之后另取证明"),
                format!("{at}: cannot tell, this proof ends before {until}; get one from a later anchor"),
            ),
        }
    }

    /// Before when it tells anything.
    fn ends(&self, shown: &Standings, lang: Lang) -> String {
        let (anchor, size) = (shown.anchor, shown.size);
        match self.until {
            Some(until) => lang.choose(
                format!("{until}；此前没有关于它的其他记录（#{anchor} 锚定前 {size} 条记录）"),
                format!("{until}; before that nothing else was entered about it (#{anchor} anchors the first {size} entries)"),
            ),
            None => lang.choose(
                format!("任何时刻都没有证明：见证人尚未达到法定人数（#{anchor} 锚定前 {size} 条记录）"),
                format!("no time at all: there is no quorum of witnesses (#{anchor} anchors the first {size} entries)"),
            ),
        }
    }

    fn text(&self, shown: &Standings, checkpoint: &VerifiedCheckpoint, lang: Lang) -> String {
        let at = self.at;
        let answer = match &self.says {
            At::CannotTell => self.cannot_tell(shown.until, lang),
            At::NotEntered => lang.choose(format!("{at}：尚未入账"), format!("{at}: not entered by then")),
            At::Stood(event) => told_of(at, event, lang),
        };
        let mut rows = vec![
            (lang.choose("账本", "ledger"), checkpoint.origin().to_string()),
            (lang.choose("证照", "licence"), shown.handle.to_string()),
            (lang.choose("状态", "standing"), answer),
        ];
        for event in &shown.events {
            let stands = lang.choose(event.standing.zh(), event.standing.as_str());
            rows.push((
                lang.choose("记录", "entry"),
                format!("#{} {} {} {stands}", event.index, event.time, event.kind),
            ));
        }
        if shown.is_void() {
            let text = lang.choose("曾被撤销，自始无效", "it was rescinded: void from the beginning");
            rows.push((lang.choose("注意", "notice"), text.to_owned()));
        }
        let ends = self.ends(shown, lang);
        rows.push((lang.choose("证明止于", "proved until"), ends));
        rows.push((lang.choose("外部见证", "witnesses"), self.witnessed.text(lang)));
        let times = match self.quorum() {
            Some(quorum) => lang.choose(
                format!("由账本自己写下；晚于见证人共同签名（{quorum}）的时刻不作判断"),
                format!(
                    "the ledger's own word; nothing is told of those after the witnesses' quorum ({quorum})"
                ),
            ),
            None => lang.choose(
                "由账本自己写下，没有见证人的时钟可以佐证；请核对证明止于何时".to_owned(),
                "the ledger's own word, and no witness's clock bears them out; look at where the proof ends"
                    .to_owned(),
            ),
        };
        rows.push((lang.choose("时刻", "times"), times));
        let colon = lang.choose("：", ": ");
        rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
    }
}

fn told_of(at: Time, event: &Event, lang: Lang) -> String {
    let since = event.time;
    let (zh, en) = match event.standing {
        Standing::Valid => ("，未被终止或暂扣", ", and was neither ended nor suspended"),
        Standing::Suspended => ("，未被终止", ", and was not ended"),
        Standing::Ended(_) | Standing::Replaced(_) => ("", ""),
    };
    lang.choose(
        format!("{at}：{}{zh}（自 {since} 起）", event.standing.zh()),
        format!("{at}: {}{en} (since {since})", event.standing),
    )
}
