//! The standing of a licence and the acts that change it (law 0, section 9): one total function, no dates.
//!
//! Whether a licence has expired is a matter of time and therefore an argument. Who may act, and what else an act
//! needs, is not known here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a licence ends other than by being replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// 撤回: withdrawn from then on, for the public good.
    Recalled,
    /// 撤销: void from the beginning.
    Rescinded,
    /// 吊销: taken away as a penalty.
    Penalty,
    /// 废止: annulled.
    Annulled,
    /// 注销: struck off; the formal end, also of what has ended or expired before.
    Cancelled,
}

/// Why a licence is replaced by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// 延续: for a further term.
    Renewed,
    /// 变更: what it says has changed.
    Changed,
    /// 更正: what it said was wrong.
    Corrected,
    /// 补发: lost or damaged, made anew.
    Reissued,
}

/// What is done to a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// 暂扣.
    Suspend,
    /// 恢复.
    Reinstate,
    /// To an end.
    End(Ending),
    /// By another licence.
    Replace(Cause),
}

/// Where a licence stands by the acts in the ledger. Expiry is not a standing: it is no act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// As issued.
    Valid,
    /// For the time being without effect.
    Suspended,
    /// Ended by an act; the latest where `rescinded` or `cancelled` followed another ending.
    Ended(Ending),
    /// Another licence took its place.
    Replaced(Cause),
}

/// An act that cannot follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a licence that is {from}{} cannot be {act}", if *.expired { " and expired" } else { "" })]
pub struct IllegalTransition {
    /// Where the licence stood.
    pub from: Standing,
    /// What was to be done.
    pub act: Act,
    /// Whether its last day was over.
    pub expired: bool,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 11] = [
        Self::Valid,
        Self::Suspended,
        Self::Ended(Ending::Recalled),
        Self::Ended(Ending::Rescinded),
        Self::Ended(Ending::Penalty),
        Self::Ended(Ending::Annulled),
        Self::Ended(Ending::Cancelled),
        Self::Replaced(Cause::Renewed),
        Self::Replaced(Cause::Changed),
        Self::Replaced(Cause::Corrected),
        Self::Replaced(Cause::Reissued),
    ];

    /// The standing after `act`, on a licence that has `expired` or not at the time of the act.
    pub fn after(self, act: Act, expired: bool) -> Result<Self, IllegalTransition> {
        let lawful = match act {
            Act::Suspend => self == Self::Valid && !expired,
            Act::Reinstate => self == Self::Suspended && !expired,
            // These two follow every standing but themselves, expired or not.
            Act::End(ending @ (Ending::Rescinded | Ending::Cancelled)) => self != Self::Ended(ending),
            Act::End(Ending::Penalty) => self.is_open(),
            Act::End(Ending::Recalled | Ending::Annulled) => self.is_open() && !expired,
            // The one replacement that an expired licence can have, and no suspended one.
            Act::Replace(Cause::Renewed) => self == Self::Valid,
            Act::Replace(Cause::Changed) => self == Self::Valid && !expired,
            Act::Replace(Cause::Corrected | Cause::Reissued) => self.is_open() && !expired,
        };
        if !lawful {
            return Err(IllegalTransition { from: self, act, expired });
        }
        Ok(match act {
            Act::Suspend => Self::Suspended,
            Act::Reinstate => Self::Valid,
            Act::End(ending) => Self::Ended(ending),
            Act::Replace(cause) => Self::Replaced(cause),
        })
    }

    /// The standing with which the licence begins that replaces one of this standing: a suspension goes along.
    /// Whether it may be replaced at all is for [`Standing::after`].
    pub fn successor(self, cause: Cause) -> Self {
        match (self, cause) {
            (Self::Suspended, Cause::Corrected | Cause::Reissued) => Self::Suspended,
            _ => Self::Valid,
        }
    }

    /// Neither ended nor replaced.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Valid | Self::Suspended)
    }

    /// The value in a status list: 0 valid, 1 ended or replaced, 2 suspended.
    pub fn status_value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Ended(_) | Self::Replaced(_) => 1,
            Self::Suspended => 2,
        }
    }

    /// The word on the wire and in English: `valid`, `suspended`, or that of the ending or cause.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspended => "suspended",
            Self::Ended(ending) => ending.as_str(),
            Self::Replaced(cause) => cause.as_str(),
        }
    }

    /// The Chinese word.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Valid => "有效",
            Self::Suspended => "暂扣",
            Self::Ended(ending) => ending.zh(),
            Self::Replaced(cause) => cause.zh(),
        }
    }
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 5] =
        [Self::Recalled, Self::Rescinded, Self::Penalty, Self::Annulled, Self::Cancelled];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::Rescinded => "rescinded",
            Self::Penalty => "penalty",
            Self::Annulled => "annulled",
            Self::Cancelled => "cancelled",
        }
    }

    /// The Chinese word of the law.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Recalled => "撤回",
            Self::Rescinded => "撤销",
            Self::Penalty => "吊销",
            Self::Annulled => "废止",
            Self::Cancelled => "注销",
        }
    }
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Renewed, Self::Changed, Self::Corrected, Self::Reissued];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Changed => "changed",
            Self::Corrected => "corrected",
            Self::Reissued => "reissued",
        }
    }

    /// The Chinese word.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Renewed => "延续",
            Self::Changed => "变更",
            Self::Corrected => "更正",
            Self::Reissued => "补发",
        }
    }
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 11] = [
        Self::Suspend,
        Self::Reinstate,
        Self::End(Ending::Recalled),
        Self::End(Ending::Rescinded),
        Self::End(Ending::Penalty),
        Self::End(Ending::Annulled),
        Self::End(Ending::Cancelled),
        Self::Replace(Cause::Renewed),
        Self::Replace(Cause::Changed),
        Self::Replace(Cause::Corrected),
        Self::Replace(Cause::Reissued),
    ];

    /// The word for what is done: `suspended`, `reinstated`, or that of the ending or cause.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspended",
            Self::Reinstate => "reinstated",
            Self::End(ending) => ending.as_str(),
            Self::Replace(cause) => cause.as_str(),
        }
    }

    /// The Chinese word.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Suspend => "暂扣",
            Self::Reinstate => "恢复",
            Self::End(ending) => ending.zh(),
            Self::Replace(cause) => cause.zh(),
        }
    }
}

