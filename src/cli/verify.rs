//! `vidimus verify`: evidence from files, judged by what a trust folder or a replayed ledger says.
//!
//! A trust folder needs no network and no replay, but knows no licences: their entries must be proved by receipts. An
//! address or an export is replayed whole first, which takes its time and knows everything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::audit::{policy, replayed};
use super::exit::Exit;
use super::output::Output;
use super::verify_told;
use crate::audit::Pins;
use crate::audit::trust::Trust;
use crate::crypto::{Digest, hex};
use crate::ledger::policy::Policy;
use crate::ledger::receipt::Receipt;
use crate::ledger::state::{MemoryState, View as _};
use crate::note::Note;
use crate::values::identifiers::Handle;
use crate::values::time::Time;
use crate::verification::{
    Ask, CheckedToken, Context, Evidence, Judgement, LedgerAnswer, Report, Source, TokenAnswer, Verdict,
    read_certificate, read_header, verify,
};
use crate::wiring::calling;
use crate::x509::{Profile, validate};

/// What to do with a verification address.
const LOOK_UP: &str =
    "a licence number and code are looked up by the authority's service: ask it, or use the download file";

/// Check evidence: credentials, download files.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Files of evidence: an SD-JWT, a download file, or the text of a QR.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A trust folder, an export, or a server's address; the latter two are replayed first. Without it the trust folder
    /// ./trust counts, if there is one; nothing can be told without any.
    #[arg(long, value_name = "URL|DIR", env = "VIDIMUS_TRUST")]
    trust: Option<String>,
    /// Judge as of this time (YYYY-MM-DDTHH:MM:SS.mmmZ); default now.
    #[arg(long, value_name = "T")]
    at: Option<Time>,
    /// Whose cosignatures count (C2SP tlog-policy); without it the file policy of the trust folder, if there is one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Refuse to use the network.
    #[arg(long)]
    offline: bool,
}

impl Verify {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let Some(trust) = self.trust.or_else(beside) else {
            let why = out.lang.choose(
                "没有可信依据,无法判断:请给出 --trust(先执行 vidimus trust export URL DIR)",
                "nothing is trusted, so nothing can be told: give --trust (made by vidimus trust export URL DIR)",
            );
            out.result(&json!({ "cannot_tell": why }), |_| why.to_owned())?;
            return Ok(Exit::CannotTell);
        };
        if self.offline && (trust.starts_with("http://") || trust.starts_with("https://")) {
            bail!("{trust} needs the network; export its trust first: vidimus trust export {trust} DIR");
        }
        let policy = self.policy.as_deref().map(policy).transpose()?;
        let knowledge = Knowledge::gather(&trust, policy, out)?;
        let ask = Ask { at: self.at, ..Ask::default() };
        let mut exits = Vec::with_capacity(self.files.len());
        for file in &self.files {
            exits.push(judge_file(file, &knowledge, &ask, self.files.len() > 1, out)?);
        }
        if let [_, _, ..] = exits.as_slice() {
            verify_told::summary(&exits, out)?;
        }
        Ok(Exit::worst(&exits))
    }
}

/// The trust folder of this directory.
fn beside() -> Option<String> {
    Trust::lies_in(Path::new("trust")).then(|| "trust".to_owned())
}

fn judge_file(
    file: &Path,
    knowledge: &Knowledge,
    ask: &Ask,
    one_of_many: bool,
    out: &Output,
) -> anyhow::Result<Exit> {
    let named = file.display().to_string();
    let bytes = fs::read(file).with_context(|| named.clone())?;
    let unread = |why: String| {
        out.result(&json!({ "file": named, "unreadable": why }), |_| format!("{named}: {why}"))?;
        Ok(Exit::CannotTell)
    };
    let evidence = match Evidence::read(&String::from_utf8_lossy(&bytes)) {
        // What is printed on paper is found by its number, which no ledger and no trust folder holds.
        Ok(Evidence::Number { .. }) => return unread(LOOK_UP.into()),
        Ok(evidence) => evidence,
        Err(unreadable) => return unread(unreadable.to_string()),
    };
    let now = now()?;
    let judgement = knowledge.judge(&evidence, ask, now)?;
    let witnessed = knowledge.trust.witnessed(receipt_of(&evidence).as_ref())?;
    let report = Report::of(judgement, number(&bytes, now), out.lang).vouched(&witnessed, out.lang);
    if one_of_many {
        out.result(&json!({ "file": named, "report": report }), |lang| {
            verify_told::text(&named, &report, lang)
        })?;
    } else {
        out.result(&report, |lang| verify_told::text(&named, &report, lang))?;
    }
    Ok(match report.verdict {
        Verdict::Valid => Exit::Good,
        Verdict::NotValid => Exit::NotValid,
        Verdict::CannotTell => Exit::CannotTell,
    })
}

