//! Whether what an objection says would be right is something that a licence of the type can say. Judged by the type
//! alone: whoever hands in an objection may be somebody who is not shown the licence. Not here: whether it is right.

use serde_json::Value;

use crate::catalogue::correction::{Correction, CorrectionItem};
use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::refusal::{ClaimRule, JsonKind, RequestError, RequestErrorKind, ValidityRule};
use crate::values::identifiers::HolderCode;
use crate::values::time::Date;

/// The members of a holder.
const OF_HOLDER: [&str; 4] = ["name", "code", "code_type", "role"];

impl LicenceType {
    /// Everything in an objection that no licence of this type can say.
    pub fn wrong_in_correction(&self, correction: &Correction) -> Vec<RequestError> {
        correction.items.iter().flat_map(|item| self.wrong_in_item(item)).collect()
    }

    fn wrong_in_item(&self, item: &CorrectionItem) -> Vec<RequestError> {
        let parts: Vec<&str> = item.pointer.split('/').skip(1).collect();
        match parts.as_slice() {
            ["claims", name] if self.schema().has(name) => self.wrong_in_claim(item, name),
            ["holders", place, member] if self.has_holder(place) && OF_HOLDER.contains(member) => {
                self.wrong_in_holder(item, member).err().into_iter().collect()
            }
            ["valid_from" | "valid_until"] => day(item).err().into_iter().collect(),
            _ => vec![RequestError::rule(format!("{}/pointer", item.at), self.sayable())],
        }
    }

    /// Whether a licence of the type can have a holder at this place.
    fn has_holder(&self, place: &str) -> bool {
        let spelled = |number: &usize| number.to_string() == place;
        place.parse().ok().filter(spelled).is_some_and(|number| number < self.rules().holders.max)
    }

    /// What can be objected to.
    fn sayable(&self) -> ClaimRule {
        let claims = self.schema().claims().map(|(name, _)| format!("/claims/{name}"));
        let holder = OF_HOLDER.iter().map(|member| format!("/holders/0/{member}"));
        let days = ["/valid_from".to_owned(), "/valid_until".to_owned()];
        ClaimRule::OneOf { options: claims.chain(holder).chain(days).collect() }
    }

    /// The claim among those of the type's example, so that its own rules are asked and nobody else's claims.
    fn wrong_in_claim(&self, item: &CorrectionItem, name: &str) -> Vec<RequestError> {
        let mut claims = self.example().get("claims").and_then(Value::as_object).cloned().unwrap_or_default();
        claims.insert(name.to_owned(), item.correct.clone());
        let found = self.schema().check_all(&claims, "").into_iter();
        let about = found.filter_map(|error| {
            let beside = RequestErrorKind::InvalidClaim(ClaimRule::OutOfPlace);
            let within = error.pointer.strip_prefix('/')?.strip_prefix(name)?;
            let its = (within.is_empty() || within.starts_with('/')) && error.kind != beside;
            its.then(|| RequestError::at(format!("{}/correct{within}", item.at), error.kind.clone()))
        });
        about.collect()
    }

    fn wrong_in_holder(&self, item: &CorrectionItem, member: &str) -> Result<(), RequestError> {
        let text = text(item)?;
        let at = || format!("{}/correct", item.at);
        let allowed = &self.rules().holders.code_types;
        match member {
            "code" => {
                let fits = allowed.iter().any(|one| HolderCode::parse(*one, text).is_ok());
                let first = allowed.first().filter(|_| !fits);
                let refused = first.and_then(|one| Some((one, HolderCode::parse(*one, text).err()?)));
                refused.map_or(Ok(()), |(one, problem)| {
                    Err(RequestError::at(at(), super::holders::code_refusal(*one, text, problem)))
                })
            }
            "code_type" if !allowed.iter().any(|one| one.as_str() == text) => {
                let options = allowed.iter().map(ToString::to_string).collect();
                Err(RequestError::rule(at(), ClaimRule::OneOf { options }))
            }
            "role" => self.check_role(Some(text), at()).map(drop),
            _ => Ok(()),
        }
    }
}

