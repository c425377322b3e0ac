//! `vidimus officer enrol|appoint|list|retire`: the officers of departments. An officer makes his own key and asks for his
//! roles; what he asks for begins a ceremony, and registrars approve it. Not here: names, which no ledger knows.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::ceremony;
use super::columns::columns;
use super::exit::Exit;
use super::operator::{OperatorArgs, Service};
use super::output::Output;
use super::own_key;
use crate::audit::prove::head;
use crate::crypto::{KeyPurpose, PrivateKey, base64url};
use crate::ledger::body::{OfficerId, Owner, Role, possession};
use crate::values::identifiers::{CreditCode, Origin};
use crate::values::lang::Lang;
use crate::values::time::{Clock as _, Date, Time};
use crate::wiring::calling;
use crate::wiring::clock::SystemClock;
use crate::wiring::told::Told;

/// How long the proof that goes with a key counts: the operator may take a month to hand it in, the registrars another
/// to sign it.
const PROOF: i64 = 62 * 24 * 3600 * 1000;

/// Officers.
#[derive(Debug, Args)]
pub(super) struct Officer {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make an officer's key and ask for his roles; with --to hand it in at once, else write it to a file for the operator.
    Enrol(Enrol),
    /// Hand in what an officer's `enrol` wrote; registrars approve it.
    Appoint {
        /// The file.
        file: PathBuf,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        operator: OperatorArgs,
    },
    /// The officers: department, roles, days and key, and whether they count.
    List(List),
    /// An officer leaves, and his key with him; what he signed counts on. Registrars approve it.
    Retire {
        /// His number.
        officer: OfficerId,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        operator: OperatorArgs,
    },
}

#[derive(Debug, Args)]
struct Enrol {
    /// The department, by slug or credit code; without --to by its credit code.
    #[arg(long)]
    department: String,
    /// intake, examiner, signer, supervisor: one or more, with commas between.
    #[arg(long, value_delimiter = ',', required = true, value_name = "ROLES", value_parser = role)]
    roles: Vec<Role>,
    /// The first day; without it the day of the ceremony.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last day; without it until he leaves.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// His number, if he is known: to change roles or days, or his key after a loss.
    #[arg(long, value_name = "OFFICER")]
    officer: Option<OfficerId>,
    /// His key (Ed25519, PKCS#8, mode 0600), which is made if the file does not exist. May be left out with --officer: he keeps his own.
    #[arg(long, value_name = "FILE", required_unless_present = "officer")]
    key: Option<PathBuf>,
    /// The passphrase of the key.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The running service, to hand it in at once.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The operator's token file, with --to.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "./keys/dev/tokens/operator.token",
        env = "VIDIMUS_OPERATOR_TOKEN"
    )]
    token: PathBuf,
    /// The ledger, where it is not asked of the service: its origin.
    #[arg(long, required_unless_present = "to", conflicts_with = "to")]
    origin: Option<Origin>,
    /// Where the request is written, without --to; must not exist.
    #[arg(long, value_name = "FILE", default_value = "officer.json")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct List {
    /// Only this department's, by slug or credit code.
    #[arg(long)]
    department: Option<String>,
    /// As it stood then: YYYY-MM-DDTHH:MM:SS.mmmZ.
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// The running service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
    from: String,
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.into_iter().find(|role| role.as_str() == text);
    known.ok_or_else(|| format!("one of {}", Role::ALL.map(Role::as_str).join(", ")))
}

impl Officer {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Enrol(enrol) => enrol.run(out),
            Verb::Appoint { file, dry_run, operator } => {
                let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
                let wish: Value =
                    serde_json::from_slice(&text).with_context(|| file.display().to_string())?;
                if wish.get("officer").is_none() {
                    return Err(Told::new(
                        format!("{} 不是 `vidimus officer enrol` 写出的文件", file.display()),
                        format!("{} is not what `vidimus officer enrol` writes", file.display()),
                    )
                    .into());
                }
                ceremony::begin(&operator.service(out.lang)?, &wish, dry_run, out)
            }
            Verb::List(list) => list.run(out),
            Verb::Retire { officer, dry_run, operator } => {
                let wish = json!({"officer_left": {"officer": officer}});
                ceremony::begin(&operator.service(out.lang)?, &wish, dry_run, out)
            }
        }
    }
}

