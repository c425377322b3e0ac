//! The running service, as it is called from here: address, token, and answers or problems in the caller's language. Used by
//! every command that begins a ceremony or reads what only the operator may, and by those of departments and of whoever asks
//! what everybody may. Not here: what is asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use crate::values::canonical::parse_strict;
use crate::values::lang::Lang;
use crate::wiring::calling;

/// Which service, and by whose leave.
#[derive(Debug, Clone, Args)]
pub(super) struct OperatorArgs {
    /// The running service.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        default_value = "http://127.0.0.1:8080",
        env = "VIDIMUS_TO"
    )]
    to: String,
    /// The operator's token file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "./keys/dev/tokens/operator.token",
        env = "VIDIMUS_OPERATOR_TOKEN"
    )]
    token: PathBuf,
}

/// Which service, by the leave of whoever asks, where some of what is asked needs none.
#[derive(Debug, Clone, Args)]
pub(super) struct CallerArgs {
    /// The running service.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        default_value = "http://127.0.0.1:8080",
        env = "VIDIMUS_TO"
    )]
    to: String,
    /// The token file of whoever asks; left out where everybody may.
    #[arg(long, global = true, value_name = "FILE", env = "VIDIMUS_TOKEN")]
    token: Option<PathBuf>,
}

/// A service to ask.
pub(super) struct Service {
    agent: ureq::Agent,
    address: String,
    authorization: String,
    lang: Lang,
}

impl CallerArgs {
    /// The service, with the token read if there is one.
    pub(super) fn service(&self, lang: Lang) -> anyhow::Result<Service> {
        let authorization = match &self.token {
            None => String::new(),
            Some(path) => bearer(path, "the caller's token (--token)")?,
        };
        Service::new(&self.to, &authorization, lang)
    }
}

impl OperatorArgs {
    /// A service at an address, by leave of a token file.
    pub(super) fn of(to: &str, token: &Path) -> Self {
        Self { to: to.to_owned(), token: token.to_owned() }
    }

    /// The service, with the token read.
    pub(super) fn service(&self, lang: Lang) -> anyhow::Result<Service> {
        Service::new(&self.to, &bearer(&self.token, "the operator's token (--token)")?, lang)
    }

    /// The service without a token: what everybody may read.
    pub(super) fn public(&self, lang: Lang) -> anyhow::Result<Service> {
        Service::new(&self.to, "", lang)
    }
}

impl Service {
    /// The service at an address, called with an `Authorization` header, or none.
    pub(super) fn new(address: &str, authorization: &str, lang: Lang) -> anyhow::Result<Self> {
        Ok(Self {
            agent: calling::agent(Some(Duration::from_secs(120)))?,
            address: address.trim_end_matches('/').to_owned(),
            authorization: authorization.to_owned(),
            lang,
        })
    }

    /// Reads.
    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let asked = self.agent.get(format!("{}{path}", self.address));
        self.answer(self.dressed(asked).call())
    }

    /// Posts JSON.
    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let asked = self.agent.post(format!("{}{path}", self.address));
        let asked = self.dressed(asked).header("content-type", "application/json");
        self.answer(asked.send(body.to_string()))
    }

    /// Takes away.
    pub(super) fn delete(&self, path: &str) -> anyhow::Result<Value> {
        let asked = self.agent.delete(format!("{}{path}", self.address));
        self.answer(self.dressed(asked).call())
    }

    fn dressed<B>(&self, asked: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let asked = asked.header("accept-language", self.lang.tag());
        if self.authorization.is_empty() { asked } else { asked.header("authorization", &self.authorization) }
    }

    /// The JSON of an answer; a problem is told with its pointer.
    fn answer(
        &self,
        answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> anyhow::Result<Value> {
        let mut response = answered.with_context(|| {
            let unreachable =
                self.lang.choose("联系不上服务,它在运行吗?(--to)", "cannot be reached: does it run? (--to)");
            format!("{} {unreachable}", self.address)
        })?;
        let status = response.status();
        let text = response.body_mut().read_to_string()?;
        if status == ureq::http::StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let value = parse_strict(text.as_bytes());
        if status.is_success() {
            return Ok(value?);
        }
        let problem = value.unwrap_or_default();
        Err(Refused { status: status.as_u16(), text: wrong(&problem).unwrap_or(text) }.into())
    }
}

/// A problem that the service answered with.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {text}")]
pub(super) struct Refused {
    /// The status.
    pub(super) status: u16,
    /// What is wrong and where.
    pub(super) text: String,
}

/// The `Authorization` of a token file.
fn bearer(path: &Path, whose: &str) -> anyhow::Result<String> {
    let token = std::fs::read_to_string(path).with_context(|| format!("{}: {whose}", path.display()))?;
    Ok(format!("Bearer {}", token.trim()))
}

/// What is wrong and where, as a problem tells it: all of it, a line each, if it is several things.
fn wrong(problem: &Value) -> Option<String> {
    if let Some(errors) = problem.get("errors").and_then(Value::as_array) {
        return Some(errors.iter().filter_map(wrong).map(|one| format!("\n  {one}")).collect());
    }
    let said = |name: &str| problem.get(name).and_then(Value::as_str);
    let detail = said("detail")?;
    Some(match said("pointer").or_else(|| said("parameter")) {
        Some(pointer) => format!("{detail} ({pointer})"),
        None => detail.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_is_wrong_is_told() {
        let one = json!({"title": "?", "detail": "too long", "pointer": "/claims/premises"});
        assert_eq!(wrong(&one).as_deref(), Some("too long (/claims/premises)"));
        assert_eq!(wrong(&json!({"detail": "no", "parameter": "state"})).as_deref(), Some("no (state)"));
        let errors = json!([{"detail": "missing", "pointer": "/reason"}, {"detail": "late"}]);
        let several = json!({"title": "?", "detail": "missing", "pointer": "/reason", "errors": errors});
        assert_eq!(wrong(&several).as_deref(), Some("\n  missing (/reason)\n  late"));
        assert_eq!(wrong(&Value::Null), None);
    }
}
