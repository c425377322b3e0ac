//! A power as it is asked for, and what the public list says of it beside the entry: its legal basis, and the
//! responsibility that goes with it (责任清单). The two stand in one blob of JSON, which `power.granted` names as its
//! basis. Not here: whether a power may be granted (`sample`, `authority::ceremony`, the law), and who holds it.

use serde::{Deserialize, Serialize};

use super::rules::Bilingual;
use crate::values::identifiers::{Region, Slug};
use crate::values::lang::Lang;
use crate::values::time::Date;

/// That a department may issue a type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerPlan {
    /// The licence type.
    #[serde(rename = "type")]
    pub licence_type: Slug,
    /// Where; left out, the department's region.
    pub region: Option<Region>,
    /// From which day; left out, from the day on which it is prepared.
    pub from: Option<Date>,
    /// Until which day; left out, without end.
    pub until: Option<Date>,
    /// On what legal basis.
    pub basis: Bilingual,
    /// Who answers for it. A plan may leave it out; a power that is granted later has one.
    pub responsibility: Option<Responsibility>,
}

/// Who answers for a power: 责任清单.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responsibility {
    /// The office on duty, 责任科室.
    pub office: Bilingual,
    /// In what time it is done, 承诺时限.
    pub promised: Promised,
    /// Where to complain, 监督投诉渠道: a telephone, an address.
    pub complaints: Bilingual,
}

impl Responsibility {
    /// Whether a text of it lacks a language.
    pub fn is_incomplete(&self) -> bool {
        self.office.is_incomplete() || self.complaints.is_incomplete()
    }
}

/// A promised time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promised {
    /// Working days from acceptance; 0 is while one waits, 当场办结.
    pub working_days: WorkingDays,
}

impl Promised {
    /// As it is told.
    pub fn text(self, lang: Lang) -> String {
        match (self.working_days.0, lang) {
            (0, lang) => lang.choose("当场办结", "while one waits").to_owned(),
            (days, Lang::Zh) => format!("{days} 个工作日内办结"),
            (1, Lang::En) => "within 1 working day".to_owned(),
            (days, Lang::En) => format!("within {days} working days"),
        }
    }
}

/// A number of working days, a year of them at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct WorkingDays(u16);

/// Why a number is no promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a promise is of 0 to {most} working days, found {0}", most = WorkingDays::MOST)]
pub struct WorkingDaysError(u64);

impl WorkingDays {
    /// What is promised for later than that is not promised.
    pub const MOST: u16 = 365;
}

impl TryFrom<u64> for WorkingDays {
    type Error = WorkingDaysError;

    fn try_from(found: u64) -> Result<Self, WorkingDaysError> {
        let days = u16::try_from(found).ok().filter(|days| *days <= Self::MOST);
        days.map(Self).ok_or(WorkingDaysError(found))
    }
}

/// What the blob says that `power.granted` names as its basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerBasis {
    /// The legal basis in English.
    pub en: String,
    /// The legal basis in Chinese.
    pub zh: String,
    /// Who answers for the power; absent where its plan did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub responsibility: Option<Responsibility>,
}

impl PowerBasis {
    /// What a plan says.
    pub fn of(plan: &PowerPlan) -> Self {
        let Bilingual { zh, en } = plan.basis.clone();
        Self { en, zh, responsibility: plan.responsibility.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> serde_json::Value {
        json!({"en": "a", "zh": "甲", "responsibility": {
            "office": {"zh": "科", "en": "office"},
            "promised": {"working_days": 5},
            "complaints": {"zh": "电话", "en": "telephone"},
        }})
    }

    #[test]
    fn a_blob_with_and_without_a_responsibility_is_read_as_it_was_written() {
        let bare = r#"{"en":"a","zh":"甲"}"#;
        let read: PowerBasis = serde_json::from_str(bare).unwrap();
        assert_eq!((read.zh.as_str(), &read.responsibility), ("甲", &None));
        assert_eq!(serde_json::to_string(&read).unwrap(), bare, "the bytes of powers granted before");

        let read: PowerBasis = serde_json::from_value(whole()).unwrap();
        let promised = read.responsibility.as_ref().unwrap().promised;
        assert_eq!(promised.text(Lang::En), "within 5 working days");
        assert_eq!(promised.text(Lang::Zh), "5 个工作日内办结");
        assert_eq!(serde_json::to_value(&read).unwrap(), whole());
    }

    #[test]
    fn a_promise_is_a_number_of_days_within_a_year() {
        for (days, good) in [(json!(0), true), (json!(365), true), (json!(366), false), (json!(-1), false)] {
            let mut blob = whole();
            blob["responsibility"]["promised"]["working_days"] = days.clone();
            assert_eq!(serde_json::from_value::<PowerBasis>(blob).is_ok(), good, "{days}");
        }
        let mut blob = whole();
        blob["responsibility"]["hours"] = json!(1);
        assert!(serde_json::from_value::<PowerBasis>(blob).is_err(), "nobody would read it");
    }

    #[test]
    fn a_responsibility_is_told_in_both_languages() {
        let mut one: PowerBasis = serde_json::from_value(whole()).unwrap();
        let duty = one.responsibility.as_mut().unwrap();
        assert!(!duty.is_incomplete());
        duty.complaints.en = " ".to_owned();
        assert!(duty.is_incomplete());
    }
}
