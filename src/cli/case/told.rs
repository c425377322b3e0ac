//! Cases in words. Not here: their JSON, which is the service's own.

use std::fmt::Write as _;

use serde_json::Value;

use crate::ledger::state::Stage;
use crate::values::lang::Lang;

/// What a case waits for.
fn stage(stage: &str, lang: Lang) -> &str {
    let known = Stage::ALL.into_iter().find(|known| known.as_str() == stage);
    known.map_or(stage, |known| {
        let (zh, en) = known.names();
        lang.choose(zh, en)
    })
}

/// One line a case.
pub(super) fn list(items: &[Value], lang: Lang) -> String {
    if items.is_empty() {
        return lang.choose("没有办件。", "No cases.").to_owned();
    }
    items.iter().map(|item| line(item, lang)).collect::<Vec<_>>().join("\n")
}

fn line(item: &Value, lang: Lang) -> String {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or("–");
    let due = item.pointer("/due/step/day").and_then(Value::as_str);
    let due = due.map(|day| lang.choose(format!(",期限 {day}"), format!(", due {day}"))).unwrap_or_default();
    let mut told = format!(
        "{}  {}  {}  {}{due}",
        text("case"),
        text("number"),
        text("type"),
        stage(text("state"), lang)
    );
    if let Some(letters) = item.get("letters").and_then(Value::as_u64).filter(|letters| *letters > 0) {
        let day = item.pointer("/due/letters/day").and_then(Value::as_str).unwrap_or("–");
        let _never = write!(
            told,
            "{}",
            lang.choose(
                format!(",待答复来信 {letters} 封,期限 {day}"),
                format!(", letters to answer: {letters}, due {day}"),
            )
        );
    }
    if let Some(handle) = item.get("rescind").and_then(Value::as_str) {
        let _never = write!(
            told,
            "{}",
            lang.choose(
                format!(",承诺不实,证照应予撤销:{handle}"),
                format!(", the promise was false, licence to be rescinded: {handle}"),
            )
        );
    }
    told
}

/// A letter of the applicant's and its answer.
pub(super) fn letter(letter: &Value, lang: Lang) -> String {
    let text = |pointer: &str| letter.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let kind = match text("/kind") {
        "complaint" => lang.choose("投诉", "complaint"),
        _ => lang.choose("咨询", "question"),
    };
    let number = letter.get("letter").and_then(Value::as_u64).unwrap_or_default();
    let mut told = format!("{number}  {kind}  {}  {}", text("/written"), text("/text"));
    if let Some(day) = letter.pointer("/due/day").and_then(Value::as_str) {
        let _never = write!(told, "  {} {day}", lang.choose("答复期限", "answer due"));
    }
    if letter.get("answer").is_some_and(|answer| !answer.is_null()) {
        let word = lang.choose("答复", "answer");
        let _never = write!(told, "\n   {word}  {}  {}", text("/answer/written"), text("/answer/text"));
    }
    told
}

/// A case with its steps.
pub(super) fn whole(case: &Value, lang: Lang) -> String {
    let mut told = line(case, lang);
    for step in case.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
        let outcome = step.get("outcome").and_then(Value::as_str).map(|outcome| format!(" ({outcome})"));
        let _never = write!(
            told,
            "\n{}  {}{}  {}  {}",
            text("time"),
            text("step"),
            outcome.unwrap_or_default(),
            text("officer"),
            text("words"),
        );
    }
    for one in case.get("correspondence").and_then(Value::as_array).into_iter().flatten() {
        let _never = write!(told, "\n{}", letter(one, lang));
    }
    for asked in case.pointer("/approvals/asked").and_then(Value::as_array).into_iter().flatten() {
        let department = asked.get("department").and_then(Value::as_str).unwrap_or_default();
        let given = asked.get("given").and_then(Value::as_array).map_or(0, Vec::len);
        let wanted = asked.get("officers").and_then(Value::as_u64).unwrap_or_default();
        let word = lang.choose("审批", "approvals");
        let _never = write!(told, "\n{word}  {department}  {given}/{wanted}");
    }
    told.push_str(&flags(case, lang));
    if let Some(application) = case.get("application").filter(|application| !application.is_null()) {
        let _never = write!(told, "\n{application:#}");
    }
    told
}

/// What a valid licence says otherwise.
fn flags(answer: &Value, lang: Lang) -> String {
    let flags = answer.get("flags").and_then(Value::as_array).into_iter().flatten();
    let flag = |flag: &Value| {
        let text = |name: &str| flag.get(name).and_then(Value::as_str).unwrap_or_default();
        let (pointer, fact, licence) = (text("pointer"), text("fact"), text("licence"));
        lang.choose(
            format!("\n数据打架  {pointer} ({fact})  与有效证照 {licence} 所载不同"),
            format!("\ncontradiction  {pointer} ({fact})  valid licence {licence} says otherwise"),
        )
    };
    flags.map(flag).collect()
}

/// What came of a step.
pub(super) fn step(answer: &Value, lang: Lang) -> String {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let mut told = format!("{}  {}", text("case").unwrap_or("–"), stage(text("state").unwrap_or("–"), lang));
    if let Some(index) = answer.pointer("/entry/index") {
        let _never = write!(told, "  {} {index}", lang.choose("记录", "entry"));
    }
    for (name, zh, en) in [
        ("number", "办件编号", "number"),
        ("code", "查询码", "code"),
        ("rating_receipt", "评价凭据", "rating receipt"),
    ] {
        if let Some(value) = text(name) {
            let _never = write!(told, "\n{}: {value}", lang.choose(zh, en));
        }
    }
    told.push_str(&flags(answer, lang));
    if let Some(handle) = answer.pointer("/issued/handle").and_then(Value::as_str) {
        let _never = write!(told, "\n{}: {handle}", lang.choose("证照", "licence"));
    }
    told
}