fn text(item: &CorrectionItem) -> Result<&str, RequestError> {
    let at = || format!("{}/correct", item.at);
    match &item.correct {
        Value::String(text) if text.trim().is_empty() => Err(RequestError::rule(at(), ClaimRule::Empty)),
        Value::String(text) if text.chars().any(char::is_control) => {
            Err(RequestError::rule(at(), ClaimRule::ControlCharacter))
        }
        Value::String(text) => Ok(text),
        other => {
            let (expected, found) = (JsonKind::String, JsonKind::of(other));
            Err(RequestError::at(at(), RequestErrorKind::WrongType { expected, found }))
        }
    }
}

fn day(item: &CorrectionItem) -> Result<(), RequestError> {
    let parsed = text(item)?.parse::<Date>();
    parsed.map(drop).map_err(|problem| {
        let rule = ValidityRule::NoSuchDay(problem);
        RequestError::at(format!("{}/correct", item.at), RequestErrorKind::Validity(rule))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::tests::file_of;

    /// Where something is wrong in an objection to this.
    fn wrong(pointer: &str, correct: &Value) -> Vec<String> {
        let food = LicenceType::from_files(&|name| file_of("food-operation-licence/1", name)).unwrap();
        let said = json!({
            "corrects": "017f22e2-79b0-7cc3-98c4-dc0c0c073990", "reason": "有误",
            "items": [{"pointer": pointer, "correct": correct}],
        });
        let Ok(correction) = Correction::parse(&said) else { return vec!["unread".into()] };
        let mut found: Vec<String> =
            food.wrong_in_correction(&correction).into_iter().map(|error| error.pointer).collect();
        found.dedup();
        found
    }

    #[test]
    fn what_a_licence_of_the_type_can_say_can_be_right() {
        assert_eq!(wrong("/claims/premises", &json!("样例市样例路2号")), [""; 0]);
        assert_eq!(wrong("/claims/items", &json!(["热食类食品制售"])), [""; 0]);
        assert_eq!(wrong("/holders/0/name", &json!("样例市大满餐饮店")), [""; 0]);
        assert_eq!(wrong("/holders/0/code", &json!("91430700MA4PBKBQ48")), [""; 0]);
        assert_eq!(wrong("/valid_until", &json!("2028-02-29")), [""; 0]);
    }

    #[test]
    fn what_none_can_say_is_refused_where_it_stands() {
        let not_there = ["/items/0/pointer"];
        for pointer in ["", "claims/premises", "/claims", "/claims/colour", "/claims/items/0", "/holders/0"] {
            let expected = if pointer.is_empty() { ["unread"] } else { not_there };
            assert_eq!(wrong(pointer, &json!("x")), expected, "{pointer}");
        }
        assert_eq!(wrong("/holders/00/name", &json!("x")), not_there);
        assert_eq!(wrong("/holders/64/name", &json!("x")), not_there);
        let wrong_value = ["/items/0/correct"];
        assert_eq!(wrong("/claims/premises", &json!(7)), wrong_value);
        assert_eq!(wrong("/claims/premises", &json!(" ")), wrong_value);
        assert_eq!(wrong("/claims/operator_kind", &json!("?")), wrong_value);
        assert_eq!(wrong("/claims/items", &json!([])), wrong_value);
        assert_eq!(wrong("/claims/items", &json!([1])), ["/items/0/correct/0"]);
        assert_eq!(wrong("/holders/0/name", &json!(["x"])), wrong_value);
        assert_eq!(wrong("/holders/0/code", &json!("91430700MA4PBKBQ49")), wrong_value);
        assert_eq!(wrong("/holders/0/code_type", &json!("999")), wrong_value);
        assert_eq!(wrong("/holders/0/role", &json!("owner")), wrong_value);
        assert_eq!(wrong("/valid_until", &json!("2027-02-29")), wrong_value);
        assert_eq!(wrong("/claims/premises", &Value::Null), ["unread"]);
    }
}
