//! The pages of the office, one language at a time, without a script: the ledger now, the replay, what was found. What a run
//! found is put into words when it ends (`section`) and kept as that. Not here: how it came about, and how each thing is
//! called (`words`).

use std::sync::Arc;

use askama::Template;

use super::commands::curl;
use super::folder::{Ended, Evidence, Finished};
use super::look::{Look, Other};
use super::run::Course;
use super::{Asked, Office, held};
use crate::audit::report::page::Page;
use crate::audit::report::{Broken, Findings};
use crate::supervision::Rules;
use crate::supervision::scorecard::Scorecard;
use crate::values::figures;
use crate::values::lang::Lang;

/// Seconds after which a page that shows how far a replay has come is asked for again.
const REFRESH: u32 = 2;
/// Broken rules that are shown one by one; the document has them all.
const SHOWN: usize = 1000;

/// A page, and whether there is one at that address.
pub struct Shown {
    /// HTML.
    pub html: String,
    /// False on the page that says so.
    pub found: bool,
}

/// What surrounds a page.
struct Frame {
    lang: Lang,
    /// Below the language.
    path: &'static str,
    refresh: Option<u32>,
    from: String,
    tool: &'static str,
}

impl Frame {
    fn ways(&self) -> [(&'static str, &'static str); 3] {
        let lang = self.lang;
        [
            ("", lang.choose("账本", "Ledger")),
            ("/replay", lang.choose("重放", "Replay")),
            ("/result", lang.choose("审计结论", "Findings")),
        ]
    }

    fn number(&self, of: &u64) -> String {
        figures::number(*of)
    }

    fn span(&self, millis: &i64) -> String {
        figures::span(self.lang, *millis)
    }
}

#[derive(Template)]
#[template(path = "office_ledger.html")]
struct LedgerPage<'a> {
    lang: Lang,
    frame: Frame,
    asked: &'a Asked,
    look: Option<&'a Look>,
    witnessed: String,
    /// Entries beyond those that a quorum cosigned.
    beyond: Option<u64>,
    witnesses: Vec<Beside<'a>>,
    mirrors: Vec<Beside<'a>>,
    /// Proofs of split views, and the command that checks each.
    splits: Vec<(String, String)>,
    running: Option<Course>,
    finished: Option<&'a Finished>,
}

/// Another face of the ledger, with the command that tells the same of it.
struct Beside<'a> {
    other: &'a Other,
    command: Option<String>,
}

#[derive(Template)]
#[template(path = "office_replay.html")]
struct ReplayPage<'a> {
    lang: Lang,
    frame: Frame,
    command: String,
    running: Option<(u64, String, Course)>,
    refreshing: bool,
    finished: Option<&'a Finished>,
    ended: Option<&'a Ended>,
}

#[derive(Template)]
#[template(path = "office_result.html")]
struct ResultPage<'a> {
    lang: Lang,
    frame: Frame,
    finished: Option<(&'a Finished, String)>,
    command: String,
    /// Each with the command that writes the same bytes, where there is one.
    evidence: Vec<(Evidence, Option<String>)>,
    running: bool,
}

#[derive(Template)]
#[template(path = "office_absent.html")]
struct AbsentPage {
    lang: Lang,
    frame: Frame,
}

/// What was found, in one language.
#[derive(Template)]
#[template(path = "office_section.html")]
struct Section<'a> {
    lang: Lang,
    told: Page<'a>,
    violations: &'a [Broken],
    more: usize,
}

/// What a run found, put into words.
pub(super) fn section(
    found: &Findings,
    by: (&Rules, &Scorecard),
    key: &str,
    signed: bool,
    lang: Lang,
) -> Result<String, askama::Error> {
    let violations = found.violations.get(..SHOWN).unwrap_or(&found.violations);
    let more = found.violations.len() - violations.len();
    Section { lang, told: Page::of(found, by, key, signed), violations, more }.render()
}

