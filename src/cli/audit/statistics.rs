//! `vidimus audit statistics`: what happened in a range of entries, counted for everybody to see, as JSON and as CSV.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::signing::{self, Signed, Signing};
use super::{Pinned, replayed_before, summarised};
use crate::audit::prove::ProveError;
use crate::audit::report::Range;
use crate::audit::statistics::{Counting, Statistics, statistics};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::values::lang::Lang;
use crate::verification::Notice;
use crate::wiring::calling;
use crate::wiring::told::Told;

/// The document's own file, written last: where it is, all of them are.
const DOCUMENT: &str = "statistics.json";

/// Under this `k` withholding tells what it withholds: fewer than two can only be one.
const LEAST_K: u64 = 3;

/// Over what, with which counts withheld, and where the files go.
#[derive(Debug, Args)]
pub(super) struct AskStatistics {
    /// A server's address, or the directory of an export or a mirror.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// From the first entry to the one behind the last. What is published of one range must not overlap what is published of
    /// another: their difference would tell what both withhold.
    #[arg(long, value_name = "A..B")]
    range: Range,
    /// Counts under this are withheld, and with them what they could be computed from; 3 or more.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    k: u64,
    /// A new directory for the tables (CSV) and the document that they are of.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    pinned: Pinned,
}

impl AskStatistics {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        if self.k < LEAST_K {
            let k = self.k;
            let told = Told::new(
                format!(
                    "--k {k} 不保护任何人：为 2 时不公布的数字只能是 1，更小时全部公布。请给出 {LEAST_K} 或更大的数，如 10"
                ),
                format!(
                    "--k {k} protects nobody: with 2 a withheld count can only be 1, and with less none is withheld. Give {LEAST_K} or more, such as 10"
                ),
            );
            out.error(&told.into());
            return Ok(Exit::Usage);
        }
        // Before a long replay, not after it.
        let key = self.signing.key()?;
        if let Some(taken) = self.into.as_ref().filter(|into| into.exists()) {
            let named = taken.display();
            return Err(Told::new(
                format!("{named} 已存在：请给出一个新目录，以免新旧表格混在一起"),
                format!("{named} exists: give a new directory, so that old and new tables are not mixed"),
            )
            .into());
        }
        let source = calling::source(&self.from)?;
        let range = self.range;
        let mut eye = Counting::over(range);
        let audit = replayed_before(&mut eye, source.as_ref(), &self.pinned, out)?;
        if !audit.summary.holds {
            return summarised(&audit, out);
        }
        self.pinned.remember(&audit)?;
        let beyond =
            ProveError::NoSuchEntry { index: range.until.saturating_sub(1), size: audit.summary.size };
        let found = statistics(&audit.summary.origin, &eye, self.k).ok_or(beyond)?;
        let value = serde_json::to_value(&found)?;
        let Signed { document, signature } = signing::signed("statistics", value, key.as_ref())?;
        self.write(&found, &document)?;
        out.document(&document, |lang| told(&found, signature.as_deref(), lang))?;
        Ok(Exit::Good)
    }

    fn write(&self, found: &Statistics, document: &[u8]) -> anyhow::Result<()> {
        let Some(into) = &self.into else { return Ok(()) };
        fs::create_dir(into).with_context(|| into.display().to_string())?;
        let texts = found.csv().into_iter().map(|(name, text)| (name, text.into_bytes()));
        for (name, bytes) in texts.chain([(DOCUMENT.to_owned(), document.to_vec())]) {
            let path = into.join(name);
            fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

/// The statistics as people read them: the totals.
fn told(found: &Statistics, signature: Option<&str>, lang: Lang) -> String {
    let mut rows = vec![
        (lang.choose("账本", "ledger").to_owned(), found.origin.clone()),
        (lang.choose("记录", "entries").to_owned(), format!("{}..{}", found.range.from, found.range.until)),
        (lang.choose("最后一条记录", "last entry").to_owned(), found.last_entry.to_string()),
        (lang.choose("根哈希", "root").to_owned(), found.root.clone()),
        (lang.choose("不予公布", "withheld").to_owned(), format!("< {}", found.k)),
    ];
    for table in &found.tables {
        let total = table.rows.first().map(|row| row.count.map(|count| count.to_string()));
        let total = match total {
            None => "0".to_owned(),
            Some(None) => lang.choose("不予公布", "withheld").to_owned(),
            Some(Some(count)) => count,
        };
        let withheld = table.rows.iter().filter(|row| row.withheld).count();
        let (rows_said, hidden) = (table.rows.len(), lang.choose("行不予公布", "rows withheld"));
        let name = lang.choose(&table.name.zh, &table.name.en);
        rows.push((name.clone(), format!("{total} ({withheld}/{rows_said} {hidden})")));
    }
    rows.extend(signature.map(|jws| (lang.choose("签名", "signature").to_owned(), jws.to_owned())));
    if found.notice.is_some() {
        let text = Notice::RegistrarsOnServer.text(lang);
        rows.push((lang.choose("注意", "notice").to_owned(), text.to_owned()));
    }
    let colon = lang.choose("：", ": ");
    rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
}
