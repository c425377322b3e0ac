//! What is said of a licence that was granted before the ledger and is recorded in it (存量补录): how far its data can
//! be trusted, and where it stood. Not here: what recording does (`law`), and replacements, which only the ledger knows.

use serde::{Deserialize, Serialize};

use super::standing::{Ending, Standing};

/// How far the data of a recorded licence can be trusted (国办函〔2016〕108号).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrustLevel {
    /// Highest.
    A,
    /// High.
    B,
    /// Middle.
    C,
    /// Lowest.
    D,
}

/// The standing of a licence when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedStanding {
    /// Valid.
    Valid,
    /// Suspended.
    Suspended,
    /// 撤回.
    Recalled,
    /// 撤销.
    Rescinded,
    /// 吊销.
    Penalty,
    /// 废止.
    Annulled,
    /// 注销.
    Cancelled,
}

impl TrustLevel {
    /// Every level, the highest first.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    /// The letter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

impl RecordedStanding {
    /// Every standing that can be recorded.
    pub const ALL: [Self; 7] = [
        Self::Valid,
        Self::Suspended,
        Self::Recalled,
        Self::Rescinded,
        Self::Penalty,
        Self::Annulled,
        Self::Cancelled,
    ];

    /// The standing with which the licence begins in the ledger.
    pub fn standing(self) -> Standing {
        match self {
            Self::Valid => Standing::Valid,
            Self::Suspended => Standing::Suspended,
            Self::Recalled => Standing::Ended(Ending::Recalled),
            Self::Rescinded => Standing::Ended(Ending::Rescinded),
            Self::Penalty => Standing::Ended(Ending::Penalty),
            Self::Annulled => Standing::Ended(Ending::Annulled),
            Self::Cancelled => Standing::Ended(Ending::Cancelled),
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        self.standing().as_str()
    }

    /// The standing that a table names, in the word of the wire or that of the law in Chinese.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| [one.as_str(), one.standing().zh()].contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_either_language_names_one() {
        for (word, standing) in [
            ("有效", RecordedStanding::Valid),
            ("暂扣", RecordedStanding::Suspended),
            ("撤回", RecordedStanding::Recalled),
            ("撤销", RecordedStanding::Rescinded),
            ("吊销", RecordedStanding::Penalty),
            ("废止", RecordedStanding::Annulled),
            ("注销", RecordedStanding::Cancelled),
        ] {
            assert_eq!(RecordedStanding::named(word), Some(standing));
            assert_eq!(RecordedStanding::named(standing.as_str()), Some(standing));
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.as_str());
        }
        for other in ["", "Valid", "renewed", "延续", "过期"] {
            assert_eq!(RecordedStanding::named(other), None, "{other}");
        }
        for level in TrustLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
        }
    }
}
