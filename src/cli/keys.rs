//! `vidimus keys list|rotate|retire`: the keys of a running authority (law 0, section 4).

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::ceremony;
use super::columns::columns;
use super::exit::Exit;
use super::operator::OperatorArgs;
use super::output::Output;
use crate::crypto::KeyId;
use crate::values::lang::Lang;

/// Keys.
#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    operator: OperatorArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Every key: purpose, owner, id, state, last day of its certificate, since, until, whether it lies here.
    List,
    /// Introduce a key's successor; both count until the old one is retired.
    Rotate {
        /// issuing, registry, credential, seal, status, report or checkpoint.
        #[arg(long)]
        purpose: String,
        /// The department, by slug or credit code; without it the authority's key is meant.
        #[arg(long, value_name = "DEPARTMENT")]
        department: Option<String>,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
    },
    /// End an overlap: what the key signed counts on, nothing new does.
    Retire {
        /// The key's id.
        #[arg(required_unless_present = "old")]
        key: Option<KeyId>,
        /// All keys of this purpose but the newest.
        #[arg(long, conflicts_with = "key", value_name = "PURPOSE")]
        old: Option<String>,
        /// The department whose keys are meant, with --old.
        #[arg(long, requires = "old", value_name = "DEPARTMENT")]
        department: Option<String>,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
    },
}

impl Keys {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let service = self.operator.service(out.lang)?;
        match self.verb {
            Verb::List => {
                let answer = service.get("/v1/operator/keys")?;
                let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
                out.result(&answer, |lang| {
                    let heads = lang.choose(
                        ["用途", "所有者", "编号", "状态", "证书到期", "起", "止", "私钥"],
                        ["purpose", "owner", "id", "state", "certificate", "since", "until", "held"],
                    );
                    columns(&heads, &items.iter().map(|item| row(item, lang)).collect::<Vec<_>>())
                })?;
                Ok(Exit::Good)
            }
            Verb::Rotate { purpose, department, dry_run } => {
                let wish = json!({"rotate": {"purpose": purpose, "department": department}});
                ceremony::begin(&service, &wish, dry_run, out)
            }
            Verb::Retire { key, old, department, dry_run } => {
                let wish = json!({"retire": {"key": key, "purpose": old, "department": department}});
                ceremony::begin(&service, &wish, dry_run, out)
            }
        }
    }
}

fn row(item: &Value, lang: Lang) -> Vec<String> {
    let text = |path: &str| item.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let owner = item.get("department").and_then(Value::as_str).unwrap_or_else(|| text("/owner"));
    let state = match text("/state") {
        "in_force" => lang.choose("在用", "in force"),
        "overlap" => lang.choose("交接中", "overlap"),
        _ => lang.choose("已停用", "retired"),
    };
    let held = match (item.get("held"), text("/state")) {
        (Some(Value::Bool(true)), _) => lang.choose("在本机", "here"),
        _ => lang.choose("不在本机", "not here"),
    };
    let day = |path: &str| text(path).get(..10).unwrap_or("-").to_owned();
    vec![
        text("/purpose").to_owned(),
        owner.to_owned(),
        text("/key").to_owned(),
        state.to_owned(),
        day("/certificate_ends"),
        day("/since/time"),
        day("/until/time"),
        held.to_owned(),
    ]
}
