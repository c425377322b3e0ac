//! `vidimus power grant|withdraw|list`: which department may issue what, and who answers for it. Granting and withdrawing
//! begin a ceremony; the list is everybody's to read. Not here: whether a power may be granted, which the service says.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::ceremony;
use super::columns::columns;
use super::exit::Exit;
use super::operator::{OperatorArgs, Service};
use super::output::Output;
use crate::catalogue::Responsibility;
use crate::values::identifiers::{Region, Slug};
use crate::values::lang::Lang;
use crate::values::time::{Date, Time};
use crate::wiring::told::Told;

/// Powers.
#[derive(Debug, Args)]
pub(super) struct Power {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Let a registered department issue a licence type; registrars approve it.
    Grant(Grant),
    /// End a power; what was issued while it stood is not touched. Registrars approve it.
    Withdraw(Withdraw),
    /// The power list: who may issue what, where, on what basis, and who answers for it.
    List(List),
}

#[derive(Debug, Args)]
struct Grant {
    /// The department, by slug or credit code.
    department: String,
    /// Legal basis and responsibility (TOML): `basis` and `responsibility` of one power, or several `[[powers]]`,
    /// each as in a plan.
    #[arg(long)]
    file: PathBuf,
    /// The licence type, where the file does not name it.
    #[arg(long = "type", value_name = "TYPE")]
    licence_type: Option<Slug>,
    /// Where (GB/T 2260); without it the department's region.
    #[arg(long, value_name = "CODE")]
    region: Option<Region>,
    /// The first day; without it today.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last day; without it until withdrawn.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// Only check it.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    operator: OperatorArgs,
}

#[derive(Debug, Args)]
struct Withdraw {
    /// The power's id; or with --type the department, by slug or credit code.
    #[arg(value_name = "POWER|DEPARTMENT")]
    which: String,
    /// The licence type that the department may no longer issue.
    #[arg(long = "type", value_name = "TYPE")]
    licence_type: Option<Slug>,
    /// Where, if it has the power in several regions.
    #[arg(long, value_name = "CODE", requires = "licence_type")]
    region: Option<Region>,
    /// Only check it.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    operator: OperatorArgs,
}

#[derive(Debug, Args)]
struct List {
    /// As it stood then: YYYY-MM-DDTHH:MM:SS.mmmZ.
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// Only this department's, by slug or credit code.
    #[arg(long)]
    department: Option<String>,
    /// The running service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
    from: String,
}

impl Power {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::Grant(grant) => grant.run(out),
            Verb::Withdraw(withdraw) => withdraw.run(out),
            Verb::List(list) => list.run(out),
        }
    }
}

impl Grant {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let mut powers = read(&self.file)?;
        let said = [
            ("type", self.licence_type.map(|slug| slug.to_string())),
            ("region", self.region.map(|region| region.to_string())),
            ("from", self.from.map(|day| day.to_string())),
            ("until", self.until.map(|day| day.to_string())),
        ];
        for (name, value) in said.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            for power in &mut powers {
                let before = power.insert(name.to_owned(), json!(value));
                if let Some(other) = before.filter(|before| *before != json!(value)) {
                    let file = self.file.display();
                    return Err(Told::new(
                        format!("{file} 中的 {name} 是 {other},与 --{name} {value} 不符:请只写一处"),
                        format!("{file} says {name} is {other}, --{name} says {value}: say it in one place"),
                    )
                    .into());
                }
            }
        }
        let wish = json!({"grant_powers": {"department": self.department, "powers": powers}});
        ceremony::begin(&self.operator.service(out.lang)?, &wish, self.dry_run, out)
    }
}

/// The powers of a file. What each member may say is the service's to judge.
fn read(file: &Path) -> anyhow::Result<Vec<Map<String, Value>>> {
    /// Several, in the form of a plan.
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Several {
        powers: Vec<Map<String, Value>>,
    }
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let said: Map<String, Value> = toml::from_str(&text).with_context(|| file.display().to_string())?;
    if !said.contains_key("powers") {
        return Ok(vec![said]);
    }
    let several: Several = toml::from_str(&text).with_context(|| file.display().to_string())?;
    Ok(several.powers)
}

