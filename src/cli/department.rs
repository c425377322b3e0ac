//! `vidimus department add|list`: departments of a running authority.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ceremony;
use super::exit::Exit;
use super::operator::OperatorArgs;
use super::output::Output;

/// Departments.
#[derive(Debug, Args)]
pub(super) struct Department {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    operator: OperatorArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Register a department with its keys and powers; registrars approve it.
    Add {
        /// One `[[departments]]` of a plan (TOML): slug, code, name, region, powers.
        file: PathBuf,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
    },
    /// The departments that are registered.
    List,
}

/// The part of a plan that is about departments. What each member may say is the service's to judge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    departments: Vec<Value>,
}

impl Department {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Add { file, dry_run } => {
                let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
                let plan: Plan = toml::from_str(&text).with_context(|| file.display().to_string())?;
                let [department] = plan.departments.as_slice() else {
                    return Err(anyhow!(
                        "{}: {} departments; one ceremony registers one: give each a file of its own",
                        file.display(),
                        plan.departments.len()
                    ));
                };
                let service = self.operator.service(out.lang)?;
                ceremony::begin(&service, &json!({"department": department}), dry_run, out)
            }
            Verb::List => {
                let answer = self.operator.public(out.lang)?.get("/v1/departments")?;
                let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
                out.result(&answer, |lang| {
                    let name = lang.choose("zh", "en");
                    let row = |item: &Value| {
                        let text =
                            |path: &str| item.pointer(path).and_then(Value::as_str).unwrap_or_default();
                        let ended = if item.get("ended").is_some_and(|ended| !ended.is_null()) {
                            lang.choose("\t已注销", "\twithdrawn")
                        } else {
                            ""
                        };
                        let name = text(&format!("/name/{name}")).to_owned();
                        format!(
                            "{}\t{}\t{}\t{name}{ended}",
                            text("/department"),
                            text("/code"),
                            text("/region")
                        )
                    };
                    items.iter().map(row).collect::<Vec<_>>().join("\n")
                })?;
                Ok(if items.is_empty() { Exit::NotFound } else { Exit::Good })
            }
        }
    }
}
