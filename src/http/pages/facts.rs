//! What a licence says, as labels and values: holders with their roles, claims, and the rows of lists, in the order and
//! under the labels of its type. What is withheld is not there. Not here: what may be withheld, and any judgement.

use serde_json::{Map, Value};

use super::wording::{day, days_left, written_day};
use crate::catalogue::{ClaimMetadata, LicenceType};
use crate::http::HttpState;
use crate::values::lang::Lang;
use crate::values::time::{Date, Time};

/// A label and what stands behind it.
pub struct Fact {
    /// In the page's language.
    pub label: String,
    /// As disclosed.
    pub value: String,
}

/// A label and a value.
pub fn fact(label: &str, value: String) -> Fact {
    Fact { label: label.to_owned(), value }
}

/// From when until when.
pub fn term(lang: Lang, from: Option<String>, until: Option<String>) -> [Fact; 2] {
    let open = lang.choose("长期", "No end").to_owned();
    [
        fact(lang.choose("有效期自", "Valid from"), written_day(lang, &from.unwrap_or_default())),
        fact(lang.choose("有效期至", "Valid until"), until.map_or(open, |until| written_day(lang, &until))),
    ]
}

/// That a licence which is valid today ends soon, and with whom it is renewed; `None` where it does not.
pub fn ending(state: &HttpState, lang: Lang, last: Option<Date>, issuer: &str) -> Option<String> {
    let last = last?;
    let offset = state.authority.published().charter.offset()?;
    let left = days_left(state.clock.now().date(offset), last)?;
    let until = day(lang, last);
    Some(match left {
        0 => lang.choose(
            format!("该证照今天（{until}）到期，如需继续使用，请向{issuer}申请延续。"),
            format!("It ends today, {until}; if it is still needed, renew it with {issuer}."),
        ),
        left => lang.choose(
            format!("该证照还有 {left} 天到期（{until}），如需继续使用，请向{issuer}申请延续。"),
            format!(
                "It ends in {left} day{}, on {until}; if it is still needed, renew it with {issuer}.",
                if left == 1 { "" } else { "s" },
            ),
        ),
    })
}

/// That a licence was recorded and when, which is not when it was granted, and how far its source is trusted.
pub fn recorded(
    state: &HttpState,
    lang: Lang,
    trust: &str,
    issued_on: Option<String>,
    at: Option<Time>,
) -> Vec<Fact> {
    let published = state.authority.published();
    let recorded_on = at.zip(published.charter.offset()).map(|(at, offset)| day(lang, at.date(offset)));
    let how = lang.choose(
        format!("建账以前发放的存量证照，可信等级 {trust}"),
        format!("granted before this ledger, trust level {trust}"),
    );
    let named = [
        (lang.choose("补录", "Recorded"), Some(how)),
        (lang.choose("补录日期", "Recorded on"), recorded_on),
        (lang.choose("原发证日期", "Granted on"), issued_on.map(|day| written_day(lang, &day))),
    ];
    named.into_iter().filter_map(|(label, value)| Some(fact(label, value?))).collect()
}

/// Holders and claims under the labels of their type; of a type that is not known, under their own names.
pub fn payload(lang: Lang, known: Option<&LicenceType>, members: &Map<String, Value>) -> Vec<Fact> {
    let holders = members.get("holders").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let numbered = holders.len() > 1;
    let mut facts = Vec::new();
    for (place, holder) in holders.iter().enumerate() {
        facts.extend(holder_facts(lang, known, holder, numbered.then_some(place + 1)));
    }
    let none = Map::new();
    let claims = members.get("claims").and_then(Value::as_object).unwrap_or(&none);
    let Some(known) = known else {
        facts.extend(claims.iter().map(|(name, value)| fact(name, told(lang, value))));
        return facts;
    };
    for claim in known.metadata().claims() {
        let [Some(root), Some(name)] = claim.path.as_slice() else { continue };
        if root == "claims"
            && let Some(value) = claims.get(name)
        {
            claim_facts(lang, known, claim, value, &mut facts);
        }
    }
    facts
}

