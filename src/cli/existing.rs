//! Options and checks for tables of existing licences (存量), which `issue --legacy` records and `reconcile` compares.

use clap::Args;

use crate::catalogue::ColumnMapping;
use crate::values::recorded::{RecordedStanding, TrustLevel};
use crate::wiring::told::Told;

/// What a table of existing licences does not say itself.
#[derive(Debug, Default, Args)]
pub(super) struct Existing {
    /// Record what was granted before the ledger: original number and dates, source, trust and present standing.
    #[arg(long)]
    pub(super) legacy: bool,
    /// Where the data come from, for rows that do not say so.
    #[arg(long, value_name = "TEXT", requires = "legacy")]
    source: Option<String>,
    /// Trust in the source, for rows that do not say so.
    #[arg(long, value_name = "A|B|C|D", requires = "legacy", value_parser = trust)]
    trust: Option<TrustLevel>,
    /// The standing today (valid, suspended, recalled, rescinded, penalty, annulled, cancelled, or its Chinese word), for
    /// rows that do not say so.
    #[arg(long, value_name = "WORD", requires = "legacy", value_parser = standing)]
    standing: Option<RecordedStanding>,
}

fn trust(text: &str) -> Result<TrustLevel, String> {
    TrustLevel::ALL.into_iter().find(|level| level.as_str() == text).ok_or_else(|| "A, B, C or D".to_owned())
}

fn standing(text: &str) -> Result<RecordedStanding, String> {
    RecordedStanding::named(text).ok_or_else(|| {
        let words = RecordedStanding::ALL.map(|one| format!("{} {}", one.as_str(), one.standing().zh()));
        format!("one of {}", words.join(", "))
    })
}

impl Existing {
    /// The mapping for a table with this header: with the columns of existing licences where they are asked for; a table
    /// that has them without, or lacks them with it, is refused whole.
    pub(super) fn mapping(&self, mapping: ColumnMapping, header: &[String]) -> anyhow::Result<ColumnMapping> {
        if !self.legacy {
            let Some(column) = mapping.needs_legacy(header) else { return Ok(mapping) };
            return Err(Told::new(
                format!("列“{column}”属于存量证照：请加上 --legacy 补录，或在 --map 文件中为它另定对照"),
                format!(
                    "column \"{column}\" belongs to existing licences: add --legacy to record them, or give it a place in the --map file"
                ),
            )
            .into());
        }
        let defaults = [
            ("/recorded/source", self.source.as_deref()),
            ("/recorded/trust", self.trust.map(TrustLevel::as_str)),
            ("/recorded/standing", self.standing.map(RecordedStanding::as_str)),
        ];
        let defaults: Vec<(&str, &str)> =
            defaults.into_iter().filter_map(|(pointer, value)| Some((pointer, value?))).collect();
        let mapping = mapping.with_legacy(&defaults);
        let lacking = mapping.lacks(header);
        if lacking.is_empty() {
            return Ok(mapping);
        }
        let names: Vec<String> = lacking.iter().map(|names| names.join("/")).collect();
        let flags = "--source, --trust, --standing";
        Err(Told::new(
            format!("补录所需的列不在表中：{}；请补上该列，或用 {flags} 给出统一的值", names.join("；")),
            format!(
                "columns needed for recording are missing: {}; add them, or give one value for all rows with {flags}",
                names.join("; ")
            ),
        )
        .into())
    }
}
