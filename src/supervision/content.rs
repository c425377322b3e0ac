//! 内容: what a licence lacks, and which other licences of its holder say otherwise or are one too many (缺项、数据打架、重复发证). Pure: what
//! licences say goes in, what is found comes out, so that the service, which has the vault, and an auditor with the vault find the same.
//!
//! Not here: which licences are past, and where what they say is kept.

mod places;
mod room;
mod term;

use std::collections::{BTreeMap, BTreeSet};

pub use places::Misplaced;
pub use room::{COMPARED, Room};
pub use term::Term;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rules::CardRule;
use crate::catalogue::Place;
use crate::crypto::Digest;
use crate::ledger::commitment::commitment;
use crate::values::canonical::{JsonError, to_canonical};
use crate::values::identifiers::{Handle, Slug};

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentRules {
    /// Types of which a holder is expected to have one licence on a day.
    #[serde(default)]
    single: BTreeSet<Slug>,
    #[serde(default)]
    expected: Vec<Expected>,
    #[serde(default)]
    same: Vec<Same>,
}

/// Members that a type leaves optional, and that its licences usually have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    r#type: Slug,
    at: Vec<Place>,
}

/// Places that say the same of one holder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Same {
    places: Vec<Said>,
}

/// A place in licences of a type: about their first holder, or with `of` about whom that claim names by code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    r#type: Slug,
    at: Place,
    of: Option<Place>,
}

/// A licence and what it says: `holders` and `claims`.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// Which.
    pub licence: Handle,
    /// Its type.
    pub licence_type: &'a Slug,
    /// Its days.
    pub term: Term,
    /// What it says.
    pub payload: &'a Map<String, Value>,
}

/// What a rule found. Personal by what it ties together: only its commitment is entered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ContentFinding {
    /// Where in the licence; empty where it is about all of it.
    at: String,
    /// The other licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Handle>,
    rule: CardRule,
}

impl ContentFinding {
    /// By which rule.
    pub fn rule(&self) -> CardRule {
        self.rule
    }

    /// The other licence that it is about.
    pub fn other(&self) -> Option<&Handle> {
        self.other.as_ref()
    }
}

impl<'a> Content<'a> {
    /// What a licence of a type says.
    pub fn of(licence: Handle, licence_type: &'a Slug, term: Term, payload: &'a Map<String, Value>) -> Self {
        Self { licence, licence_type, term, payload }
    }

    /// The code of its first holder.
    pub fn code(&self) -> Option<&str> {
        self.payload.get("holders")?.get(0)?.get("code")?.as_str()
    }

    fn says(&self, place: &Place) -> Option<&Value> {
        place.value(self.payload).filter(|value| value.as_str() != Some(""))
    }
}

