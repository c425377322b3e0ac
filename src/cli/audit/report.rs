//! `vidimus audit report`: the findings over a range of entries, signed by the auditor, as JSON and as a page.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::signing::{self, Signed, Signing};
use super::{Pinned, replayed_before, verdict};
use crate::audit::prove;
use crate::audit::report::{Findings, Gathering, Range, findings, page};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::ledger::body::Name;
use crate::ledger::witnessed::Witnessed;
use crate::supervision::Rules;
use crate::supervision::scorecard::{Figure, Scorecard};
use crate::values::lang::Lang;
use crate::verification::Notice;
use crate::wiring::calling;

/// Over what, signed with what, and where the page goes.
#[derive(Debug, Args)]
pub(super) struct AskReport {
    /// A server's address, or the directory of an export.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// From the first entry to the one behind the last; without it all of them.
    #[arg(long, value_name = "A..B")]
    range: Option<Range>,
    #[command(flatten)]
    signing: Signing,
    /// Writes the findings as a page that stands alone, in both languages.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    pinned: Pinned,
}

impl AskReport {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        // Before a long replay, not after it.
        let key = self.signing.key()?;
        let html = self.html.as_deref().map(created).transpose()?;
        let source = calling::source(&self.from)?;
        let range = match self.range {
            Some(range) => range,
            None => Range { from: 0, until: prove::head(source.as_ref())?.1.size },
        };
        let (rules, scorecard) = (Rules::built_in()?, Scorecard::built_in()?);
        let mut eye = Gathering::new(range, rules.clone(), scorecard.clone());
        let audit = replayed_before(&mut eye, source.as_ref(), &self.pinned, out)?;
        self.pinned.remember(&audit)?;
        let found = findings(&audit, eye, source.as_ref())?;
        let value = serde_json::to_value(&found)?;
        let Signed { document, signature } = signing::signed("findings", value, key.as_ref())?;
        let key = audit.summary.key;
        out.document(&document, |lang| told(&found, (&rules, &scorecard), key, signature.as_deref(), lang))?;
        if let (Some(mut file), Some(path)) = (html, &self.html) {
            let page = page(&found, (&rules, &scorecard), key, signature.is_some())?;
            file.write_all(page.as_bytes()).with_context(|| path.display().to_string())?;
        }
        Ok(found.verdict().into())
    }
}

fn created(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| path.display().to_string())
}

/// The findings as people read them.
fn told(
    found: &Findings,
    (rules, scorecard): (&Rules, &Scorecard),
    key: &'static str,
    signature: Option<&str>,
    lang: Lang,
) -> String {
    let colon = lang.choose("：", ": ");
    let mut rows = vec![
        (lang.choose("账本", "ledger").to_owned(), found.origin.clone()),
        (lang.choose("记录", "entries").to_owned(), format!("{}..{}", found.range.from, found.range.until)),
        (lang.choose("监察规则", "rules").to_owned(), format!("sha256:{}", found.rules)),
    ];
    if let Some([from, until]) = &found.roots {
        rows.push((lang.choose("根哈希", "roots").to_owned(), format!("{from} → {until}")));
    }
    for (rule, counts) in &found.counts {
        let counts: Vec<String> =
            counts.iter().map(|(colour, count)| format!("{} {count}", named(colour, lang))).collect();
        let named = rules.told().iter().find(|told| told.rule.as_str() == *rule);
        let name = named.map_or(*rule, |told| lang.choose(&told.name.zh, &told.name.en));
        rows.push((format!("{name} ({rule})"), counts.join(lang.choose("，", ", "))));
    }
    for place in scorecard.places() {
        let Some(scored) = &found.scorecard else { break };
        let figure = scored.figure(place.described.indicator);
        rows.push((
            lang.choose(&place.described.name.zh, &place.described.name.en).clone(),
            measured(figure, &place.described.unit, lang),
        ));
    }
    for broken in &found.violations {
        let place = broken.index.map_or_else(String::new, |index| format!("#{index} "));
        rows.push((
            lang.choose("违规", "violation").to_owned(),
            format!("{place}{}: {}", broken.rule, broken.text),
        ));
    }
    if let Some(unknown) = &found.upgrade {
        let place = unknown.index.map_or_else(String::new, |index| format!("#{index} "));
        rows.push((lang.choose("不认识", "unknown").to_owned(), format!("{place}{}", unknown.text)));
    }
    rows.push((
        lang.choose("检查点密钥", "checkpoint key").to_owned(),
        lang.choose(super::key_zh(key), key).to_owned(),
    ));
    let witnessed = found.witnessed.as_ref().unwrap_or(&Witnessed::NoPolicy);
    rows.push((lang.choose("外部见证", "witnesses").to_owned(), witnessed.text(lang)));
    for doubt in &found.doubts {
        let place = doubt.index.map_or_else(String::new, |index| format!("#{index} "));
        rows.push((lang.choose("存疑", "doubt").to_owned(), format!("{place}{}", doubt.text)));
    }
    rows.extend(signature.map(|jws| (lang.choose("签名", "signature").to_owned(), jws.to_owned())));
    rows.push((lang.choose("结论", "verdict").to_owned(), verdict(found.verdict(), lang).to_owned()));
    if found.notice.is_some() {
        let text = Notice::RegistrarsOnServer.text(lang);
        rows.push((lang.choose("注意", "notice").to_owned(), text.to_owned()));
    }
    rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
}

/// A figure in its unit; a share is its own.
pub(super) fn measured(figure: Figure, unit: &Name, lang: Lang) -> String {
    match figure {
        Figure::NoData => lang.choose("无数据", "no data").to_owned(),
        Figure::Share { .. } => figure.to_string(),
        Figure::Count(_) | Figure::Mean { .. } => format!("{figure} {}", lang.choose(&unit.zh, &unit.en)),
    }
}

fn named(colour: &str, lang: Lang) -> String {
    match colour {
        "red" => lang.choose("红牌", "red").to_owned(),
        _ => lang.choose("黄牌", "yellow").to_owned(),
    }
}
