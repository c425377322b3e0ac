//! `vidimus proof-demand add|list|count`: which paper proofs departments still want, for what; and how many they were
//! refused. Not here: which type a text names, which the service says.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::columns::columns;
use super::exit::Exit;
use super::operator::{CallerArgs, Service};
use super::output::Output;
use crate::values::lang::Lang;

/// Where demands are.
const PATH: &str = "/v1/proof-demands";

/// Demands for proofs.
///
/// To add takes a department's token or the operator's, to list the operator's or an auditor's, to count none.
#[derive(Debug, Args)]
pub(super) struct ProofDemand {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    caller: CallerArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// State that a proof is wanted; refused where a licence proves it already.
    Add {
        /// Who wants it: slug or credit code.
        #[arg(long)]
        department: String,
        /// For what. Name the matter, not whom it is about.
        #[arg(long)]
        matter: String,
        /// The proof: in words, or the slug or code of a licence type.
        #[arg(long)]
        proof: String,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
    },
    /// What no licence proves yet, the oldest first.
    List,
    /// How many demands were refused as already proved, by type, and how many needs there are.
    Count,
}

impl ProofDemand {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let service = self.caller.service(out.lang)?;
        match self.verb {
            Verb::Add { department, matter, proof, dry_run } => {
                let query = if dry_run { "?dry_run=true" } else { "" };
                let body = json!({"department": department, "matter": matter, "proof": proof});
                let answer = service.post(&format!("{PATH}{query}"), &body)?;
                out.result(&answer, |lang| added(&answer, lang))?;
                Ok(Exit::Good)
            }
            Verb::List => {
                let items = needs(&service)?;
                out.result(&json!({"items": items}), |lang| listed(&items, lang))?;
                Ok(if items.is_empty() { Exit::NotFound } else { Exit::Good })
            }
            Verb::Count => {
                let answer = service.get(&format!("{PATH}/statistics"))?;
                out.result(&answer, |lang| counted(&answer, lang))?;
                Ok(Exit::Good)
            }
        }
    }
}

/// All of them, page by page.
fn needs(service: &Service) -> anyhow::Result<Vec<Value>> {
    let (mut items, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let page = service.get(&format!("{PATH}{query}"))?;
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if after.is_none() {
            return Ok(items);
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("–").to_owned()
}

fn added(answer: &Value, lang: Lang) -> String {
    match answer.get("need").and_then(Value::as_str) {
        Some(need) => lang.choose(format!("已记录为需求:{need}"), format!("recorded as a need: {need}")),
        None => lang.choose("尚无证照可证明", "no licence proves it yet").to_owned(),
    }
}

fn listed(items: &[Value], lang: Lang) -> String {
    if items.is_empty() {
        return lang.choose("没有需求。", "No needs.").to_owned();
    }
    let heads = match lang {
        Lang::Zh => ["时间", "部门", "事项", "证明"],
        Lang::En => ["time", "department", "matter", "proof"],
    };
    let row = |item: &Value| {
        ["/recorded_at", "/department", "/matter", "/proof"].map(|name| text(item, name)).to_vec()
    };
    columns(&heads, &items.iter().map(row).collect::<Vec<_>>())
}

fn counted(answer: &Value, lang: Lang) -> String {
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    let row = |item: &Value| {
        let name = text(item, lang.choose("/name/zh", "/name/en"));
        vec![text(item, "/type"), name, number(item, "refused").to_string()]
    };
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (refused, needs) = (number(answer, "refused"), number(answer, "needs"));
    let sum = lang.choose(
        format!("因已有证照可证明而拒绝 {refused} 次;尚无证照可证明的需求 {needs} 项"),
        format!("refused because a licence proves it: {refused}; proved by no licence yet: {needs}"),
    );
    if items.is_empty() {
        return sum;
    }
    let heads = match lang {
        Lang::Zh => ["类型", "名称", "拒绝"],
        Lang::En => ["type", "name", "refused"],
    };
    format!("{}\n{sum}", columns(&heads, &items.iter().map(row).collect::<Vec<_>>()))
}
