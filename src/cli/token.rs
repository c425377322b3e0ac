//! `vidimus token new|revoke|list`: who may call. Works beside a running service, which reads the table again.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use crate::authority::caller::Caller;
use crate::keyring::tokens::TokenTable;
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Clock as _;
use crate::wiring::clock::SystemClock;
use crate::wiring::entropy::SystemEntropy;

/// Tokens.
#[derive(Debug, Args)]
pub(super) struct Token {
    #[command(subcommand)]
    verb: Verb,
    /// The directory of keys.
    #[arg(long, global = true, value_name = "DIR", default_value = "./keys/dev", env = "VIDIMUS_KEYS")]
    keys: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a token; it is written to tokens/NAME.token under the keys.
    New {
        /// A department's slug, `operator` or `auditor`.
        name: Slug,
        /// The department's credit code; needed for a department.
        #[arg(long, value_name = "CODE")]
        code: Option<CreditCode>,
        /// How many days it is good for.
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Make a token worthless at once.
    Revoke {
        /// Its name or id.
        token: String,
    },
    /// All tokens, without their texts.
    List,
}

impl Token {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let table = TokenTable::load(&self.keys)?;
        let now = SystemClock.now();
        match self.verb {
            Verb::New { name, code, days } => {
                let caller = match (name.as_str(), code) {
                    ("operator", None) => Caller::Operator,
                    ("auditor", None) => Caller::Auditor,
                    ("operator" | "auditor", Some(_)) => bail!("{name} has no credit code: leave --code out"),
                    (_, Some(code)) => Caller::Department { code, slug: name.clone() },
                    (_, None) => bail!("a department's token needs its --code"),
                };
                let expires = now.plus(i64::from(days) * 86_400_000);
                let made = table.issue(&name, caller, now, expires, &SystemEntropy::new())?;
                out.result(&json!({"id": made.id, "path": made.path, "expires": expires}), |_| {
                    format!("{}\t{}\t{expires}", made.id, made.path.display())
                })?;
            }
            Verb::Revoke { token } => {
                let record = table.revoke(&token, now)?;
                out.result(&json!({"id": record.id(), "revoked": now}), |_| {
                    format!("{} {now}", record.id())
                })?;
            }
            Verb::List => {
                let records = table.list()?;
                out.result(&json!({"items": records}), |_| {
                    let rows = records.iter().map(|record| serde_json::to_string(record).unwrap_or_default());
                    rows.collect::<Vec<_>>().join("\n")
                })?;
            }
        }
        Ok(Exit::Good)
    }
}
