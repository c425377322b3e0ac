//! `vidimus doctor`: what is well and what is not, line by line, with what to do. Of a running service by its address, of a
//! stopped one by its directories. Exit 0 where all is well, 13 with warnings, 1 where something must be done now.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use crate::values::time::{Clock as _, Time};
use crate::wiring::calling;
use crate::wiring::clock::SystemClock;
use crate::wiring::config::{ServeArgs, ServeConfig};
use crate::wiring::doctor::{Condition, Grade, Known, Seen, examine, judge};

/// What is well and what is not, with what to do.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The data directory.
    #[arg(long, value_name = "DIR", env = "VIDIMUS_DATA")]
    data: Option<PathBuf>,
    /// The directory of keys.
    #[arg(long, value_name = "DIR", env = "VIDIMUS_KEYS")]
    keys: Option<PathBuf>,
    /// The directory of the journal.
    #[arg(long, value_name = "DIR", env = "VIDIMUS_JOURNAL")]
    journal: Option<PathBuf>,
    /// A running service. With this alone, nothing on this machine is looked at.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The operator's token: without it the service says only what it says to everybody.
    #[arg(long, value_name = "FILE", requires = "to")]
    token: Option<PathBuf>,
    /// End with 0 where there are warnings only: for health checks.
    #[arg(long)]
    lenient: bool,
    /// The configuration of the service, to be checked.
    #[arg(long, value_name = "FILE", env = "VIDIMUS_CONFIG")]
    config: Option<PathBuf>,
}

/// `GET /readyz`.
#[derive(Deserialize)]
struct Ready {
    ready: bool,
    ledger_size: u64,
    ending: Vec<ReadyEnding>,
}

#[derive(Deserialize)]
struct ReadyEnding {
    purpose: String,
    ends: Time,
}

impl Doctor {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let mut known = Known { now: Some(SystemClock.now()), ..Known::default() };
        let args = ServeArgs { config: self.config.clone(), ..ServeArgs::default() };
        let config = ServeConfig::from_args(args);
        let config = config.map_err(|error| known.configuration = Some(error.to_string())).ok();
        let here = self.to.is_none();
        let of_config =
            |pick: fn(&ServeConfig) -> &PathBuf| config.as_ref().filter(|_| here).map(pick).cloned();
        if let Some(keys) = self.keys.clone().or_else(|| of_config(|config| &config.keys)) {
            examine::keys(&keys, &mut known);
        }
        if let Some(data) = self.data.clone().or_else(|| of_config(|config| &config.data)) {
            examine::data(&data, &mut known);
        }
        let configured = config.as_ref().filter(|_| here).and_then(|config| config.journal.clone());
        if let Some(journal) = self.journal.clone().or(configured) {
            examine::journal(&journal, &mut known);
        }
        if here || !known.places.is_empty() {
            known.synchronised = examine::synchronised();
        }
        if let Some(to) = &self.to {
            self.ask(to.trim_end_matches('/'), &mut known)?;
        }
        let lines = judge(&known);
        let worst = lines.iter().map(|line| line.grade).max().unwrap_or(Grade::Ok);
        let told: Vec<_> = lines
            .iter()
            .map(|line| json!({"check": line.check, "grade": line.grade, "text": line.told.text(out.lang)}))
            .collect();
        out.result(&json!({"worst": worst, "lines": told}), |lang| {
            let line = |line: &crate::wiring::doctor::Line| {
                let grade = match line.grade {
                    Grade::Ok => lang.choose("正常", "ok  "),
                    Grade::Warn => lang.choose("注意", "warn"),
                    Grade::Fail => lang.choose("故障", "FAIL"),
                };
                format!("{grade}  {:<13} {}\n", line.check, line.told.text(lang))
            };
            lines.iter().map(line).collect()
        })?;
        Ok(match worst {
            Grade::Ok => Exit::Good,
            Grade::Warn if self.lenient => Exit::Good,
            Grade::Warn => Exit::Partial,
            Grade::Fail => Exit::Fault,
        })
    }

    /// What a service says of itself.
    fn ask(&self, address: &str, known: &mut Known) -> anyhow::Result<()> {
        let agent = calling::agent(Some(Duration::from_secs(10)))?;
        let text = |path: &str, token: Option<&str>| -> Result<(u16, String), ureq::Error> {
            let mut request = agent.get(format!("{address}{path}"));
            if let Some(token) = token {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            let mut answer = request.call()?;
            Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
        };
        let token = self.token.as_deref().map(super::backup::token).transpose()?;
        let path = if token.is_some() { "/v1/operator/condition" } else { "/readyz" };
        known.ledger = match text(path, token.as_deref()) {
            Err(error) => Seen::Unreachable(format!("{address}: {error}")),
            Ok((401 | 403, _)) => {
                Seen::Unreachable(format!("{address}: the token is not a good one of the operator"))
            }
            Ok((_, body)) if token.is_some() => match serde_json::from_str::<Condition>(&body) {
                Ok(condition) => {
                    known.tokens = condition.tokens;
                    Seen::Inside { readiness: Box::new(condition.readiness), running: true }
                }
                Err(error) => Seen::Unreachable(format!("{address}{path}: {error}")),
            },
            Ok((_, body)) => match serde_json::from_str::<Ready>(&body) {
                Ok(ready) => Seen::Outside {
                    ready: ready.ready,
                    size: ready.ledger_size,
                    ending: ready.ending.into_iter().map(|ending| (ending.purpose, ending.ends)).collect(),
                },
                Err(error) => Seen::Unreachable(format!("{address}{path}: {error}")),
            },
        };
        Ok(())
    }
}
