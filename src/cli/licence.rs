//! `vidimus licence ending|open`: a department's own licences that end soon, for reminding their holders by letter or message;
//! and those that a spot check drew, opened to its inspectors. Not here: sending anything.

mod open;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::exit::Exit;
use super::operator::Service;
use super::output::Output;
use crate::values::lang::Lang;
use crate::values::time::{Clock as _, Date, UtcOffset};
use crate::wiring::clock::SystemClock;

/// Where the departments of a Chinese authority have their days.
const CHINA: &str = "+08:00";
/// The columns of the table.
const COLUMNS: [&str; 7] =
    ["valid_until", "type", "licence_number", "reference", "holder", "holder_code", "handle"];

/// Licences of a department.
#[derive(Debug, Args)]
pub(super) struct Licence {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The department's valid licences that end soon: CSV, or with --json one object a line and a summary.
    Ending(Ending),
    /// Open the department's licences that a spot check drew: payload, salt and credential of each, into a file.
    Open(open::Open),
}

#[derive(Debug, Args)]
struct Ending {
    /// Within so many days from today on.
    #[arg(long, value_name = "DAYS", default_value_t = 30, conflicts_with = "before", value_parser = clap::value_parser!(u16).range(0..=3660))]
    within: u16,
    /// With this last day, or one before it.
    #[arg(long, value_name = "DAY")]
    before: Option<Date>,
    #[command(flatten)]
    department: DepartmentArgs,
}

/// Which service, by the leave of which department.
#[derive(Debug, Args)]
struct DepartmentArgs {
    /// The running service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
    to: String,
    /// The department's token file.
    #[arg(long, value_name = "FILE", env = "VIDIMUS_TOKEN")]
    token: PathBuf,
}

impl DepartmentArgs {
    fn service(&self, lang: Lang) -> anyhow::Result<Service> {
        let token = std::fs::read_to_string(&self.token)
            .with_context(|| format!("{}: the department's token (--token)", self.token.display()))?;
        Service::new(&self.to, &format!("Bearer {}", token.trim()), lang)
    }
}

impl Licence {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Ending(ending) => ending.run(out),
            Verb::Open(open) => open.run(out),
        }
    }
}

impl Ending {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let service = self.department.service(out.lang)?;
        let day = self.before.map_or_else(|| after_today(self.within), Ok)?;
        let mut rows = csv::Writer::from_writer(Vec::new());
        rows.write_record(COLUMNS)?;
        let (mut found, mut after): (u64, Option<String>) = (0, None);
        loop {
            let next = after.map(|after| format!("&after={after}")).unwrap_or_default();
            let page = service.get(&format!("/v1/licences?content=true&ends_before={day}{next}"))?;
            for item in page.get("items").and_then(Value::as_array).into_iter().flatten() {
                out.line(item)?;
                for row in reminders(item) {
                    rows.write_record(row)?;
                }
                found += 1;
            }
            after = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        let table = String::from_utf8(rows.into_inner()?)?;
        out.result(&json!({"summary": true, "ends_before": day, "found": found}), |_| table)?;
        Ok(if found == 0 { Exit::NotFound } else { Exit::Good })
    }
}

/// A row for each holder, as each is to be reminded.
fn reminders(item: &Value) -> Vec<[String; 7]> {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let nobody = [Value::Null];
    let holders = item.get("holders").and_then(Value::as_array).map_or(nobody.as_slice(), Vec::as_slice);
    let row = |holder: &Value| {
        [
            text(item, "valid_until"),
            text(item, "type"),
            text(item, "licence_number"),
            text(item, "reference"),
            text(holder, "name"),
            text(holder, "code"),
            text(item, "handle"),
        ]
    };
    holders.iter().map(row).collect()
}

/// The day so many days after today.
fn after_today(days: u16) -> anyhow::Result<Date> {
    let offset: UtcOffset = CHINA.parse()?;
    let today = SystemClock.now().date(offset);
    let mut later = std::iter::successors(Some(today), |day| day.next());
    later.nth(days.into()).context("there is no such day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_holder_is_reminded() {
        let item = json!({
            "valid_until": "2026-12-01", "type": "t", "licence_number": "N", "reference": null, "handle": "h",
            "holders": [{"name": "甲", "code": "1"}, {"name": "乙", "code": "2"}],
        });
        let rows = reminders(&item);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1], ["2026-12-01", "t", "N", "", "乙", "2", "h"]);
        let erased = json!({"valid_until": "2026-12-01", "type": "t", "handle": "h"});
        assert_eq!(reminders(&erased)[0][4], "");
    }
}
