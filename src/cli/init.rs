//! `vidimus init`: founding a real authority, in two steps, because registrars' keys are never on the server.
//!
//! 1. `init --plan FILE` makes the server's keys and writes `statements.json`: what registrars are asked to sign.
//! 2. Each registrar signs elsewhere (`vidimus registrar sign`); `init --approval FILE …` puts the signatures to the
//!    entries and appends them.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use crate::authority::Signed;
use crate::authority::founding::{Founding, FoundingRefusal, NewKeys, Site, check_plan};
use crate::authority::keyring::Keyring as _;
use crate::catalogue::AuthorityPlan;
use crate::keyring::{FileKeyring, Passphrase, Stage, stage};
use crate::values::time::Clock as _;
use crate::wiring::assembly::{assemble_with, catalogue, keep};
use crate::wiring::clock::SystemClock;
use crate::wiring::config::{ServeArgs, ServeConfig};
use crate::wiring::entropy::SystemEntropy;
use crate::wiring::eyes;
use crate::wiring::told::Told;

/// How long registrars have to sign: thirty days.
const STATEMENTS: i64 = 30 * 24 * 3600 * 1000;
/// What the first step writes beside the keys.
const STATEMENTS_FILE: &str = "statements.json";

/// Found a real authority: names, region, registrar keys, key ceremony.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The plan: names, base URL, origin, region, UTC offset, registrars, departments, powers (TOML). Without it the
    /// plan is asked for and written to ./authority.toml.
    #[arg(long, value_name = "FILE", conflicts_with = "approval")]
    plan: Option<PathBuf>,
    /// A registrar's signatures; once for each registrar. Ends the ceremony.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Whose cosignatures suffice (C2SP tlog-policy): the outside witnesses, with their addresses, and the quorum. Kept
    /// beside the keys with the ledger's key; the service asks them from then on.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["approval", "unwitnessed"])]
    quorum: Option<PathBuf>,
    /// Found without outside witnesses, which every report and page then says.
    #[arg(long, conflicts_with = "approval")]
    unwitnessed: bool,
    #[command(flatten)]
    serve: ServeArgs,
}

impl Init {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let config = ServeConfig::from_args(self.serve)?;
        if config.keys.ends_with("keys/dev") {
            bail!(
                "{} is for development: give a real authority another --keys directory",
                config.keys.display()
            );
        }
        if self.approval.is_empty() {
            let policy = policy(self.quorum.as_deref(), self.unwitnessed)?;
            let plan = match self.plan {
                Some(path) => path,
                None => ask(Path::new("authority.toml"))?,
            };
            begin(&config, &plan, &policy, out)
        } else {
            conclude(&config, &self.approval, out)
        }
    }
}

/// The policy that is to be kept: outside witnesses or none, by choice and never by oversight.
fn policy(quorum: Option<&Path>, unwitnessed: bool) -> anyhow::Result<Vec<u8>> {
    let Some(path) = quorum else {
        if unwitnessed {
            return Ok(eyes::UNWITNESSED.to_vec());
        }
        bail!(Told::new(
            "请选择外部见证：--quorum FILE（见证人及法定人数的策略，C2SP tlog-policy），或 --unwitnessed（没有外部见证，每份报告和页面都会写明）",
            "choose outside witnesses: --quorum FILE (the witnesses and their quorum, C2SP tlog-policy), or --unwitnessed (none, \
             which every report and page then says)",
        ));
    };
    let named = path.display();
    let bytes = std::fs::read(path).with_context(|| named.to_string())?;
    let policy = eyes::read_policy(path, &bytes)?;
    if policy.quorum().is_none() {
        bail!(Told::new(
            format!("{named} 没有请任何见证人（quorum none）：请写明法定人数，或改用 --unwitnessed"),
            format!("{named} asks for no witness (quorum none): name a quorum, or say --unwitnessed"),
        ));
    }
    if let Some(log) = policy.logs().first() {
        let key = &log.key;
        bail!(Told::new(
            format!(
                "{named} 属于另一个账本 {key}：本账本的密钥现在才生成，请去掉 log 行，保存的策略会写上它"
            ),
            format!(
                "{named} is for another ledger, {key}: this ledger's key is only made now. Leave the log line out; the policy \
                 that is kept will have it"
            ),
        ));
    }
    Ok(bytes)
}