impl Enrol {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let (origin, department) = match (&self.to, &self.origin) {
            (Some(to), _) => (origin_of(to)?, registered(to, &self.department, out.lang)?),
            (None, Some(origin)) => (origin.clone(), self.credit_code()?),
            (None, None) => return Err(anyhow!("give --to or --origin")),
        };
        let key = self.key.as_deref().map(|file| self.key(file)).transpose()?;
        let brought = key.as_ref().map(|key| proved(key, &origin, &department)).transpose()?;
        let wish = json!({"officer": {
            "department": department, "key": brought, "roles": self.roles, "from": self.from, "until": self.until,
            "officer": self.officer,
        }});
        if let Some(to) = &self.to {
            let service = OperatorArgs::of(to, &self.token).service(out.lang)?;
            return ceremony::begin(&service, &wish, false, out);
        }
        let text = serde_json::to_vec_pretty(&wish)?;
        let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(&self.out);
        opened
            .and_then(|mut opened| opened.write_all(&text))
            .with_context(|| self.out.display().to_string())?;
        let (id, file) = (key.map(|key| key.id()), self.out.display());
        out.result(&json!({"key": id, "request": self.out}), |lang| {
            lang.choose(
                format!("请把 {file} 交给运维人员,由其执行:\n  vidimus officer appoint {file}"),
                format!("Hand {file} to the operator, who runs:\n  vidimus officer appoint {file}"),
            )
        })?;
        Ok(Exit::Good)
    }

    /// The key in the file; made, where there is none.
    fn key(&self, file: &Path) -> anyhow::Result<PrivateKey> {
        let passphrase = self.passphrase_file.as_deref().map(own_key::read_passphrase).transpose()?;
        let passphrase: Option<&[u8]> = passphrase.as_ref().map(|passphrase| passphrase.as_slice());
        if file.exists() { own_key::load(file, passphrase) } else { own_key::make(file, passphrase) }
    }

    fn credit_code(&self) -> anyhow::Result<CreditCode> {
        self.department.parse().map_err(|error| {
            let (name, error): (_, <CreditCode as std::str::FromStr>::Err) = (&self.department, error);
            Told::new(
                format!("--department {name}:不经过服务时须给出统一社会信用代码({error})"),
                format!("--department {name}: without --to give its credit code ({error})"),
            )
            .into()
        })
    }
}

/// What is said of a key, with the proof that we have it.
fn proved(key: &PrivateKey, origin: &Origin, department: &CreditCode) -> anyhow::Result<Value> {
    let not_after = SystemClock.now().plus(PROOF);
    let owner = Owner::Department(department.clone());
    let claim = possession(origin, &owner, KeyPurpose::Officer, key.public(), not_after)?;
    let (spki, proof) = (base64url::encode(&key.public().spki()), base64url::encode(&key.sign(&claim)?));
    Ok(json!({"spki": spki, "not_after": not_after, "possession": proof}))
}

/// Which ledger a service keeps.
fn origin_of(service: &str) -> anyhow::Result<Origin> {
    let (_, checkpoint) = head(calling::source(service)?.as_ref())?;
    Ok(checkpoint.origin.as_str().parse()?)
}

/// The credit code of a department that is registered there.
fn registered(service: &str, name: &str, lang: Lang) -> anyhow::Result<CreditCode> {
    let answer = Service::new(service, "", lang)?.get("/v1/departments")?;
    let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let is = |item: &Value, member: &str| item.get(member).and_then(Value::as_str) == Some(name);
    let found = items.iter().find(|item| is(item, "department") || is(item, "code"));
    let code = found.and_then(|item| item.get("code")).and_then(Value::as_str);
    let code = code.ok_or_else(|| {
        Told::new(
            format!("没有在册部门 {name},请见 `vidimus department list`"),
            format!("there is no department {name}; see `vidimus department list`"),
        )
    })?;
    Ok(code.parse()?)
}

impl List {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let at = self.at.map(|at| format!("at={at}"));
        let department = self.department.map(|name| format!("department={name}"));
        let asked: Vec<String> = at.into_iter().chain(department).collect();
        let path = if asked.is_empty() { String::new() } else { format!("?{}", asked.join("&")) };
        let answer = Service::new(&self.from, "", out.lang)?.get(&format!("/v1/officers{path}"))?;
        let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        out.result(&answer, |lang| {
            if items.is_empty() {
                return lang.choose("没有经办人。", "There are no officers.").to_owned();
            }
            let heads = lang.choose(
                ["经办人", "部门", "角色", "自", "至", "密钥", "状态"],
                ["officer", "department", "roles", "from", "until", "key", "state"],
            );
            columns(&heads, &items.iter().map(|item| row(item, lang)).collect::<Vec<_>>())
        })?;
        Ok(if items.is_empty() { Exit::NotFound } else { Exit::Good })
    }
}

fn row(item: &Value, lang: Lang) -> Vec<String> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let roles = item.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
    let roles: Vec<&str> = roles.iter().filter_map(Value::as_str).collect();
    let until = text("until").unwrap_or(lang.choose("长期", "no end"));
    let state = match (item.get("in_force"), item.get("ended").is_some_and(|ended| !ended.is_null())) {
        (Some(Value::Bool(true)), _) => lang.choose("在任", "in force"),
        (_, true) => lang.choose("已离任", "left"),
        _ => lang.choose("不在任", "not in force"),
    };
    vec![
        text("officer").unwrap_or_default().to_owned(),
        text("department").or_else(|| text("department_code")).unwrap_or_default().to_owned(),
        roles.join(","),
        text("from").unwrap_or_default().to_owned(),
        until.to_owned(),
        text("key").unwrap_or_default().to_owned(),
        state.to_owned(),
    ]
}