/// The checkpoint of a receipt in evidence.
fn receipt_of(evidence: &Evidence) -> Option<Note> {
    match evidence {
        Evidence::Download { receipt, .. } => Some(receipt.parse::<Receipt>().ok()?.note().clone()),
        Evidence::Credential(_) | Evidence::Number { .. } => None,
    }
}

/// A number for a report that nobody keeps: the same for the same evidence at the same time.
fn number(evidence: &[u8], now: Time) -> String {
    let digest = Digest::of(&[now.to_string().as_bytes(), b"\n", evidence].concat());
    let (start, _) = digest.0.split_at(8);
    format!("R-{}", hex::encode(start))
}

/// What evidence is judged with.
struct Knowledge {
    trust: Trust,
    /// Licences, where a whole ledger was replayed.
    state: Option<MemoryState>,
    tokens: BTreeMap<u32, TokenAnswer>,
    as_of: Time,
}

impl Knowledge {
    fn gather(from: &str, policy: Option<Policy>, out: &Output) -> anyhow::Result<Self> {
        if Trust::lies_in(Path::new(from)) {
            return Ok(Self::new(Trust::load(Path::new(from))?.under(policy), None));
        }
        let begun = now()?;
        let source = calling::source(from)?;
        let is_server = source.files()?.is_none();
        let audit = replayed(source.as_ref(), &Pins::default(), out)?;
        let knowledge = Self::new(Trust::of(source.as_ref(), &audit)?.under(policy), Some(audit.state));
        // A server was asked just now; how old an export is, only what it contains can say.
        Ok(if is_server { Self { as_of: begun, ..knowledge } } else { knowledge })
    }

    fn new(trust: Trust, state: Option<MemoryState>) -> Self {
        let paths = |chain: &[Vec<u8>], at, profile: Profile| {
            validate(chain, trust.roots(), at, profile).map(Arc::new)
        };
        let check = |text: &str| match CheckedToken::check(text, trust.charter(), &paths) {
            Ok(token) => TokenAnswer::Checked(Arc::new(token)),
            Err(_) => TokenAnswer::Refused,
        };
        let tokens: BTreeMap<u32, TokenAnswer> =
            trust.tokens().iter().map(|(list, text)| (*list, check(text))).collect();
        let made = tokens.values().filter_map(|answer| match answer {
            TokenAnswer::Checked(token) => Time::from_millis(token.iat().saturating_mul(1000)).ok(),
            TokenAnswer::Refused | TokenAnswer::Absent => None,
        });
        let as_of = made.chain(trust.charter().time()).max().unwrap_or(Time::MIN);
        Self { trust, state, tokens, as_of }
    }

    fn judge(&self, evidence: &Evidence, ask: &Ask, now: Time) -> anyhow::Result<Judgement> {
        let context = Context {
            now,
            charter: self.trust.charter(),
            log_keys: self.trust.log_keys(),
            source: Source::Folder { size: self.trust.checkpoint().size(), as_of: self.as_of.min(now) },
            licences: &|handle| self.licence(handle),
            tokens: &|list, at| self.token(list, at),
            headers: &read_header,
            certificates: &read_certificate,
            paths: &|chain, at, profile| validate(chain, self.trust.roots(), at, profile).map(Arc::new),
            // Nobody's server: a sample is known by its origin.
            holds_a_registrar: false,
        };
        Ok(verify(evidence, &context, ask)?)
    }

    fn licence(&self, handle: &Handle) -> LedgerAnswer {
        match self.state.as_ref().map(|state| state.licence(handle)) {
            Some(Ok(Some(licence))) => LedgerAnswer::Found(Box::new(licence)),
            Some(Ok(None)) => LedgerAnswer::Absent,
            Some(Err(_)) | None => LedgerAnswer::Unknown,
        }
    }

    /// The one token at hand, unless it was made after the time asked for.
    fn token(&self, list: u32, at: Time) -> TokenAnswer {
        match self.tokens.get(&list) {
            Some(TokenAnswer::Checked(token)) if token.iat() > at.seconds() => TokenAnswer::Absent,
            Some(answer) => answer.clone(),
            None => TokenAnswer::Absent,
        }
    }
}

fn now() -> anyhow::Result<Time> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    Ok(Time::from_millis(i64::try_from(since.as_millis())?)?)
}
