//! What a newer version of a licence type takes away from an older one: a claim that is gone, a value no longer
//! allowed, a rule that became stricter, an item shared with fewer. Whoever relies on the old may then be refused, so
//! it needs a new version. Pure. Not here: whether the files of either are good (`licence_type`), and when an older
//! version is withdrawn (the ledger).

use serde_json::{Map, Value};

use super::licence_type::{LicenceType, METADATA_FILE, SCHEMA_FILE, TYPE_FILE};
use super::metadata::written;
use super::rules::{Bilingual, Rules};

/// One thing taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    /// In which file.
    pub file: &'static str,
    /// Where in it.
    pub place: String,
    /// What, in both languages.
    pub text: Bilingual,
}

/// Says nothing about which values are allowed.
const ANNOTATIONS: &[&str] =
    &["$schema", "$comment", "title", "x-title-zh", "description", "x-description-zh", "examples"];
/// A greater number is narrower.
const LEAST: &[&str] = &["minLength", "minItems", "minimum"];
/// A smaller number is narrower.
const MOST: &[&str] = &["maxLength", "maxItems", "maximum"];

/// Everything that `new` takes away from `old`.
pub fn narrowings(old: &LicenceType, new: &LicenceType) -> Vec<Narrowing> {
    let mut found = Found::default();
    found.rules(old.rules(), new.rules());
    found.sources(old, new);
    found.schema(old.schema().json(), new.schema().json(), "");
    found.disclosure(old, new);
    found.0
}

/// Whether one schema may refuse what another takes.
pub(super) fn takes_away(old: &Value, new: &Value) -> bool {
    let mut found = Found::default();
    found.schema(old, new, "");
    !found.0.is_empty()
}

#[derive(Default)]
struct Found(Vec<Narrowing>);

impl Found {
    fn add(&mut self, file: &'static str, place: impl Into<String>, zh: &str, en: &str) {
        let text = Bilingual { zh: zh.to_owned(), en: en.to_owned() };
        self.0.push(Narrowing { file, place: place.into(), text });
    }

    fn rules(&mut self, old: &Rules, new: &Rules) {
        let (was, is) = (&old.holders, &new.holders);
        let gone = was.code_types.iter().any(|code| !is.code_types.contains(code));
        let (before, now) = (&old.validity, &new.validity);
        let longest = |days: Option<u32>| days.unwrap_or(u32::MAX);
        for (narrower, place, zh, en) in [
            (is.min > was.min, "holders.min", "持证主体至少更多", "more holders are needed"),
            (is.max < was.max, "holders.max", "持证主体至多更少", "fewer holders are allowed"),
            (gone, "holders.code_types", "不再接受某种代码", "a kind of code is no longer accepted"),
            (
                before.open_ended && !now.open_ended,
                "validity.open_ended",
                "不再允许长期",
                "长期 is no longer allowed",
            ),
            (
                longest(now.longest_days) < longest(before.longest_days),
                "validity.longest_days",
                "最长期限缩短",
                "it lasts less long",
            ),
            (
                before.begins_in_past && !now.begins_in_past,
                "validity.begins_in_past",
                "不再允许始于过去",
                "it may no longer begin in the past",
            ),
            (
                now.begins_in_future_days < before.begins_in_future_days,
                "validity.begins_in_future_days",
                "不再允许始于同样远的将来",
                "it may no longer begin as far ahead",
            ),
            (
                before.ends_in_past && !now.ends_in_past,
                "validity.ends_in_past",
                "不再允许已经届满",
                "it may no longer be over already",
            ),
            (
                before.outlives_certificate && !now.outlives_certificate,
                "validity.outlives_certificate",
                "不再允许超出签发证书的有效期",
                "it may no longer outlive its certificate",
            ),
            (
                old.approvals.direct && !new.approvals.direct,
                "approvals.direct",
                "不再即办",
                "no longer issued directly",
            ),
            (
                old.status.list && !new.status.list,
                "status.list",
                "不再有状态列表",
                "it no longer has a status",
            ),
            (
                old.issue.several_per_holder && !new.issue.several_per_holder,
                "issue.several_per_holder",
                "同一主体不再可持多份",
                "a holder may no longer have several",
            ),
        ] {
            if narrower {
                self.add(TYPE_FILE, place, zh, en);
            }
        }
        for role in &was.roles {
            let kept = is.roles.iter().find(|kept| kept.role == role.role);
            if kept.is_none_or(|kept| kept.min > role.min || kept.max < role.max) {
                let place = format!("holders.roles.{}", role.role);
                self.add(TYPE_FILE, place, "角色已取消或人数收紧", "the role is gone, or fewer may have it");
            }
        }
        let unknown = is.roles.iter().filter(|role| was.roles.iter().all(|known| known.role != role.role));
        for role in unknown.filter(|role| was.roles.is_empty() || role.min > 0) {
            let place = format!("holders.roles.{}", role.role);
            self.add(TYPE_FILE, place, "必须有的新角色", "a new role that has to be named");
        }
    }

