//! The service as a department calls it: rows in batches, its own licences page by page. Not here: what a command makes
//! of the answers.

use std::io::BufRead as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::values::canonical::parse_strict;
use crate::values::lang::Lang;
use crate::wiring::calling;

/// The way to the service, with a token.
pub(super) struct Issuer {
    agent: ureq::Agent,
    address: String,
    authorization: String,
    lang: Lang,
}

impl Issuer {
    /// A department that calls this address with the token in this file.
    pub(super) fn new(address: &str, token: &Path, lang: Lang) -> anyhow::Result<Self> {
        let token = std::fs::read_to_string(token).with_context(|| token.display().to_string())?;
        Ok(Self {
            agent: calling::agent(Some(Duration::from_secs(120)))?,
            address: address.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {}", token.trim()),
            lang,
        })
    }

    /// Sends requests as a batch: one answer each, in order.
    pub(super) fn batch<'r>(&self, requests: impl Iterator<Item = &'r Value>) -> anyhow::Result<Vec<Value>> {
        let mut body = String::new();
        let mut sent = 0_usize;
        for request in requests {
            body.push_str(&request.to_string());
            body.push('\n');
            sent += 1;
        }
        let address = format!("{}/v1/licences/batch?brief=true", self.address);
        let mut response = self
            .agent
            .post(&address)
            .header("authorization", &self.authorization)
            .header("content-type", "application/x-ndjson")
            .header("accept-language", self.lang.tag())
            .send(body)
            .with_context(|| format!("{address} cannot be reached; {AGAIN}"))?;
        refuse_problem(&address, &mut response)?;
        let lines = std::io::BufReader::new(response.body_mut().as_reader()).lines();
        let answers = lines.map(|line| Ok(parse_strict(line?.as_bytes())?));
        let answers: Vec<Value> = answers
            .collect::<anyhow::Result<_>>()
            .with_context(|| format!("the answer of {address} broke off; {AGAIN}"))?;
        if answers.len() != sent {
            bail!("{} answers for {sent} rows; {AGAIN}", answers.len());
        }
        Ok(answers)
    }

    /// A page of the department's own licences with what they say, after the handle that a page before gave as `next`.
    pub(super) fn licences(&self, after: Option<&str>) -> anyhow::Result<(Vec<Value>, Option<String>)> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let address = format!("{}/v1/licences?content=true{after}", self.address);
        let mut response = self
            .agent
            .get(&address)
            .header("authorization", &self.authorization)
            .header("accept-language", self.lang.tag())
            .call()
            .with_context(|| format!("{address} cannot be reached"))?;
        refuse_problem(&address, &mut response)?;
        let body = response.body_mut().with_config().limit(PAGE_BYTES).read_to_vec()?;
        let mut page = parse_strict(&body).with_context(|| format!("the answer of {address}"))?;
        let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
            bail!("the answer of {address} is no page of licences");
        };
        Ok((items, page.get("next").and_then(Value::as_str).map(str::to_owned)))
    }
}

/// Rows carry the key of their content.
const AGAIN: &str = "run the same command again: nothing is entered twice";
/// Most bytes of a page.
const PAGE_BYTES: u64 = 64 << 20;

fn refuse_problem(address: &str, response: &mut ureq::http::Response<ureq::Body>) -> anyhow::Result<()> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = response.body_mut().read_to_string().unwrap_or_default();
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    let detail = problem.get("detail").and_then(Value::as_str).unwrap_or(body.as_str());
    bail!("{address} answered {status}: {detail}");
}
