//! `vidimus ceremony list|show|approve|drop`: what waits for registrars. Commands that begin a ceremony (`department
//! add`, `power grant`, `power withdraw`, `keys rotate`, `keys retire`, `types publish`) tell how it stands with the same words.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::operator::{OperatorArgs, Service};
use super::output::Output;
use crate::authority::{CeremonyId, Signed};
use crate::values::lang::Lang;

/// Where ceremonies are.
const PATH: &str = "/v1/operator/ceremonies";

/// Ceremonies: what registrars must approve.
#[derive(Debug, Args)]
pub(super) struct Ceremony {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    operator: OperatorArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The ceremonies that are not over.
    List,
    /// One ceremony; writes its statements, for registrars to sign, to ID.json.
    Show {
        /// Its name: c-….
        id: CeremonyId,
    },
    /// Hand in registrars' signatures; enters what enough of them approved.
    Approve {
        /// What `vidimus registrar sign` wrote; once for each registrar.
        #[arg(required = true)]
        approvals: Vec<PathBuf>,
    },
    /// Drop a ceremony of which nothing is entered yet.
    Drop {
        /// Its name: c-….
        id: CeremonyId,
    },
}

impl Ceremony {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let service = self.operator.service(out.lang)?;
        match self.verb {
            Verb::List => {
                let answer = service.get(PATH)?;
                let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
                let exit = if items.is_empty() { Exit::NotFound } else { Exit::Good };
                out.result(&answer, |lang| {
                    if items.is_empty() {
                        return lang.choose("没有进行中的仪式。", "No ceremony is under way.").to_owned();
                    }
                    items.iter().map(|item| line(item, lang)).collect::<Vec<_>>().join("\n")
                })?;
                Ok(exit)
            }
            Verb::Show { id } => told(&service.get(&format!("{PATH}/{id}"))?, out),
            Verb::Approve { approvals } => approve(&service, &approvals, out),
            Verb::Drop { id } => {
                service.delete(&format!("{PATH}/{id}"))?;
                out.result(&json!({"dropped": id}), |lang| {
                    lang.choose(format!("已放弃仪式 {id}。"), format!("Ceremony {id} is dropped."))
                })?;
                Ok(Exit::Good)
            }
        }
    }
}

/// Begins a ceremony and tells how it stands.
pub(super) fn begin(service: &Service, wish: &Value, dry_run: bool, out: &Output) -> anyhow::Result<Exit> {
    if !dry_run {
        return told(&service.post(PATH, wish)?, out);
    }
    let answer = service.post(&format!("{PATH}?dry_run=true"), wish)?;
    out.result(&answer, |lang| {
        let about = answer.get("about").map(Value::to_string).unwrap_or_default();
        lang.choose(format!("可以进行,尚未进行:{about}"), format!("Can be done; nothing was done: {about}"))
    })?;
    Ok(Exit::Good)
}

fn approve(service: &Service, approvals: &[PathBuf], out: &Output) -> anyhow::Result<Exit> {
    let mut read = Vec::with_capacity(approvals.len());
    for path in approvals {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let signed: Signed = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        let id = signed.ceremony.ok_or_else(|| {
            anyhow!("{}: an approval of a founding (`vidimus init`), not of a ceremony", path.display())
        })?;
        read.push((path, id, signed));
    }
    let mut last = None;
    for (path, id, signed) in &read {
        if read.iter().any(|(other, other_id, other_signed)| {
            other != path && other_id == id && other_signed.key == signed.key
        }) {
            bail!("{}: the same registrar signed twice; each counts once", path.display());
        }
        let body = serde_json::to_value(signed)?;
        let answer = service.post(&format!("{PATH}/{id}/approvals"), &body);
        last = Some(answer.with_context(|| path.display().to_string())?);
    }
    last.map_or(Ok(Exit::Good), |answer| told(&answer, out))
}

/// How a ceremony stands, and what comes next; its statements are written where registrars must sign.
fn told(answer: &Value, out: &Output) -> anyhow::Result<Exit> {
    let done = answer.get("done") == Some(&Value::Bool(true));
    let statements = if done { None } else { write_statements(answer)? };
    let mut shown = answer.clone();
    if let Some(members) = shown.as_object_mut() {
        members.insert("statements_file".into(), json!(statements));
    }
    out.result(&shown, |lang| {
        let mut text = line(answer, lang);
        if let Some(file) = &statements {
            let file = file.display();
            text.push_str(&lang.choose(
                format!(
                    "\n请登记人在自己的机器上签名:\n  vidimus registrar sign {file} --key 登记人.pem > 批准.json\n然后:\n  vidimus ceremony approve 批准1.json 批准2.json …"
                ),
                format!(
                    "\nLet registrars sign, each on a machine of their own:\n  vidimus registrar sign {file} --key registrar.pem > approval.json\nThen:\n  vidimus ceremony approve approval-1.json approval-2.json …"
                ),
            ));
        }
        if answer.get("approvals_prove").and_then(Value::as_str) == Some("form") {
            text.push_str(lang.choose(
                "\n登记人密钥就在服务器上:这里的批准只证明形式,不证明有人批准。",
                "\nA registrar's key lies on the server: here approvals prove form, not people.",
            ));
        }
        if let Some(token) = answer.get("token_file").and_then(Value::as_str) {
            text.push_str(&lang.choose(format!("\n部门令牌在 {token}"), format!("\nThe department's token: {token}")));
        }
        text
    })?;
    Ok(Exit::Good)
}

fn line(item: &Value, lang: Lang) -> String {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, until) = (text("ceremony"), text("not_after"));
    let about = item.get("about").map(Value::to_string).unwrap_or_default();
    let count = |name: &str| item.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    let (steps, signed) = (count("statements"), count("approved_by"));
    let quorum = item.get("quorum").and_then(Value::as_u64).unwrap_or_default();
    if item.get("done") == Some(&Value::Bool(true)) {
        return lang.choose(
            format!("仪式 {id} 已完成,{steps} 条记录已入账:{about}"),
            format!("Ceremony {id} is done, {steps} entries are in the ledger: {about}"),
        );
    }
    lang.choose(
        format!("仪式 {id} 等待批准({signed}/{quorum},{until} 前有效):{about}"),
        format!("Ceremony {id} waits for approvals ({signed} of {quorum}, until {until}): {about}"),
    )
}

/// Writes what registrars sign to ID.json in the working directory.
fn write_statements(answer: &Value) -> anyhow::Result<Option<PathBuf>> {
    let Some(id) = answer.get("ceremony").and_then(Value::as_str) else { return Ok(None) };
    let items = answer.get("statements").and_then(Value::as_array).cloned().unwrap_or_default();
    let told = |item: &Value| {
        let members = ["kind", "sign", "basis"].map(|name| (name, item.get(name)));
        let told = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
        told.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>()
    };
    let statements: Vec<_> = items.iter().map(told).collect();
    let file = json!({"ceremony": id, "origin": answer.get("origin"), "statements": statements});
    let path = Path::new(&format!("{id}.json")).to_path_buf();
    std::fs::write(&path, serde_json::to_vec_pretty(&file)?).with_context(|| path.display().to_string())?;
    Ok(Some(path))
}