impl ContentRules {
    /// Whether anything is looked for in licences of a type.
    pub fn concern(&self, licence_type: &Slug) -> bool {
        self.single.contains(licence_type)
            || self.expected.iter().any(|expected| expected.r#type == *licence_type)
            || self.same.iter().flat_map(|same| &same.places).any(|place| place.r#type == *licence_type)
    }

    /// The licences that one is to be compared with, by the code of who holds them and by type, and the rules that such others can bring in.
    pub fn compared(&self, licence: &Content<'_>) -> BTreeMap<(String, Slug), BTreeSet<CardRule>> {
        let mut compared: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        if let Some(code) = licence.code().filter(|_| self.single.contains(licence.licence_type)) {
            let of_its_type = (code.to_owned(), licence.licence_type.clone());
            compared.entry(of_its_type).or_default().insert(CardRule::Duplicate);
        }
        for (same, _, code) in self.said_by(licence) {
            for place in same.places.iter().filter(|place| place.of.is_none()) {
                let of_type = (code.to_owned(), place.r#type.clone());
                compared.entry(of_type).or_default().insert(CardRule::Contradiction);
            }
        }
        compared
    }

    /// What is found about a licence, beside the others that it is to be compared with.
    pub fn find(&self, licence: &Content<'_>, others: &[Content<'_>]) -> BTreeSet<ContentFinding> {
        let found = |rule, at: &Place, other| ContentFinding { at: at.to_string(), other, rule };
        let of_type = self.expected.iter().filter(|expected| expected.r#type == *licence.licence_type);
        let lacking = of_type.flat_map(|expected| &expected.at).filter(|at| licence.says(at).is_none());
        let mut all: BTreeSet<_> = lacking.map(|at| found(CardRule::MissingField, at, None)).collect();
        for (same, mine, code) in self.said_by(licence) {
            for place in same.places.iter().filter(|place| place.of.is_none()) {
                let of_holder = others
                    .iter()
                    .filter(|other| *other.licence_type == place.r#type && other.code() == Some(code));
                let contradict = of_holder.filter(|other| {
                    other.says(&place.at).is_some_and(|said| Some(said) != licence.says(&mine.at))
                });
                all.extend(
                    contradict.map(|other| found(CardRule::Contradiction, &mine.at, Some(other.licence))),
                );
            }
        }
        if self.single.contains(licence.licence_type) {
            let twice = others.iter().filter(|other| {
                other.licence_type == licence.licence_type
                    && other.term.meets(licence.term)
                    && licence.code().is_some_and(|code| other.code() == Some(code))
            });
            all.extend(twice.map(|other| ContentFinding {
                at: String::new(),
                other: Some(other.licence),
                rule: CardRule::Duplicate,
            }));
        }
        all
    }

    /// What a licence says that others say too: the places, its own, and the code of whom it is about.
    fn said_by<'r>(
        &'r self,
        licence: &'r Content<'_>,
    ) -> impl Iterator<Item = (&'r Same, &'r Said, &'r str)> {
        let places = self.same.iter().flat_map(|same| same.places.iter().map(move |place| (same, place)));
        places.filter(|(_, place)| place.r#type == *licence.licence_type).filter_map(|(same, place)| {
            licence.says(&place.at)?;
            let code = match &place.of {
                None => licence.code()?,
                Some(of) => licence.says(of)?.as_str()?,
            };
            Some((same, place, code))
        })
    }
}

/// What the ledger is told of it: the names of the rules, and a commitment under a salt that nothing else has.
pub fn told(
    found: &BTreeSet<ContentFinding>,
    licence: &Handle,
    salt: &[u8],
) -> Result<(Vec<Slug>, Digest), JsonError> {
    let rules: BTreeSet<Slug> = found.iter().filter_map(|one| one.rule.as_str().parse().ok()).collect();
    Ok((rules.into_iter().collect(), commitment(salt, licence, "content", &rows(found)?)?))
}

/// What was found, as it is committed to: ascending by canonical bytes.
pub fn rows(found: &BTreeSet<ContentFinding>) -> Result<Vec<&ContentFinding>, JsonError> {
    let written = found.iter().map(|one| Ok((to_canonical(one)?, one)));
    let mut written = written.collect::<Result<Vec<_>, JsonError>>()?;
    written.sort();
    Ok(written.into_iter().map(|(_, one)| one).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::supervision::Rules;
    use crate::values::time::Time;

    fn handle(number: u8) -> Handle {
        Handle::new(Time::MIN, [number; 10])
    }

    const ALWAYS: (&str, Option<&str>) = ("2020-01-01", None);

    fn found(
        licence: &(&str, Value),
        others: &[(&str, Value)],
    ) -> Vec<(&'static str, String, Option<Handle>)> {
        found_in(licence, ALWAYS, others, ALWAYS)
    }

    /// What is found about a licence of these days, beside others of those.
    fn found_in(
        (licence_type, payload): &(&str, Value),
        days: (&str, Option<&str>),
        others: &[(&str, Value)],
        their_days: (&str, Option<&str>),
    ) -> Vec<(&'static str, String, Option<Handle>)> {
        let term = |(from, until): (&str, Option<&str>)| Term {
            from: from.parse().unwrap(),
            until: until.map(|day| day.parse().unwrap()),
        };
        let rules = Rules::built_in().unwrap();
        let types: Vec<Slug> = others.iter().map(|(name, _)| name.parse().unwrap()).collect();
        let others: Vec<Content<'_>> = (1..)
            .zip(others.iter().zip(&types))
            .map(|(number, ((_, payload), licence_type))| Content {
                licence: handle(number),
                licence_type,
                term: term(their_days),
                payload: payload.as_object().unwrap(),
            })
            .collect();
        let licence_type = licence_type.parse().unwrap();
        let licence = Content {
            licence: handle(0),
            licence_type: &licence_type,
            term: term(days),
            payload: payload.as_object().unwrap(),
        };
        let all = rules.content().find(&licence, &others);
        all.into_iter().map(|one| (one.rule.as_str(), one.at, one.other)).collect()
    }

    fn driving(claims: &Value) -> (&'static str, Value) {
        ("driving-licence", json!({"holders": [{"name": "李样例", "code": "1"}], "claims": claims}))
    }

    fn attested(name: &str, code: &str, claims: &Value) -> (&'static str, Value) {
        ("identity-attestation", json!({"holders": [{"name": name, "code": code}], "claims": claims}))
    }

    #[test]
    fn what_is_usual_and_not_there_is_missing() {
        let whole = json!({"address": "样例路1号", "file_number": "430700000001"});
        assert_eq!(found(&driving(&whole), &[]), []);
        let missing = |at: &str| ("missing-field", format!("/claims/{at}"), None);
        let lacking = json!({"address": "", "file_number": null});
        assert_eq!(found(&driving(&lacking), &[]), [missing("address"), missing("file_number")]);
    }

    #[test]
    fn another_licence_of_the_same_holder_contradicts() {
        let said = json!({"address": "a", "file_number": "1", "sex": "男", "birth_date": "1990-01-01"});
        let contradiction = |at: &str| ("contradiction", at.to_owned(), Some(handle(1)));
        let agrees = attested("李样例", "1", &json!({"sex": "男"}));
        assert_eq!(found(&driving(&said), &[agrees]), []);
        let of_another = attested("王样例", "2", &json!({"sex": "女"}));
        assert_eq!(found(&driving(&said), &[of_another]), []);
        let differs = attested("李样列", "1", &json!({"sex": "女", "birth_date": "1990-01-01"}));
        let expected = [contradiction("/claims/sex"), contradiction("/holders/0/name")];
        assert_eq!(found(&driving(&said), &[differs]), expected);
    }

    #[test]
    fn who_is_named_by_code_is_looked_up_and_one_too_many_is_told() {
        let firm = |name: &str| {
            let claims = json!({"kind": "k", "address": "a", "legal_representative": "r", "scope": "s"});
            ("business-licence", json!({"holders": [{"name": name, "code": "91"}], "claims": claims}))
        };
        let claims =
            json!({"employer": "甲公司", "employer_code": "91", "sex": "男", "birth_date": "1990-01-01"});
        let constructor = json!({"holders": [{"name": "李样例", "code": "1"}], "claims": claims});
        let all = found(&("constructor-registration", constructor), &[firm("乙公司")]);
        assert_eq!(all, [("contradiction", "/claims/employer".to_owned(), Some(handle(1)))]);
        assert_eq!(found(&firm("甲"), &[firm("甲")]), [("duplicate", String::new(), Some(handle(1)))]);
    }

    /// A renewal that is issued ahead is not one too many, and has to say the same all the same.
    #[test]
    fn one_is_too_many_where_the_days_meet() {
        let firm = |name: &str| {
            let claims = json!({"kind": "k", "address": "a", "legal_representative": "r", "scope": "s"});
            ("business-licence", json!({"holders": [{"name": name, "code": "91"}], "claims": claims}))
        };
        let rules = |name: &str, days, theirs| -> Vec<&str> {
            found_in(&firm("甲"), days, &[firm(name)], theirs).into_iter().map(|(rule, ..)| rule).collect()
        };
        let (old, next) = (("2020-01-01", Some("2026-12-31")), ("2027-01-01", None));
        let early = ("2026-12-31", Some("2030-12-31"));
        for (days, theirs, meet) in [
            (next, old, false),
            (old, next, false),
            (early, old, true),
            (old, early, true),
            (next, early, true),
        ] {
            assert_eq!(rules("甲", days, theirs), if meet { vec!["duplicate"] } else { vec![] });
            assert!(rules("乙", days, theirs).contains(&"contradiction"));
        }
    }

    #[test]
    fn what_is_told_depends_on_the_salt_and_names_each_rule_once() {
        let one = |at: &str| ContentFinding { at: at.into(), other: None, rule: CardRule::MissingField };
        let all = BTreeSet::from([one("/claims/a"), one("/claims/b")]);
        let (rules, first) = told(&all, &handle(0), &[1; 32]).unwrap();
        assert_eq!(rules.iter().map(Slug::as_str).collect::<Vec<_>>(), ["missing-field"]);
        assert_ne!(told(&all, &handle(0), &[2; 32]).unwrap().1, first);
    }

    #[test]
    fn every_rule_has_a_name_that_an_entry_can_hold_and_they_ascend() {
        for rule in CardRule::ALL {
            assert_eq!(
                rule.as_str().parse::<Slug>().map(|slug| slug.to_string()),
                Ok(rule.as_str().to_owned())
            );
        }
        let one = |rule| ContentFinding { at: String::new(), other: Some(handle(1)), rule };
        let all = [CardRule::MissingField, CardRule::Duplicate, CardRule::Contradiction].map(one);
        let (rules, _) = told(&BTreeSet::from(all), &handle(0), &[1; 32]).unwrap();
        assert_eq!(
            rules.iter().map(Slug::as_str).collect::<Vec<_>>(),
            ["contradiction", "duplicate", "missing-field"]
        );
    }

    /// The law's order is that of the bytes, in which `other` comes before `rule`, and a place that another begins with before a letter.
    #[test]
    fn what_is_committed_to_ascends_by_its_bytes() {
        let one = |at: &str, other: Option<u8>| ContentFinding {
            at: at.into(),
            other: other.map(handle),
            rule: CardRule::Contradiction,
        };
        let law = [
            one("/claims/a!", None),
            one("/claims/a", Some(1)),
            one("/claims/a", Some(2)),
            one("/claims/a", None),
            one("/claims/ab", None),
        ];
        let all: BTreeSet<_> = law.iter().cloned().collect();
        assert_ne!(
            all.iter().collect::<Vec<_>>(),
            law.iter().collect::<Vec<_>>(),
            "another order is at hand"
        );
        assert!(rows(&all).unwrap().into_iter().eq(&law));
        let commits = commitment(&[1; 32], &handle(0), "content", &law).unwrap();
        assert_eq!(told(&all, &handle(0), &[1; 32]).unwrap().1, commits);
    }
}
