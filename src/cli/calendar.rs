//! `vidimus calendar publish|list`: the working days of a year, which promised days are counted by.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::ceremony;
use super::exit::Exit;
use super::operator::{OperatorArgs, Service};
use super::output::Output;
use crate::values::lang::Lang;

/// Working days.
#[derive(Debug, Args)]
pub(super) struct Calendar {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Publish a year's exceptions from Monday to Friday, or others in their place; registrars approve them.
    Publish {
        /// `year` and `exceptions`, each with `date` and `working` (TOML).
        file: PathBuf,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        operator: OperatorArgs,
    },
    /// The years that are published, with their exceptions. Everybody may read them.
    List {
        /// The running service.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
        from: String,
    },
}

impl Calendar {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Publish { file, dry_run, operator } => {
                let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                // What each member may say is the service's to judge.
                let calendar: Value = toml::from_str(&text).with_context(|| file.display().to_string())?;
                ceremony::begin(&operator.service(out.lang)?, &json!({"calendar": calendar}), dry_run, out)
            }
            Verb::List { from } => {
                let answer = Service::new(&from, "", out.lang)?.get("/v1/calendars")?;
                out.result(&answer, |lang| list(&answer, lang))?;
                Ok(Exit::Good)
            }
        }
    }
}

/// A line a year, and one a day that is not what its place in the week says.
fn list(answer: &Value, lang: Lang) -> String {
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        return lang
            .choose(
                "没有公布工作日历：周一至周五为工作日。",
                "No calendar is published: Monday to Friday are worked.",
            )
            .into();
    }
    let mut lines = Vec::new();
    for item in items {
        let year = item.get("year").and_then(Value::as_u64).unwrap_or_default();
        let index = item.pointer("/since/index").and_then(Value::as_u64).unwrap_or_default();
        lines.push(lang.choose(format!("{year} 年（记录 {index}）"), format!("{year} (entry {index})")));
        for one in item.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
            let day = one.get("date").and_then(Value::as_str).unwrap_or_default();
            let worked = one.get("working").and_then(Value::as_bool).unwrap_or_default();
            let word = if worked { lang.choose("上班", "worked") } else { lang.choose("放假", "off") };
            lines.push(format!("  {day}  {word}"));
        }
    }
    lines.join("\n")
}
