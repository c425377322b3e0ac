//! What every command about cases goes through: one request, or the two of an officer's step, and what came of it told.
//! Not here: which commands there are.

use serde_json::{Value, json};

use super::signing::Signer;
use super::{OfficerArgs, PATH, Waiting, told, word};
use crate::cli::exit::Exit;
use crate::cli::operator::Service;
use crate::cli::output::Output;
use crate::ledger::body::CaseId;
use crate::values::time::Date;

/// What every step goes through.
pub(super) struct Steps<'a> {
    pub(super) service: &'a Service,
    pub(super) dry_run: bool,
    pub(super) out: &'a Output,
}

impl Steps<'_> {
    pub(super) fn list(
        &self,
        state: Option<&str>,
        due_before: Option<Date>,
        waiting: Option<Waiting>,
    ) -> anyhow::Result<Exit> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = Vec::new();
            query.extend(state.map(|state| format!("state={state}")));
            query.extend(due_before.map(|day| format!("due_before={day}")));
            query.extend(waiting.map(|waiting| format!("waiting={}", word(waiting))));
            query.extend(after.map(|after| format!("after={after}")));
            let page = self.service.get(&format!("{PATH}?{}", query.join("&")))?;
            items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
            after = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        let exit = if items.is_empty() { Exit::NotFound } else { Exit::Good };
        self.out.result(&json!({"items": items}), |lang| told::list(&items, lang))?;
        Ok(exit)
    }

    pub(super) fn answer(&self, case: &CaseId, letter: u32, text: &str) -> anyhow::Result<Exit> {
        let dry_run = if self.dry_run { "?dry_run=true" } else { "" };
        let path = format!("{PATH}/{case}/answers{dry_run}");
        let answer = self.service.post(&path, &json!({"letter": letter, "text": text}))?;
        self.out.result(&answer, |lang| told::letter(&answer, lang))?;
        Ok(Exit::Good)
    }

    /// A step that the department takes.
    pub(super) fn step(&self, case: &CaseId, step: &str, body: &Value) -> anyhow::Result<Exit> {
        self.post(&format!("{PATH}/{case}/{step}"), body)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Exit> {
        let path = if self.dry_run { format!("{path}?dry_run=true") } else { path.to_owned() };
        let answer = self.service.post(&path, body)?;
        self.out.result(&answer, |lang| told::step(&answer, lang))?;
        Ok(Exit::Good)
    }

    /// A step that an officer takes: prepared, told, signed.
    pub(super) fn sign(
        &self,
        case: &CaseId,
        step: &str,
        mut body: Value,
        officer: &OfficerArgs,
    ) -> anyhow::Result<Exit> {
        let signer = Signer::load(&officer.officer, officer.passphrase_file.as_deref())?;
        if let Some(members) = body.as_object_mut() {
            members.insert("officer".into(), json!(signer.id()));
        }
        let path = format!("{PATH}/{case}/{step}");
        if self.dry_run {
            return self.post(&path, &body);
        }
        let prepared = self.service.post(&path, &body)?;
        let sign = prepared.get("sign").cloned().unwrap_or_default();
        let signature = signer.sign(&sign, case, (step, &body), self.out.lang)?;
        self.post(&path, &json!({"prepared": sign.get("prepared"), "signature": signature}))
    }

    /// An approval: what is approved is read from the credential itself, and its digest computed here.
    pub(super) fn approve(&self, case: &CaseId, officer: &OfficerArgs) -> anyhow::Result<Exit> {
        let signer = Signer::load(&officer.officer, officer.passphrase_file.as_deref())?;
        let shown = self.service.get(&format!("{PATH}/{case}"))?;
        let approvals = shown.get("approvals").cloned().unwrap_or_default();
        let (decision, signature) = signer.approve(&approvals, case, self.out.lang)?;
        let body = json!({"officer": signer.id(), "decision": decision, "signature": signature});
        self.step(case, "approvals", &body)
    }
}
