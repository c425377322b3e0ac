//! `vidimus token new|revoke|list`: who may call. Works beside a running service, which reads the table again.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::columns::columns;
use super::exit::Exit;
use super::operator::Service;
use super::output::Output;
use crate::authority::caller::Caller;
use crate::keyring::tokens::{TokenRecord, TokenTable};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::lang::Lang;
use crate::values::time::{Clock as _, Time};
use crate::wiring::clock::SystemClock;
use crate::wiring::entropy::SystemEntropy;
use crate::wiring::told::Told;

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
        /// The department's credit code; needed where the running service cannot be asked for it.
        #[arg(long, value_name = "CODE")]
        code: Option<CreditCode>,
        /// The running service, which says what departments are registered.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
        to: String,
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
            Verb::New { name, code, to, days } => {
                let caller = match (name.as_str(), code) {
                    ("operator", None) => Caller::Operator,
                    ("auditor", None) => Caller::Auditor,
                    ("operator" | "auditor", Some(_)) => {
                        return Err(Told::new(
                            format!("{name} 没有信用代码：请去掉 --code"),
                            format!("{name} has no credit code: leave --code out"),
                        )
                        .into());
                    }
                    (_, code) => {
                        let departments = Service::new(&to, "", out.lang)?.get("/v1/departments").ok();
                        let code = code_of(&name, code, departments.as_ref(), &to)?;
                        Caller::Department { code, slug: name.clone() }
                    }
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
                out.result(&json!({"items": records}), |lang| shown(&records, now, lang))?;
            }
        }
        Ok(Exit::Good)
    }
}

/// The credit code of a department: what the ledger says where it can be asked, else what the operator says.
fn code_of(
    name: &Slug,
    given: Option<CreditCode>,
    departments: Option<&Value>,
    to: &str,
) -> Result<CreditCode, Told> {
    let Some(departments) = departments else {
        return given.ok_or_else(|| {
            Told::new(
                format!("{to} 没有应答，查不到部门 {name}：请用 --to 给出服务地址，或用 --code 给出其信用代码"),
                format!("{to} does not answer, so the code of {name} is not known: name the service with --to, or its credit code with --code"),
            )
        });
    };
    let mut items = departments.get("items").and_then(Value::as_array).into_iter().flatten();
    let text = |item: &Value, member: &str| item.get(member).and_then(Value::as_str).map(str::to_owned);
    let found = items.find(|item| {
        text(item, "department").as_deref() == Some(name.as_str())
            && item.get("ended").is_none_or(Value::is_null)
    });
    let registered = found.and_then(|item| text(item, "code")?.parse::<CreditCode>().ok());
    let registered = registered.ok_or_else(|| {
        Told::new(
            format!("{to} 的账本上没有在册部门 {name}：请见 vidimus department list，或先登记（vidimus department add）"),
            format!("the ledger at {to} has no department {name} in force: see vidimus department list, or register it first (vidimus department add)"),
        )
    })?;
    match given.filter(|given| *given != registered) {
        None => Ok(registered),
        Some(given) => Err(Told::new(
            format!(
                "账本上 {name} 的信用代码是 {registered}，不是 {given}：请去掉 --code，或用 --to 给出正确的服务"
            ),
            format!(
                "the ledger says that {name} has the credit code {registered}, not {given}: leave --code out, or name the right service with --to"
            ),
        )),
    }
}

/// The tokens as an operator reads them.
fn shown(records: &[TokenRecord], now: Time, lang: Lang) -> String {
    let heads = lang.choose(
        ["名称", "身份", "编号", "创建", "到期", "状态"],
        ["name", "role", "id", "made", "expires", "state"],
    );
    let day = |time: Time| time.to_string().get(..10).unwrap_or_default().to_owned();
    let row = |record: &TokenRecord| {
        let role = match &record.caller {
            Caller::Operator => lang.choose("运维", "operator").to_owned(),
            Caller::Auditor => lang.choose("审计", "auditor").to_owned(),
            Caller::Department { code, .. } => {
                lang.choose(format!("部门 {code}"), format!("department {code}"))
            }
        };
        let state = match record.revoked {
            Some(revoked) => {
                lang.choose(format!("{} 吊销", day(revoked)), format!("revoked {}", day(revoked)))
            }
            None if record.expires <= now => lang.choose("已过期", "expired").to_owned(),
            None => lang.choose("有效", "good").to_owned(),
        };
        vec![record.name.to_string(), role, record.id(), day(record.created), day(record.expires), state]
    };
    columns(&heads, &records.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_ledgers_where_it_can_be_asked() {
        let code = |text: &str| text.parse::<CreditCode>().unwrap();
        let (gone, market) = (code("11430700MB00000867"), code("11430700MB0000035Y"));
        let name = |slug: &str| slug.parse::<Slug>().unwrap();
        let known = json!({"items": [
            {"department": "market-regulation", "code": market, "ended": null},
            {"department": "gone", "code": gone, "ended": {"index": 9}},
        ]});
        let of = |slug, given: Option<&CreditCode>, known| code_of(&name(slug), given.cloned(), known, "URL");
        assert_eq!(of("market-regulation", None, Some(&known)).as_ref(), Ok(&market));
        assert_eq!(of("market-regulation", Some(&market), Some(&known)).as_ref(), Ok(&market));
        assert_eq!(of("nobody", Some(&market), None).as_ref(), Ok(&market));
        assert!(of("nobody", None, None).unwrap_err().text(Lang::En).contains("--code"));
        for slug in ["nobody", "gone"] {
            let refused = of(slug, Some(&market), Some(&known)).unwrap_err();
            assert!(refused.text(Lang::Zh).contains("没有在册部门"), "{refused}");
        }
    }
}