impl Office {
    /// The page below a language; `refreshing` says whether one that changes by itself may ask to be loaded again.
    pub fn page(self: &Arc<Self>, lang: Lang, path: &str, refreshing: bool) -> Result<Shown, askama::Error> {
        let html = match path {
            "" => self.ledger_page(lang, refreshing),
            "/replay" => self.replay_page(lang, refreshing),
            "/result" => self.result_page(lang),
            _ => {
                let html = AbsentPage { lang, frame: self.frame(lang, "", None) }.render()?;
                return Ok(Shown { html, found: false });
            }
        };
        Ok(Shown { html: html?, found: true })
    }

    fn frame(&self, lang: Lang, path: &'static str, refresh: Option<u32>) -> Frame {
        let tool = concat!("vidimus ", env!("CARGO_PKG_VERSION"));
        Frame { lang, path, refresh, from: self.asked.from.clone(), tool }
    }

    fn ledger_page(self: &Arc<Self>, lang: Lang, refreshing: bool) -> Result<String, askama::Error> {
        let look = self.look();
        let refresh = (refreshing && look.is_none()).then_some(REFRESH);
        let now = self.clock.since_boot_millis();
        let (running, finished) = {
            let runs = held(&self.runs);
            (runs.running.as_ref().map(|running| running.course(now)), runs.finished.clone())
        };
        let look = look.as_deref();
        // What was found of another ledger is no verdict on this one.
        let head = look.and_then(|look| look.head.as_ref().ok());
        let finished = finished.filter(|last| head.is_none_or(|head| head.origin == last.origin));
        let witness = |other| Beside { other, command: other.url.as_deref().map(curl) };
        let witnesses = look.iter().flat_map(|look| &look.witnesses).map(witness);
        let mirrors = (1..).zip(look.iter().flat_map(|look| &look.mirrors));
        let mirrors = mirrors
            .map(|(number, other)| Beside { other, command: Some(self.asked.mirror(number, &other.name)) });
        let splits = self.folder.splits().into_iter().map(|proof| {
            let command = self.asked.split_view(&proof);
            (proof, command)
        });
        LedgerPage {
            lang,
            frame: self.frame(lang, "", refresh),
            asked: &self.asked,
            look,
            witnessed: look.map(|look| look.witnessed.text(lang)).unwrap_or_default(),
            beyond: look.and_then(|look| {
                Some(look.head.as_ref().ok()?.size.saturating_sub(look.witnessed.by()?.size))
            }),
            witnesses: witnesses.collect(),
            mirrors: mirrors.collect(),
            splits: splits.collect(),
            running,
            finished: finished.as_deref(),
        }
        .render()
    }

    fn replay_page(&self, lang: Lang, refreshing: bool) -> Result<String, askama::Error> {
        let now = self.clock.since_boot_millis();
        let (running, finished, ended) = {
            let runs = held(&self.runs);
            let running = runs.running.as_ref();
            let running = running.map(|run| (run.number, run.started.to_string(), run.course(now)));
            (running, runs.finished.clone(), runs.ended.clone())
        };
        let refresh = (refreshing && running.is_some()).then_some(REFRESH);
        ReplayPage {
            lang,
            frame: self.frame(lang, "/replay", refresh),
            command: self.asked.findings(finished.as_ref().map(|run| run.size)),
            running,
            refreshing,
            finished: finished.as_deref(),
            ended: ended.as_ref(),
        }
        .render()
    }

    fn result_page(&self, lang: Lang) -> Result<String, askama::Error> {
        let (running, finished) = {
            let runs = held(&self.runs);
            (runs.running.is_some(), runs.finished.clone())
        };
        let size = finished.as_ref().map(|run| run.size);
        let mut evidence = finished.as_ref().map(|run| self.folder.evidence(run.number)).unwrap_or_default();
        evidence.sort_by_key(Evidence::rank);
        let evidence = evidence.into_iter().map(|one| {
            let command = one.command(&self.asked, size);
            (one, command)
        });
        let section = finished.as_ref().map(|run| {
            self.folder.section(run.number, lang).unwrap_or_else(|error| {
                let why = lang.choose("结果的文件读不出来", "a file of what was found cannot be read");
                format!("<p class=\"empty\">{why}: {}</p>", error.kind())
            })
        });
        ResultPage {
            lang,
            frame: self.frame(lang, "/result", None),
            finished: finished.as_deref().zip(section),
            command: self.asked.findings(size),
            evidence: evidence.collect(),
            running,
        }
        .render()
    }
}
