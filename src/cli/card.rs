//! `vidimus card list|show|order|answer|release`: cards (黄牌、红牌), and what supervisors do about them, each with a key of his own that
//! never leaves this machine. Not here: whether a step may be taken, which the service asks of the law.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::case::{OfficerArgs, Signer};
use super::exit::Exit;
use super::operator::{CallerArgs, Service};
use super::output::Output;
use crate::ledger::body::{Body, CardNumber};
use crate::values::lang::Lang;

/// Where cards are.
const PATH: &str = "/v1/cards";

/// Cards (黄牌、红牌).
#[derive(Debug, Args)]
pub(super) struct Card {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The cards of the ledger. Everybody may read them.
    List {
        /// The running service.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
        from: String,
        /// Only those of this department: short name or credit code.
        #[arg(long)]
        department: Option<String>,
        /// Only those that are not released.
        #[arg(long)]
        open: bool,
    },
    /// One card, and what followed.
    Show {
        /// Its number.
        card: CardNumber,
        /// The running service.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", env = "VIDIMUS_TO")]
        from: String,
    },
    /// Order an answer (督办): a supervisor of another department.
    Order {
        /// The card's number.
        card: CardNumber,
        /// In so many working days, 1 to 400.
        #[arg(long, value_name = "DAYS")]
        within: u64,
        #[command(flatten)]
        step: StepArgs,
    },
    /// Say what was done (整改、责任追究): a supervisor of the card's department.
    Answer {
        /// The card's number.
        card: CardNumber,
        /// What was done.
        #[arg(long)]
        outcome: Outcome,
        #[command(flatten)]
        step: StepArgs,
    },
    /// Release a card (解除): a supervisor of another department. Whoever it stopped may sign again.
    Release {
        /// The card's number.
        card: CardNumber,
        #[command(flatten)]
        step: StepArgs,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    /// 已整改: put right.
    Corrected,
    /// 已说明理由: there was good reason.
    Explained,
    /// 责任追究: somebody was held to account.
    Accountable,
}

/// Who takes a step, and where.
#[derive(Debug, Args)]
struct StepArgs {
    #[command(flatten)]
    officer: OfficerArgs,
    #[command(flatten)]
    caller: CallerArgs,
    /// All checks, and nothing else.
    #[arg(long)]
    dry_run: bool,
}

impl Card {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::List { from, department, open } => list(&from, department.as_deref(), open, out),
            Verb::Show { card, from } => {
                let card = Service::new(&from, "", out.lang)?.get(&format!("{PATH}/{card}"))?;
                out.result(&card, |lang| whole(&card, lang))?;
                Ok(Exit::Good)
            }
            Verb::Order { card, within, step } => {
                let is = |body: &Body| matches!(body, Body::CardOrdered(body) if body.card == card && body.within == within);
                step.take(card, "order", json!({"within": within}), is, out)
            }
            Verb::Answer { card, outcome, step } => {
                let word =
                    outcome.to_possible_value().map(|word| word.get_name().to_owned()).unwrap_or_default();
                let is = |body: &Body| matches!(body, Body::CardAnswered(body) if body.card == card && body.outcome.as_str() == word);
                step.take(card, "answer", json!({"outcome": word}), is, out)
            }
            Verb::Release { card, step } => {
                let is = |body: &Body| matches!(body, Body::CardReleased(body) if body.card == card);
                step.take(card, "release", json!({}), is, out)
            }
        }
    }
}

