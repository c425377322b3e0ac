//! The pages of the office, one language at a time, without a script: the ledger now, the replay, what was found. What a run
//! found is put into words when it ends (`section`) and kept as that. Not here: how it came about.

use std::sync::Arc;

use askama::Template;

use super::commands::curl;
use super::folder::{Ended, Evidence, Finished};
use super::look::{Head, Look, Other, Relation};
use super::run::Course;
use super::{Asked, Office, held};
use crate::audit::report::{Broken, Findings, Page};
use crate::audit::summary::Verdict;
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

impl Course {
    /// Parts in a hundred.
    fn percent(&self) -> u64 {
        self.done.saturating_mul(100).checked_div(self.total).unwrap_or(0)
    }
}

impl Finished {
    /// The verdict's class, sign and words.
    fn told(&self, lang: &Lang) -> (&'static str, &'static str, &'static str) {
        let of = self.verdict.as_str();
        if of == Verdict::Holds.as_str() {
            ("valid", "✓", lang.choose("账本成立", "The ledger holds"))
        } else if of == Verdict::UpgradeNeeded.as_str() {
            (
                "cannot-tell",
                "?",
                lang.choose(
                    "本程序过旧，不能判断到末尾，须升级后再核",
                    "This program is too old to judge to the end: upgrade",
                ),
            )
        } else {
            ("not-valid", "✕", lang.choose("账本不成立", "The ledger does not hold"))
        }
    }
}

impl Head {
    /// Whether a key is known that it was held against.
    fn verified(&self) -> bool {
        self.follows != Some(Relation::NoKey)
    }

    /// What is said of the head before anything else: class, sign and sentence.
    fn told(&self, lang: &Lang) -> (&'static str, &'static str, String) {
        let on = |by: &u64| {
            lang.choose(
                format!("延续上次所见，多了 {} 条记录（已证明）", figures::number(*by)),
                format!(
                    "It continues what was seen last, by {} entries, which is proved",
                    figures::number(*by)
                ),
            )
        };
        match &self.follows {
            None => (
                "valid",
                "✓",
                lang.choose(
                    "首次所见；从现在起会记住它",
                    "Seen for the first time; it is remembered from now on",
                )
                .to_owned(),
            ),
            Some(Relation::Same) => {
                ("valid", "✓", lang.choose("与上次所见相同", "The same as was seen last").to_owned())
            }
            Some(Relation::Behind(by)) => ("valid", "✓", on(by)),
            Some(Relation::Split(_)) => (
                "not-valid",
                "✕",
                lang.choose(
                    "账本分叉：账本签署过的两个检查点互相矛盾，证明已保存",
                    "A split view: the ledger signed two checkpoints that contradict each other; the proof is kept",
                )
                .to_owned(),
            ),
            Some(Relation::Ahead(by)) => (
                "not-valid",
                "✕",
                lang.choose(
                    format!("账本变小了：比上次所见少 {} 条。来源若是镜像，可能只是落后；否则可能恢复了旧备份", figures::number(*by)),
                    format!(
                        "The ledger went back: {} entries fewer than were seen. A source that is a mirror may lag behind; else an old copy was put back",
                        figures::number(*by)
                    ),
                ),
            ),
            Some(Relation::NoKey | Relation::Nothing) => (
                "cannot-tell",
                "?",
                lang.choose(
                    "尚未核实：没有预置密钥，也还没有成立的重放可以取得密钥",
                    "Not verified yet: no key was brought along, and no replay that held has given one",
                )
                .to_owned(),
            ),
            Some(Relation::Wrong(why)) => (
                "not-valid",
                "✕",
                lang.choose(
                    format!("来源未能证明它延续上次所见：{why}"),
                    format!("The source does not prove that it continues what was seen last: {why}"),
                ),
            ),
            Some(Relation::Unasked(why)) => (
                "cannot-tell",
                "?",
                lang.choose(
                    format!("无法判断是否延续上次所见：{why}"),
                    format!("Whether it continues what was seen last cannot be told: {why}"),
                ),
            ),
        }
    }
}

impl Relation {
    /// Class, sign and words of another face beside the head.
    fn told(&self, lang: &Lang) -> (&'static str, &'static str, String) {
        let (class, sign, (zh, en)) = match self {
            Self::Same => ("valid", "✓", ("相同".to_owned(), "the same".to_owned())),
            Self::Behind(by) => (
                "valid",
                "✓",
                (
                    format!("落后 {} 条", figures::number(*by)),
                    format!("{} entries behind", figures::number(*by)),
                ),
            ),
            Self::Ahead(by) => (
                "cannot-tell",
                "?",
                (
                    format!("领先 {} 条", figures::number(*by)),
                    format!("{} entries ahead", figures::number(*by)),
                ),
            ),
            Self::Split(_) => (
                "not-valid",
                "✕",
                ("矛盾：账本分叉，已证明".to_owned(), "contradicts: a split view, proved".to_owned()),
            ),
            Self::Nothing => {
                ("cannot-tell", "?", ("还没有共同签名".to_owned(), "no line of it yet".to_owned()))
            }
            Self::NoKey => {
                ("cannot-tell", "?", ("尚无密钥可核实".to_owned(), "no key to verify it under".to_owned()))
            }
            Self::Wrong(why) => ("not-valid", "✕", (format!("不能核实：{why}"), format!("not good: {why}"))),
            Self::Unasked(why) => {
                ("cannot-tell", "?", (format!("无法询问：{why}"), format!("could not be asked: {why}")))
            }
        };
        (class, sign, lang.choose(zh, en))
    }

    /// The proof, where it is a split.
    fn proof(&self) -> Option<&str> {
        match self {
            Self::Split(proof) => Some(proof),
            _ => None,
        }
    }
}

impl Evidence {
    /// Where it is downloaded.
    fn href(&self) -> String {
        format!("/evidence/{}/{}", self.place, self.name)
    }

    /// The findings first, tables last.
    fn rank(&self) -> usize {
        let first = ["findings.json", "findings.html", "checkpoint", "summary.json", "statistics.json"];
        first.iter().position(|name| *name == self.name).unwrap_or(first.len())
    }

    /// What it is.
    fn told(&self, lang: &Lang) -> &'static str {
        let (zh, en) = match self.name.as_str() {
            "findings.json" => ("审计结论（规范 JSON）", "the findings, canonical JSON"),
            "findings.html" => {
                ("审计结论的独立网页，双语", "the findings as a page that stands alone, in both languages")
            }
            "summary.json" => ("重放的概要", "the summary of the replay"),
            "checkpoint" => ("重放所依据的检查点", "the checkpoint that was replayed"),
            "statistics.json" => {
                ("开放统计，少于 10 的不予公布", "open statistics, counts under 10 withheld")
            }
            _ => ("开放统计的表", "a table of the open statistics"),
        };
        lang.choose(zh, en)
    }

    /// The command that writes the same bytes, where there is one.
    fn command(&self, asked: &Asked, size: Option<u64>) -> Option<String> {
        match self.name.as_str() {
            "findings.json" => Some(asked.findings(size)),
            "findings.html" => Some(asked.report_page(size)),
            "statistics.json" => Some(asked.statistics(size)),
            _ => None,
        }
    }
}