fn holder_facts(
    lang: Lang,
    known: Option<&LicenceType>,
    holder: &Value,
    number: Option<usize>,
) -> impl Iterator<Item = Fact> {
    let role = |slug: &str| {
        let roles = known.map_or(&[][..], |known| &known.rules().holders.roles);
        let named = roles.iter().find(|rule| rule.role.as_str() == slug);
        named.map_or(slug, |rule| lang.choose(&rule.name.zh, &rule.name.en)).to_owned()
    };
    let named = [
        ("name", lang.choose("持证主体", "Holder")),
        ("code", lang.choose("持证主体代码", "Holder code")),
        ("role", lang.choose("角色", "Role")),
    ];
    let facts = named.map(|(name, own)| {
        let text = holder.get(name)?.as_str()?;
        let claim = known.and_then(|known| known.metadata().claim(&[Some("holders"), None, Some(name)]));
        let label = claim.map_or(own, |claim| claim.label(lang.tag()));
        let label = number.map_or_else(|| label.to_owned(), |number| format!("{label} {number}"));
        Some(Fact { label, value: if name == "role" { role(text) } else { text.to_owned() } })
    });
    facts.into_iter().flatten()
}

/// A value is one fact, a list of values too; of a list of rows each member of each row is one.
fn claim_facts(lang: Lang, known: &LicenceType, claim: &ClaimMetadata, value: &Value, facts: &mut Vec<Fact>) {
    let label = claim.label(lang.tag());
    match value {
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            for (place, row) in rows.iter().enumerate() {
                for (member, label_of_member) in members_of_rows(lang, known, claim) {
                    let Some(value) = row.get(member) else { continue };
                    facts
                        .push(fact(&format!("{label} {} · {label_of_member}", place + 1), told(lang, value)));
                }
            }
        }
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(|value| told(lang, value)).collect();
            facts.push(fact(label, texts.join(lang.choose("、", ", "))));
        }
        value => facts.push(fact(label, told(lang, value))),
    }
}

/// The members of a claim's rows with their labels, in the order of the metadata.
fn members_of_rows<'t>(
    lang: Lang,
    known: &'t LicenceType,
    claim: &ClaimMetadata,
) -> impl Iterator<Item = (&'t str, &'t str)> {
    known.metadata().claims().iter().filter_map(move |member| match member.path.as_slice() {
        [rows @ .., None, Some(name)] if *rows == *claim.path => {
            Some((name.as_str(), member.label(lang.tag())))
        }
        _ => None,
    })
}

fn told(lang: Lang, value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| written_day(lang, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use serde_json::json;

    fn shown(lang: Lang, slug: &str, members: &Value) -> Vec<String> {
        let catalogue = Catalogue::built_in().unwrap();
        let facts = payload(lang, catalogue.find(slug).map(AsRef::as_ref), members.as_object().unwrap());
        facts.into_iter().map(|fact| format!("{}={}", fact.label, fact.value)).collect()
    }

    #[test]
    fn rows_and_roles_are_named_and_what_is_withheld_is_not_there() {
        let members = json!({
            "holders": [{"name": "甲", "code_type": "111", "role": "spouse"}, {"code_type": "111", "role": "spouse"}],
            "claims": {"registered_on": "2020-05-20", "parties": [
                {"holder": 2, "sex": "男", "nationality": "中国", "birth_date": "1880-01-01"},
            ]},
        });
        let expected = [
            "持证主体 1=甲",
            "角色 1=配偶",
            "角色 2=配偶",
            "登记日期=2020年5月20日",
            "当事人 1 · 持证主体序号=2",
            "当事人 1 · 性别=男",
            "当事人 1 · 国籍=中国",
            "当事人 1 · 出生日期=1880年1月1日",
        ];
        assert_eq!(shown(Lang::Zh, "marriage-registration", &members), expected);
        assert!(shown(Lang::En, "marriage-registration", &members).contains(&"Role 1=Spouse".to_owned()));
    }

    #[test]
    fn lists_of_values_stand_in_one_line_and_an_unknown_type_under_its_own_names() {
        let members = json!({"holders": [{"name": "甲", "code": "X"}], "claims": {"classes": ["C1", "E"]}});
        assert_eq!(
            shown(Lang::En, "driving-licence", &members),
            ["Holder=甲", "Holder's code=X", "Vehicle classes=C1, E"]
        );
        assert_eq!(
            shown(Lang::Zh, "no-such-type", &members),
            ["持证主体=甲", "持证主体代码=X", "classes=[\"C1\",\"E\"]"]
        );
    }
}