    fn sources(&mut self, old: &LicenceType, new: &LicenceType) {
        let (was, is) = (&old.rules().sources, &new.rules().sources);
        let both = was
            .claims
            .iter()
            .filter_map(|(name, source)| Some((name.as_str(), source, is.claims.get(name)?)));
        for (name, was, is) in both.chain([("holders", &was.holders, &is.holders)]) {
            let place = format!("sources: {name}");
            if is.department != was.department {
                self.add(TYPE_FILE, &place, "数源部门变更", "another source department");
            }
            if is.sharing > was.sharing {
                self.add(TYPE_FILE, place, "共享属性收紧", "shared with fewer");
            }
        }
    }

    fn schema(&mut self, old: &Value, new: &Value, at: &str) {
        let none = Map::new();
        let (was, is) = (old.as_object().unwrap_or(&none), new.as_object().unwrap_or(&none));
        if old != new && new == &Value::Bool(false) {
            self.add(SCHEMA_FILE, at, "不再允许", "no longer allowed");
        }
        for (keyword, value) in is.iter().filter(|(keyword, value)| was.get(*keyword) != Some(*value)) {
            let before = was.get(keyword);
            let place = format!("{at}/{keyword}");
            match keyword.as_str() {
                known if ANNOTATIONS.contains(&known) => {}
                "properties" => {}
                "items" if before.is_some() => {}
                "required" => {
                    for name in missing(value, before) {
                        self.add(SCHEMA_FILE, format!("{place}: {name}"), "成为必填", "is now required");
                    }
                }
                "enum" => match before {
                    None => self.add(
                        SCHEMA_FILE,
                        place,
                        "改为只能取所列各值",
                        "only these values are allowed now",
                    ),
                    Some(before) => {
                        for gone in missing(before, Some(value)) {
                            let place = format!("{place}: {gone}");
                            self.add(SCHEMA_FILE, place, "不再允许该值", "this value is no longer allowed");
                        }
                    }
                },
                bound if LEAST.contains(&bound) => {
                    if before.and_then(Value::as_i64).is_none_or(|before| value.as_i64() > Some(before)) {
                        self.add(SCHEMA_FILE, place, "下限提高", "the least that is allowed is more");
                    }
                }
                bound if MOST.contains(&bound) => {
                    if before.and_then(Value::as_i64).is_none_or(|before| value.as_i64() < Some(before)) {
                        self.add(SCHEMA_FILE, place, "上限降低", "the most that is allowed is less");
                    }
                }
                _ => self.add(SCHEMA_FILE, place, "限制变更", "another restriction"),
            }
        }
        if let (Some(old), Some(new)) = (was.get("items"), is.get("items")) {
            self.schema(old, new, &format!("{at}/items"));
        }
        let members =
            |schema: &Map<String, Value>| schema.get("properties").and_then(Value::as_object).cloned();
        let (before, now) = (members(was).unwrap_or_default(), members(is).unwrap_or_default());
        for (name, old) in &before {
            let place = format!("{at}/properties/{name}");
            match now.get(name) {
                None => self.add(SCHEMA_FILE, place, "信息项已删除", "the claim is gone"),
                Some(new) => self.schema(old, new, &place),
            }
        }
    }

    fn disclosure(&mut self, old: &LicenceType, new: &LicenceType) {
        for claim in old.metadata().claims() {
            let path: Vec<Option<&str>> = claim.path.iter().map(Option::as_deref).collect();
            if new.metadata().claim(&path).is_some_and(|now| now.sd != claim.sd) {
                let place = format!("{} sd", written(path));
                self.add(METADATA_FILE, place, "可否选择披露变更", "whether it can be withheld changes");
            }
        }
    }
}

