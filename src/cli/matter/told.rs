//! Matters, and applications for them, in words. Not here: their JSON, which is the service's own.

use std::fmt::Write as _;

use serde_json::Value;

use crate::authority::PartState;
use crate::cli::columns::columns;
use crate::values::lang::Lang;

/// What can be applied for, one line each: slug, name, and the licences that it takes.
pub(super) fn offered(items: &[Value], lang: Lang) -> String {
    if items.is_empty() {
        return lang.choose("没有可申请的事项。", "Nothing can be applied for.").to_owned();
    }
    let heads = match lang {
        Lang::Zh => ["事项", "名称", "证照"],
        Lang::En => ["matter", "name", "licences"],
    };
    let row = |item: &Value| {
        let licences = item.get("licences").and_then(Value::as_array).into_iter().flatten();
        let licences: Vec<String> = licences.map(|licence| text(licence, "/type")).collect();
        vec![text(item, "/matter"), text(item, lang.choose("/name/zh", "/name/en")), licences.join(", ")]
    };
    columns(&heads, &items.iter().map(row).collect::<Vec<_>>())
}

/// Applications, each with its parts.
pub(super) fn list(items: &[Value], lang: Lang) -> String {
    if items.is_empty() {
        return lang.choose("没有待办的一件事申请。", "No application waits.").to_owned();
    }
    items.iter().map(|item| whole(item, lang)).collect::<Vec<_>>().join("\n")
}

/// An application: its parts, what is given to the applicant, what licences answered and what may still be answered.
pub(super) fn whole(matter: &Value, lang: Lang) -> String {
    let mut told =
        format!("{}  {}  {}", text(matter, "/matter"), text(matter, "/number"), text(matter, "/slug"));
    let code = matter.get("code").and_then(Value::as_str);
    if let Some(code) = code {
        let _never = write!(told, "\n{}: {code}", lang.choose("查询码", "code"));
    }
    for part in each(matter, "parts") {
        let _never = write!(told, "\n{}", self::part(part, lang));
    }
    for one in each(matter, "prefilled") {
        let (question, licence) = (text(one, "/question"), text(one, "/from/licence"));
        let value = one.get("value").filter(|value| !value.is_null()).map(ToString::to_string);
        let from = lang.choose("取自证照", "from licence");
        let _never = write!(told, "\n{question}: {}  {from} {licence}", value.unwrap_or_else(|| "–".into()));
    }
    for one in each(matter, "unanswered") {
        let must = one.get("required").and_then(Value::as_bool).unwrap_or_default();
        let word = if must { lang.choose("必填", "required") } else { lang.choose("选填", "optional") };
        let label = text(one, lang.choose("/label/zh", "/label/en"));
        let _never = write!(told, "\n{}: {word}  {label}", text(one, "/question"));
    }
    told
}

fn part(part: &Value, lang: Lang) -> String {
    let mut told = format!(
        "{}  {}  {}",
        text(part, "/type"),
        state(&text(part, "/state"), lang),
        text(part, "/department")
    );
    for (pointer, zh, en) in [
        ("/licence", "证照", "licence"),
        ("/case", "办件", "case"),
        ("/case_state", "办件状态", "case state"),
        ("/number", "办件编号", "case number"),
        ("/code", "查询码", "code"),
        ("/rating_receipt", "评价凭据", "rating receipt"),
        ("/ended/reason", "理由", "reason"),
        ("/ended/with", "随之结束", "ended with"),
    ] {
        if let Some(value) = part.pointer(pointer).and_then(Value::as_str) {
            let _never = write!(told, "  {}: {value}", lang.choose(zh, en));
        }
    }
    let waits: Vec<&str> = each(part, "waits_for").filter_map(Value::as_str).collect();
    if !waits.is_empty() {
        let _never = write!(told, "  {}: {}", lang.choose("须先取得", "comes after"), waits.join(", "));
    }
    if let Some(application) = part.get("application").filter(|application| !application.is_null()) {
        let _never = write!(told, "\n{application:#}");
    }
    told
}

fn state(state: &str, lang: Lang) -> String {
    let known = PartState::ALL.into_iter().find(|known| known.as_str() == state);
    known.map_or_else(
        || state.to_owned(),
        |known| {
            let (zh, en) = known.names();
            lang.choose(zh, en).to_owned()
        },
    )
}

fn each<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("–").to_owned()
}
