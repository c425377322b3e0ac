//! How the pages call what they tell: a class, a sign and a sentence for each verdict and relation, so that it is told by word,
//! sign and shape as well as by colour. Not here: the pages (`pages`).

use super::commands::Asked;
use super::folder::{Evidence, Finished};
use super::look::{Head, Relation};
use super::run::Course;
use crate::audit::summary::Verdict;
use crate::values::figures;
use crate::values::lang::Lang;

impl Course {
    /// Parts in a hundred.
    pub(super) fn percent(&self) -> u64 {
        self.done.saturating_mul(100).checked_div(self.total).unwrap_or(0)
    }
}

impl Finished {
    /// The verdict's class, sign and words.
    pub(super) fn told(&self, lang: &Lang) -> (&'static str, &'static str, &'static str) {
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
    pub(super) fn verified(&self) -> bool {
        self.follows != Some(Relation::NoKey)
    }

    /// What is said of the head before anything else: class, sign and sentence.
    pub(super) fn told(&self, lang: &Lang) -> (&'static str, &'static str, String) {
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
    pub(super) fn told(&self, lang: &Lang) -> (&'static str, &'static str, String) {
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
    pub(super) fn proof(&self) -> Option<&str> {
        match self {
            Self::Split(proof) => Some(proof),
            _ => None,
        }
    }
}

impl Evidence {
    /// Where it is downloaded.
    pub(super) fn href(&self) -> String {
        format!("/evidence/{}/{}", self.place, self.name)
    }

    /// The findings first, tables last.
    pub(super) fn rank(&self) -> usize {
        let first = ["findings.json", "findings.html", "checkpoint", "summary.json", "statistics.json"];
        first.iter().position(|name| *name == self.name).unwrap_or(first.len())
    }

    /// What it is.
    pub(super) fn told(&self, lang: &Lang) -> &'static str {
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
    pub(super) fn command(&self, asked: &Asked, size: Option<u64>) -> Option<String> {
        match self.name.as_str() {
            "findings.json" => Some(asked.findings(size)),
            "findings.html" => Some(asked.report_page(size)),
            "statistics.json" => Some(asked.statistics(size)),
            _ => None,
        }
    }
}