/// Makes the server's keys and what registrars sign.
fn begin(config: &ServeConfig, plan: &Path, policy: &[u8], out: &Output) -> anyhow::Result<Exit> {
    let text = std::fs::read_to_string(plan).with_context(|| plan.display().to_string())?;
    let plan = AuthorityPlan::parse(&text).with_context(|| plan.display().to_string())?;
    if plan.registrars.is_empty() {
        bail!(Told::new(
            "计划没有写明登记人(registrars):登记人的密钥由其本人在别处生成(`vidimus registrar new`)",
            "the plan names no registrars: a real authority's registrars make their keys elsewhere (`vidimus registrar new`)",
        ));
    }
    let missing = |field: &str| {
        Told::new(format!("计划没有写明 {field}"), format!("{field} is missing: the plan must name it"))
    };
    let base_url = plan.base_url.clone().ok_or_else(|| missing("base_url"))?;
    if let Some(given) = config.public_url.as_ref().filter(|given| **given != base_url) {
        bail!(Told::new(
            format!("--public-url {given} 与计划的 base_url {base_url} 不同"),
            format!("--public-url {given} and the plan's base_url {base_url} differ"),
        ));
    }
    let origin = plan.origin.clone().ok_or_else(|| missing("origin"))?;
    if origin.is_sample() {
        bail!(Told::new(
            format!("origin:{origin} 属于样例,请为真实机关另取一个"),
            format!("origin: {origin} is a sample's; give a real authority one of its own"),
        ));
    }
    if stage(&config.keys)? != Stage::Empty || config.data.join("db").exists() {
        let (keys, data) = (config.keys.display(), config.data.display());
        bail!(Told::new(
            format!("建立机关需要空的 --keys 和 --data;{keys} 或 {data} 不是空的"),
            format!("founding needs empty --keys and --data; {keys} or {data} is not"),
        ));
    }
    let entropy = SystemEntropy::new();
    let now = SystemClock.now();
    let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(STATEMENTS) };
    let catalogue = catalogue(config.schemas.as_deref())?;
    // Whatever can be known now is known before a key is made: registrars sign once.
    check_plan(&plan, &catalogue, &site, &entropy).map_err(|refusal| refused(&refusal))?;
    let passphrase = config.passphrase_file.as_deref().map(Passphrase::read).transpose()?;
    let keyring = FileKeyring::create(&config.keys, passphrase, &entropy)?;
    let keys = NewKeys::make(&plan, &entropy)?;
    let founding = Founding::compose(&plan, &catalogue, &keys, &site, &entropy)?;
    let statements = founding.statements()?;
    let vkey = keys.verifier_key(&origin)?;
    keyring.keep_policy(&[format!("log {vkey}\n").as_bytes(), policy].concat())?;
    let path = config.keys.join(STATEMENTS_FILE);
    std::fs::write(&path, serde_json::to_vec_pretty(&statements)?)
        .with_context(|| path.display().to_string())?;
    keep(&keyring, keys, &founding, &entropy)?;
    let count = statements.statements.len();
    out.result(&json!({"statements": path, "count": count, "quorum": plan.quorum}), |lang| {
        lang.choose(
            format!(
                "服务器密钥已生成。请每位登记人在自己的机器上对 {} 签名({count} 项):\n  vidimus registrar sign {} --key 登记人.pem > 批准.json\n然后:\n  vidimus init --keys {} --data {} --approval 批准1.json --approval 批准2.json …",
                path.display(), STATEMENTS_FILE, config.keys.display(), config.data.display()
            ),
            format!(
                "The server's keys are made. Let each registrar sign {} ({count} statements) on a machine of their own:\n  vidimus registrar sign {} --key registrar.pem > approval.json\nThen:\n  vidimus init --keys {} --data {} --approval approval-1.json --approval approval-2.json …",
                path.display(), STATEMENTS_FILE, config.keys.display(), config.data.display()
            ),
        )
    })?;
    Ok(Exit::Good)
}