/// The whole table, standing by act by expired: the vectors of the law are written from it.
pub fn transition_table() -> impl Iterator<Item = (Standing, Act, bool, Result<Standing, IllegalTransition>)>
{
    Standing::ALL.into_iter().flat_map(|from| {
        let row = move |act: Act| [false, true].map(|expired| (from, act, expired, from.after(act, expired)));
        Act::ALL.into_iter().flat_map(row)
    })
}

/// No such word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such {what}")]
pub struct UnknownWord {
    /// What was looked for.
    pub what: &'static str,
}

macro_rules! word {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let word = Self::ALL.into_iter().find(|word| word.as_str() == text);
                word.ok_or(UnknownWord { what: $what })
            }
        }
    };
}

word!(Standing, "standing");
word!(Ending, "ending");
word!(Cause, "cause");
word!(Act, "act");

crate::values::text::serde_as_text!(Standing);

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as a person reads section 9, written down cell by cell and not computed. Columns: suspend reinstate |
    /// recalled rescinded penalty annulled cancelled | renewed changed corrected reissued.
    const TABLE: [(&str, bool, &str); 22] = [
        ("valid", false, "+- +++++ ++++"),
        ("valid", true, "-- -++-+ +---"),
        ("suspended", false, "-+ +++++ --++"),
        ("suspended", true, "-- -++-+ ----"),
        ("recalled", false, "-- -+--+ ----"),
        ("recalled", true, "-- -+--+ ----"),
        ("rescinded", false, "-- ----+ ----"),
        ("rescinded", true, "-- ----+ ----"),
        ("penalty", false, "-- -+--+ ----"),
        ("penalty", true, "-- -+--+ ----"),
        ("annulled", false, "-- -+--+ ----"),
        ("annulled", true, "-- -+--+ ----"),
        ("cancelled", false, "-- -+--- ----"),
        ("cancelled", true, "-- -+--- ----"),
        ("renewed", false, "-- -+--+ ----"),
        ("renewed", true, "-- -+--+ ----"),
        ("changed", false, "-- -+--+ ----"),
        ("changed", true, "-- -+--+ ----"),
        ("corrected", false, "-- -+--+ ----"),
        ("corrected", true, "-- -+--+ ----"),
        ("reissued", false, "-- -+--+ ----"),
        ("reissued", true, "-- -+--+ ----"),
    ];

    #[test]
    fn every_cell_of_the_table() {
        let mut cells = 0;
        for (from, expired, row) in TABLE {
            let from: Standing = from.parse().unwrap();
            let row = row.chars().filter(|c| *c != ' ');
            for (act, cell) in Act::ALL.into_iter().zip(row) {
                let to = match act {
                    Act::Suspend => "suspended",
                    Act::Reinstate => "valid",
                    other => other.as_str(),
                };
                let expected = match cell {
                    '+' => Ok(to.parse().unwrap()),
                    _ => Err(IllegalTransition { from, act, expired }),
                };
                assert_eq!(from.after(act, expired), expected, "{from} {act} expired: {expired}");
                assert!(transition_table().any(|row| row == (from, act, expired, expected)));
                cells += 1;
            }
        }
        assert_eq!((cells, transition_table().count()), (242, 242));
    }

    #[test]
    fn a_suspension_goes_along_with_the_successor() {
        assert_eq!(Standing::Suspended.successor(Cause::Corrected), Standing::Suspended);
        assert_eq!(Standing::Suspended.successor(Cause::Reissued), Standing::Suspended);
        for cause in Cause::ALL {
            assert_eq!(Standing::Valid.successor(cause), Standing::Valid);
        }
    }

    #[test]
    fn status_values_and_words() {
        let values = Standing::ALL.map(Standing::status_value);
        assert_eq!(values, [0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        for standing in Standing::ALL {
            assert_eq!(standing.as_str().parse(), Ok(standing));
            let json = serde_json::to_string(&standing).unwrap();
            assert_eq!(serde_json::from_str::<Standing>(&json).unwrap(), standing);
        }
        for ending in Ending::ALL {
            assert_eq!(serde_json::to_string(&ending).unwrap(), format!("\"{ending}\""));
        }
        for cause in Cause::ALL {
            assert_eq!(serde_json::to_string(&cause).unwrap(), format!("\"{cause}\""));
        }
        assert_eq!("ended".parse::<Standing>(), Err(UnknownWord { what: "standing" }));
        assert_eq!("Valid".parse::<Standing>(), Err(UnknownWord { what: "standing" }));
        let error = Standing::Valid.after(Act::Reinstate, true).unwrap_err();
        assert_eq!(error.to_string(), "a licence that is valid and expired cannot be reinstated");
    }
}
