//! `vidimus matter …`: matters (一件事) as departments take them: what there is, one application for all of it, its progress,
//! the next step of a part, and its end. Not here: the cases that come of it (`case`), and every rule, which is the
//! service's.

mod told;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::case::read;
use super::exit::Exit;
use super::operator::{CallerArgs, Service};
use super::output::Output;
use crate::values::identifiers::Handle;

/// Where matters are.
const PATH: &str = "/v1/matters";

/// Matters: what there is, apply, show, supply, withdraw, decline.
#[derive(Debug, Args)]
pub(super) struct Matter {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    caller: CallerArgs,
    /// All checks, and nothing else; of an application also what is still asked.
    #[arg(long, global = true)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What can be applied for; or with --waiting the applications that wait for the department.
    List {
        /// Applications with a part that waits for the department.
        #[arg(long)]
        waiting: bool,
    },
    /// 一件事申请: apply for everything that a matter takes, a JSON file as `POST /v1/matters` takes it.
    Apply {
        /// The application; - is stdin.
        application: PathBuf,
    },
    /// How far an application has come.
    Show {
        /// The application.
        matter: Handle,
    },
    /// Take the next step of a part that waits.
    Supply {
        /// The application.
        matter: Handle,
        /// The part: slug or type code.
        #[arg(value_name = "TYPE")]
        licence_type: String,
        /// What the department adds, a JSON file; - is stdin. Left out: nothing.
        supplied: Option<PathBuf>,
    },
    /// The applicant wants it no more, or one part of it; at the window that took it.
    Withdraw {
        /// The application.
        matter: Handle,
        /// One part: slug or type code. Left out: all of it.
        #[arg(long = "type", value_name = "TYPE")]
        licence_type: Option<String>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// 不予办理: the department does not take up a part that waits for it.
    Decline {
        /// The application.
        matter: Handle,
        /// The part: slug or type code.
        #[arg(value_name = "TYPE")]
        licence_type: String,
        /// Why; the applicant reads it.
        #[arg(long)]
        reason: String,
    },
}

impl Matter {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let service = self.caller.service(out.lang)?;
        let dry_run = if self.dry_run { "?dry_run=true" } else { "" };
        let (path, body) = match self.verb {
            Verb::List { waiting: false } => {
                let items = pages(&service, PATH)?;
                return listed(out, &items, told::offered);
            }
            Verb::List { waiting: true } => {
                let items = pages(&service, &format!("{PATH}/waiting"))?;
                return listed(out, &items, told::list);
            }
            Verb::Show { matter } => {
                let answer = service.get(&format!("{PATH}/{matter}"))?;
                out.result(&answer, |lang| told::whole(&answer, lang))?;
                return Ok(Exit::Good);
            }
            Verb::Apply { application } => (PATH.to_owned(), read(&application)?),
            Verb::Supply { matter, licence_type, supplied } => {
                let body = supplied.as_deref().map(read).transpose()?.unwrap_or_else(|| json!({}));
                (format!("{PATH}/{matter}/licences/{licence_type}"), body)
            }
            Verb::Withdraw { matter, licence_type, reason } => {
                (format!("{PATH}/{matter}/withdraw"), json!({"type": licence_type, "reason": reason}))
            }
            Verb::Decline { matter, licence_type, reason } => {
                (format!("{PATH}/{matter}/licences/{licence_type}/decline"), json!({"reason": reason}))
            }
        };
        let answer = service.post(&format!("{path}{dry_run}"), &body)?;
        out.result(&answer, |lang| told::whole(&answer, lang))?;
        Ok(Exit::Good)
    }
}

fn listed(
    out: &Output,
    items: &[Value],
    told: fn(&[Value], crate::values::lang::Lang) -> String,
) -> anyhow::Result<Exit> {
    out.result(&json!({"items": items}), |lang| told(items, lang))?;
    Ok(if items.is_empty() { Exit::NotFound } else { Exit::Good })
}

/// All of a list, page by page.
fn pages(service: &Service, path: &str) -> anyhow::Result<Vec<Value>> {
    let (mut items, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let page = service.get(&format!("{path}{query}"))?;
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if after.is_none() {
            return Ok(items);
        }
    }
}