/// Puts the signatures to the entries and appends them.
fn conclude(config: &ServeConfig, approvals: &[PathBuf], out: &Output) -> anyhow::Result<Exit> {
    let mut signed = Vec::with_capacity(approvals.len());
    for path in approvals {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let one: Signed = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        signed.push(one);
    }
    let passphrase = config.passphrase_file.as_deref().map(Passphrase::read).transpose()?;
    let again = passphrase.as_ref().map(|passphrase| Passphrase::from_bytes(passphrase.as_bytes()));
    {
        let keyring = FileKeyring::open(&config.keys, passphrase)?;
        let bytes = keyring.founding()?.ok_or_else(|| {
            let keys = config.keys.display();
            Told::new(
                format!("{keys} 里没有进行中的建立:请先执行 `vidimus init --plan FILE`"),
                format!("there is no founding in {keys}: begin with `vidimus init --plan FILE`"),
            )
        })?;
        let mut founding: Founding = serde_json::from_slice(&bytes)?;
        // Nothing is noted, and nothing entered, before every signature is known to be good and the law has no objection.
        let now = SystemClock.now();
        founding.check_signed(&signed, now).map_err(|refusal| refused(&refusal))?;
        founding.attach(&signed)?;
        let registry = founding.registry()?;
        let registry = keyring.key(&registry).ok_or_else(|| {
            Told::new(
                format!("密钥目录里没有登记密钥 {registry}:请放回它的文件"),
                format!("the keyring has no registry key {registry}: put its file back"),
            )
        })?;
        founding.check_law(&registry, now).map_err(|refusal| refused(&refusal))?;
        keyring.note_founding(&serde_json::to_vec(&founding)?)?;
    }
    let assembled = assemble_with(config, again)?;
    let published = assembled.authority.published();
    let origin = published.charter.origin().map(ToString::to_string);
    let size = published.range.size();
    let vkeys: Vec<String> = assembled.authority.verifier_keys().iter().map(ToString::to_string).collect();
    // What registrars signed is in the ledger now.
    let _gone = std::fs::remove_file(config.keys.join(STATEMENTS_FILE));
    out.result(&json!({"origin": origin, "size": size, "vkeys": vkeys}), |lang| {
        let origin = origin.as_deref().unwrap_or_default();
        let keys = vkeys.join("\n");
        lang.choose(
            format!("已建立 {origin},{size} 条记录。请把下面的账本公钥公布到多处:\n{keys}"),
            format!("Founded {origin}, {size} entries. Publish the ledger's verifier key in several places:\n{keys}"),
        )
    })?;
    Ok(Exit::Good)
}

fn refused(refusal: &FoundingRefusal) -> Told {
    Told::new(refusal.zh(), refusal.to_string())
}

/// Asks for the plan on a terminal and writes it, so that it can be read again and changed.
fn ask(path: &Path) -> anyhow::Result<PathBuf> {
    if !std::io::stdin().is_terminal() {
        bail!("give --plan FILE, or start on a terminal to be asked");
    }
    if path.exists() {
        bail!("{} is there already: give it as --plan, or move it away", path.display());
    }
    let mut plan = String::new();
    let mut line = |key: &str, question: &str, quote: bool| -> anyhow::Result<()> {
        let answer = prompt(question)?;
        plan.push_str(&if quote { format!("{key} = {answer:?}\n") } else { format!("{key} = {answer}\n") });
        Ok(())
    };
    line("code", "主管机关统一社会信用代码 / the authority's credit code", true)?;
    line("name.zh", "中文名称 / its name in Chinese", true)?;
    line("name.en", "英文名称 / its name in English", true)?;
    line("region", "行政区划代码 / its region (GB/T 2260)", true)?;
    line("utc_offset", "时差,如 +08:00 / UTC offset, as +08:00", true)?;
    line("base_url", "对外地址 / base URL, as https://licences.example.cn", true)?;
    line("origin", "账本名称 / ledger origin, as licences.example.cn/ledger", true)?;
    line("quorum", "需要几位登记人批准 / how many registrars must approve", false)?;
    while let Some(fragment) = fragment(
        "粘贴一位登记人的 [[registrars]](`vidimus registrar possess` 的输出),空行结束;没有了就直接回车 / paste a registrar's [[registrars]], end with an empty line; Enter alone when done",
    )? {
        plan.push_str(&format!("\n{fragment}"));
    }
    while let Some(fragment) = fragment(
        "粘贴一个部门的 [[departments]](见 schemas/sample/authority.toml),空行结束;没有了就直接回车 / paste a department's [[departments]], end with an empty line; Enter alone when done",
    )? {
        plan.push_str(&format!("\n{fragment}"));
    }
    AuthorityPlan::parse(&plan).context("what was answered")?;
    std::fs::write(path, plan).with_context(|| path.display().to_string())?;
    Ok(path.to_path_buf())
}

fn prompt(question: &str) -> anyhow::Result<String> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        bail!("the answers broke off");
    }
    Ok(answer.trim().to_owned())
}

/// Lines up to an empty one; none if the first is empty.
fn fragment(question: &str) -> anyhow::Result<Option<String>> {
    writeln!(std::io::stderr(), "{question}:")?;
    let mut text = String::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok((!text.is_empty()).then_some(text))
}