impl Withdraw {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let wish = match self.licence_type {
            None => json!({"power": self.which}),
            Some(slug) => json!({"department": self.which, "type": slug, "region": self.region}),
        };
        let service = self.operator.service(out.lang)?;
        ceremony::begin(&service, &json!({"withdraw_power": wish}), self.dry_run, out)
    }
}

impl List {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let at = self.at.map(|at| format!("?at={at}")).unwrap_or_default();
        let mut answer = Service::new(&self.from, "", out.lang)?.get(&format!("/v1/powers{at}"))?;
        if let (Some(items), Some(name)) =
            (answer.get_mut("items").and_then(Value::as_array_mut), &self.department)
        {
            let is = |item: &Value, member| item.get(member).and_then(Value::as_str) == Some(name.as_str());
            items.retain(|item| is(item, "department") || is(item, "department_code"));
        }
        let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        out.result(&answer, |lang| table(&items, lang))?;
        Ok(if items.is_empty() { Exit::NotFound } else { Exit::Good })
    }
}

/// A line a power, and below it on what basis and whose responsibility.
fn table(items: &[Value], lang: Lang) -> String {
    if items.is_empty() {
        return lang.choose("清单上没有这样的权力。", "The list holds no such power.").to_owned();
    }
    let heads = lang.choose(
        ["编号", "部门", "证照类型", "区域", "自", "至"],
        ["power", "department", "type", "region", "from", "until"],
    );
    let rows: Vec<_> = items.iter().map(|item| row(item, lang)).collect();
    let table = columns(&heads, &rows);
    let (head, lines) = table.split_once('\n').unwrap_or((table.as_str(), ""));
    let told = lines.lines().zip(items).map(|(line, item)| format!("{line}\n{}", grounds(item, lang)));
    std::iter::once(head.to_owned()).chain(told).collect::<Vec<_>>().join("\n")
}

fn row(item: &Value, lang: Lang) -> Vec<String> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let department = text("department").or_else(|| text("department_code"));
    let until = text("until").unwrap_or(lang.choose("长期", "no end"));
    [text("power"), department, text("type"), text("region"), text("from"), Some(until)]
        .map(|cell| cell.unwrap_or_default().to_owned())
        .to_vec()
}

fn grounds(item: &Value, lang: Lang) -> String {
    let name = lang.choose("zh", "en");
    let basis = item.pointer(&format!("/basis/{name}")).and_then(Value::as_str).unwrap_or_default();
    let responsibility = item.get("responsibility").cloned().unwrap_or_default();
    let duty = match serde_json::from_value::<Responsibility>(responsibility) {
        Err(_) => lang.choose("责任未载明", "responsibility: not said").to_owned(),
        Ok(Responsibility { office, promised, complaints }) => {
            let promised = promised.text(lang);
            lang.choose(
                format!("{},{promised};投诉:{}", office.zh, complaints.zh),
                format!("{}, {promised}; complaints: {}", office.en, complaints.en),
            )
        }
    };
    format!("    {basis}\n    {duty}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(responsibility: &Value) -> Value {
        json!({
            "power": "p-1", "department": "tax", "type": "tax-payment", "region": "430700", "from": "2026-11-22",
            "until": null, "basis": {"zh": "税收征收管理法", "en": "Tax law"}, "responsibility": responsibility,
        })
    }

    #[test]
    fn a_power_is_told_with_its_basis_and_who_answers_for_it() {
        let duty = json!({"office": {"zh": "纳税服务科", "en": "Taxpayer Service"},
            "promised": {"working_days": 1}, "complaints": {"zh": "热线", "en": "hotline"}});
        let told = table(&[item(&duty), item(&Value::Null)], Lang::En);
        let expected = "power  department  type         region  from        until\n\
                        p-1    tax         tax-payment  430700  2026-11-22  no end\n    Tax law\n    \
                        Taxpayer Service, within 1 working day; complaints: hotline\n\
                        p-1    tax         tax-payment  430700  2026-11-22  no end\n    Tax law\n    \
                        responsibility: not said";
        assert_eq!(told, expected);
        let told = table(&[item(&duty)], Lang::Zh);
        assert!(told.contains("纳税服务科,1 个工作日内办结;投诉:热线") && told.contains("长期"), "{told}");
        assert!(table(&[], Lang::En).contains("no such power"));
    }
}
