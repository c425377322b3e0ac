//! Everything that is wrong with a request, for who fills in a form and wants to hear it at once. Not here: the rules,
//! which are those of [`LicenceType::check`]; what hangs on a part that is wrong already is not looked at.

use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::refusal::{RequestError, RequestErrorKind, below};
use crate::catalogue::request::IssueRequest;
use crate::values::time::Date;

impl LicenceType {
    /// Whatever of the request, made on the day `today`, its type does not allow; empty exactly if it passes the check,
    /// and begins with what the check refuses.
    pub fn everything_wrong(&self, request: &IssueRequest, today: Date) -> Vec<RequestError> {
        let at = |member: &str| below(&request.pointer, member);
        let Err(first) = self.check(request, today) else { return Vec::new() };
        let mut wrong = vec![first];
        wrong.extend(request.holders.iter().filter_map(|holder| self.check_holder(holder).err()));
        let claims = self.schema().check_all(&request.claims, &at("claims"));
        if claims.is_empty() {
            wrong.extend(self.check_rows(&request.claims, request.holders.len(), &at("claims")).err());
        }
        wrong.extend(claims);
        let days = self.check_validity(request, today);
        wrong.extend(
            days.err().map(|(member, rule)| RequestError::at(at(member), RequestErrorKind::Validity(rule))),
        );
        let mut told: Vec<RequestError> = Vec::with_capacity(wrong.len());
        for error in wrong {
            if !told.contains(&error) {
                told.push(error);
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::catalogue::tests::file_of;

    fn pointers(changes: &[(&str, Value)]) -> Vec<String> {
        let food = LicenceType::from_files(&|name| file_of("food-operation-licence/1", name)).unwrap();
        let mut request = food.example().clone();
        for (pointer, value) in changes {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            request.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        let today = "2026-11-22".parse().unwrap();
        let request = IssueRequest::parse(&request).unwrap();
        let found = food.everything_wrong(&request, today);
        assert_eq!(found.first().cloned(), food.check(&request, today).err());
        found.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn everything_is_told_once_and_the_first_refusal_first() {
        assert_eq!(pointers(&[]), Vec::<String>::new());
        let changes = [
            ("/holders/0/code", json!("91430700MA4PBKBQ49")),
            ("/claims/operator_kind", json!("?")),
            ("/claims/premises", json!(" ")),
            ("/claims/items", json!([])),
            ("/valid_until", json!("2026-11-21")),
        ];
        let mut found = pointers(&changes);
        assert_eq!(found.first().map(String::as_str), Some("/holders/0/code"));
        found.sort();
        let mut expected = changes.map(|(pointer, _)| pointer);
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