impl StepArgs {
    /// Asks what is to be signed, signs it if it is that, and brings it back.
    fn take(
        &self,
        card: CardNumber,
        step: &str,
        mut body: Value,
        is: impl Fn(&Body) -> bool,
        out: &Output,
    ) -> anyhow::Result<Exit> {
        let service = self.caller.service(out.lang)?;
        let signer = Signer::load(&self.officer.officer, self.officer.passphrase_file.as_deref())?;
        let path = format!("{PATH}/{card}/{step}");
        let mut add =
            |name: &str, value: Value| body.as_object_mut().map(|members| members.insert(name.into(), value));
        add("officer", json!(signer.id()));
        let asked = if self.dry_run { format!("{path}?dry_run=true") } else { path.clone() };
        let mut answer = service.post(&asked, &body)?;
        if !self.dry_run {
            let sign = answer.get("sign").cloned().unwrap_or_default();
            let signature = signer.sign_as(&sign, is, out.lang)?;
            let mut add = |name: &str, value: Value| {
                body.as_object_mut().map(|members| members.insert(name.into(), value))
            };
            add("not_after", sign.get("not_after").cloned().unwrap_or_default());
            add("signature", json!(signature));
            answer = service.post(&path, &body)?;
        }
        out.result(&answer, |lang| {
            let told = answer.get("card").map(|card| whole(card, lang)).unwrap_or_default();
            match answer.get("entry").and_then(Value::as_u64) {
                Some(entry) => lang.choose(
                    format!("已入账（记录 {entry}）。\n{told}"),
                    format!("Entered ({entry}).\n{told}"),
                ),
                None => lang.choose(
                    format!("可以办理，尚未入账。\n{told}"),
                    format!("Can be done; nothing was entered.\n{told}"),
                ),
            }
        })?;
        Ok(Exit::Good)
    }
}

fn list(from: &str, department: Option<&str>, open: bool, out: &Output) -> anyhow::Result<Exit> {
    let service = Service::new(from, "", out.lang)?;
    let mut items = Vec::new();
    let mut after: Option<u64> = None;
    loop {
        let mut query = vec![format!("open={open}")];
        query.extend(department.map(|department| format!("department={department}")));
        query.extend(after.map(|after| format!("after={after}")));
        let page = service.get(&format!("{PATH}?{}", query.join("&")))?;
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Value::as_u64);
        if after.is_none() {
            break;
        }
    }
    let exit = if items.is_empty() { Exit::NotFound } else { Exit::Good };
    out.result(&json!({"items": items}), |lang| {
        if items.is_empty() {
            return lang.choose("没有牌。", "There are no cards.").to_owned();
        }
        items.iter().map(|card| line(card, lang)).collect::<Vec<_>>().join("\n")
    })?;
    Ok(exit)
}

fn text<'a>(card: &'a Value, name: &str) -> &'a str {
    card.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Number, colour, name, department, and how it stands.
fn line(card: &Value, lang: Lang) -> String {
    let number = card.get("card").and_then(Value::as_u64).unwrap_or_default();
    let name = card.pointer(lang.choose("/name/zh", "/name/en")).and_then(Value::as_str);
    let name = name.unwrap_or_else(|| text(card, "rule"));
    let (department, state) = (text(card, "department"), state(text(card, "state"), lang));
    let colour = match text(card, "colour") {
        "red" => lang.choose("红牌", "red"),
        _ => lang.choose("黄牌", "yellow"),
    };
    let due = card.get("due").and_then(Value::as_str);
    let due = due
        .map(|day| lang.choose(format!("，{day} 前答复"), format!(", answer due {day}")))
        .unwrap_or_default();
    format!("{number}  {colour}  {name}  {department}  {state}{due}")
}

fn state(word: &str, lang: Lang) -> &'static str {
    match word {
        "ordered" => lang.choose("督办中", "answer ordered"),
        "answered" => lang.choose("已答复", "answered"),
        "released" => lang.choose("已解除", "released"),
        _ => lang.choose("已亮牌", "raised"),
    }
}

fn whole(card: &Value, lang: Lang) -> String {
    let mut lines = vec![line(card, lang)];
    let about = card.get("about").map(Value::to_string).unwrap_or_default();
    let at = card.get("at").and_then(Value::as_u64).unwrap_or_default();
    lines.push(lang.choose(
        format!("  关于 {about}，由记录 {at} 引起"),
        format!("  about {about}, raised by entry {at}"),
    ));
    if card.get("stops") == Some(&Value::Bool(true)) {
        lines.push(
            lang.choose("  解除前该人员不得签批", "  this officer may not sign until it is released").into(),
        );
    }
    for step in card.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let entry = step.get("entry").and_then(Value::as_u64).unwrap_or_default();
        let said = ["outcome", "within"].into_iter().find_map(|name| step.get(name)).map(Value::to_string);
        let (time, word) = (text(step, "time"), state(text(step, "step"), lang));
        lines.push(format!("  {time}  {word} {} ({entry})", said.unwrap_or_default()));
    }
    lines.join("\n")
}