/// The members of one list that another does not have.
fn missing(list: &Value, other: Option<&Value>) -> Vec<String> {
    let items = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
    let other = items(other);
    let gone = items(Some(list)).into_iter().filter(|item| !other.contains(item));
    gone.map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edited, file_of};
    use super::*;

    fn built_in(folder: &str) -> LicenceType {
        LicenceType::from_files(&|name| file_of(folder, name)).unwrap()
    }

    #[test]
    fn nothing_is_taken_from_itself() {
        let catalogue = super::super::Catalogue::built_in().unwrap();
        for licence_type in catalogue.iter() {
            assert_eq!(narrowings(licence_type, licence_type), []);
        }
    }

    #[test]
    fn what_is_narrower_one_way_is_wider_the_other() {
        for (folder, file, from, to, place) in [
            ("driving-licence/1", SCHEMA_FILE, "\"C6\",", "", "/properties/classes/items/enum: C6"),
            (
                "driving-licence/1",
                SCHEMA_FILE,
                "\"maxItems\": 17",
                "\"maxItems\": 5",
                "/properties/classes/maxItems",
            ),
            (
                "driving-licence/1",
                SCHEMA_FILE,
                "\"maxLength\": 1024",
                "\"maxLength\": 9",
                "/properties/address/maxLength",
            ),
            ("driving-licence/1", TYPE_FILE, "\"999\"", "\"111\"", "holders.code_types"),
            (
                "driving-licence/1",
                TYPE_FILE,
                "begins_in_future_days = 90",
                "begins_in_future_days = 9",
                "validity.begins_in_future_days",
            ),
            (
                "driving-licence/1",
                TYPE_FILE,
                "sharing = \"shared\"",
                "sharing = \"by-matter\"",
                "sources: first_issued",
            ),
            (
                "tax-payment/1",
                TYPE_FILE,
                "several_per_holder = true",
                "several_per_holder = false",
                "issue.several_per_holder",
            ),
            ("household-register/1", TYPE_FILE, "max = 29", "max = 28", "holders.roles.member"),
            (
                "household-register/1",
                TYPE_FILE,
                "longest_days = 366",
                "longest_days = 365",
                "validity.longest_days",
            ),
        ] {
            let (old, new) =
                (built_in(folder), LicenceType::from_files(&edited(folder, file, from, to)).unwrap());
            let found = narrowings(&old, &new);
            let places: Vec<&str> = found.iter().map(|one| one.place.as_str()).collect();
            assert_eq!(places, [place], "{from} -> {to}");
            assert!(found.iter().all(|one| one.file == file && !one.text.is_incomplete()));
            assert_eq!(narrowings(&new, &old), [], "{to} -> {from}");
        }
    }

    #[test]
    fn a_changed_form_is_narrower_both_ways() {
        let old = built_in("tax-payment/1");
        let files = edited("tax-payment/1", SCHEMA_FILE, "^-?(?:0|", "^(?:0|");
        let new = LicenceType::from_files(&files).unwrap();
        for found in [narrowings(&old, &new), narrowings(&new, &old)] {
            assert!(matches!(found.as_slice(), [one] if one.place.ends_with("/pattern")), "{found:?}");
        }
        let files = edited(
            "tax-payment/1",
            TYPE_FILE,
            "total = { department = \"tax\"",
            "total = { department = \"housing\"",
        );
        let new = LicenceType::from_files(&files).unwrap();
        assert_eq!(narrowings(&old, &new)[0].place, "sources: total");
    }

    #[test]
    fn a_claim_that_is_gone_or_required_is_said() {
        let schema = |from: &str, to: &str| {
            let mut found = Found::default();
            let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            found.schema(&json(from), &json(to), "");
            found.0.into_iter().map(|one| one.place).collect::<Vec<_>>()
        };
        let two = r#"{"required":["a"],"properties":{"a":{"type":"string"},"b":{}}}"#;
        assert_eq!(
            schema(two, r#"{"required":["a"],"properties":{"a":{"type":"string"}}}"#),
            ["/properties/b"]
        );
        assert_eq!(schema(two, &two.replace("[\"a\"]", "[\"a\",\"b\"]")), ["/required: b"]);
        assert_eq!(schema(two, &two.replace("string", "number")), ["/properties/a/type"]);
        assert_eq!(schema(two, &two.replace("\"b\":{}", "\"b\":false")), ["/properties/b"]);
        assert_eq!(schema(two, &two.replace("\"b\":{}", "\"b\":{\"enum\":[1]}")), ["/properties/b/enum"]);
        assert_eq!(
            schema(two, &two.replace("\"b\":{}", "\"b\":{\"title\":\"B\"},\"c\":{}")),
            Vec::<String>::new()
        );
    }
}
