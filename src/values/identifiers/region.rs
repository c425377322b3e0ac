//! 行政区划代码, the codes of administrative divisions (GB/T 2260): six digits, two each for province, city, county.
//!
//! Only the form is known, not the list of divisions, which changes every year.

use std::str::FromStr;

use super::{Short, first_misfit, written_as_str};

/// A six-digit division code that does not begin with 0. `100000` stands for the whole country.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Short);

/// The four levels of divisions, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegionLevel {
    /// 国家.
    Country,
    /// 省, an autonomous region or a municipality under the central government.
    Province,
    /// 市, a prefecture or a league.
    City,
    /// 县, a county-level city or a district.
    County,
}

impl RegionLevel {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
        }
    }

    /// The word in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Country => "国家",
            Self::Province => "省级",
            Self::City => "市级",
            Self::County => "县级",
        }
    }
}

/// Why a division code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// Not six characters.
    #[error("a division code has 6 digits, found {found} characters")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Not a digit, or a 0 in the first place.
    #[error("character {position} ({found:?}) cannot stand there in a division code")]
    Digit {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
}

impl Region {
    /// The six digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether `other` is this division or lies in it by its number: 430000 contains 430100 and 430102, and
    /// 100000 contains everything.
    pub fn contains(&self, other: &Self) -> bool {
        self.as_str() == "100000" || other.as_str().starts_with(self.significant())
    }

    /// Its level, by its number.
    pub fn level(&self) -> RegionLevel {
        match self.significant().len() {
            _ if self.as_str() == "100000" => RegionLevel::Country,
            2 => RegionLevel::Province,
            4 => RegionLevel::City,
            _ => RegionLevel::County,
        }
    }

    /// The province and the city that it lies in by its number, and itself: a larger division stands in the place of those that
    /// it has none of.
    pub fn within(&self) -> [Self; 3] {
        let filled = |digits: usize| {
            let (kept, _) = self.as_str().split_at(digits);
            Self(format!("{kept:0<6}").as_str().into())
        };
        [filled(2), filled(4), self.clone()]
    }

    /// The digits up to the last pair that is not `00`.
    fn significant(&self) -> &str {
        let county = self.as_str();
        let city = county.strip_suffix("00");
        city.and_then(|city| city.strip_suffix("00")).or(city).unwrap_or(county)
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, RegionError> {
        let found = text.chars().count();
        if found != 6 {
            return Err(RegionError::Length { found });
        }
        if let Some((position, found)) = first_misfit(text, |c| c.is_ascii_digit()) {
            return Err(RegionError::Digit { position, found });
        }
        if text.starts_with('0') {
            return Err(RegionError::Digit { position: 0, found: '0' });
        }
        Ok(Self(text.into()))
    }
}

written_as_str!(Region);

#[cfg(test)]
mod tests {
    use super::*;

    fn region(text: &str) -> Region {
        text.parse().unwrap()
    }

    #[test]
    fn six_digits() {
        assert_eq!(region("430700").to_string(), "430700");
        assert_eq!("43070".parse::<Region>(), Err(RegionError::Length { found: 5 }));
        assert_eq!("43O700".parse::<Region>(), Err(RegionError::Digit { position: 2, found: 'O' }));
        assert_eq!("043070".parse::<Region>(), Err(RegionError::Digit { position: 0, found: '0' }));
        assert_eq!("４30700".parse::<Region>(), Err(RegionError::Digit { position: 0, found: '４' }));
    }

    #[test]
    fn divisions_contain_their_parts() {
        assert!(region("430000").contains(&region("430102")));
        assert!(region("430100").contains(&region("430102")));
        assert!(region("430102").contains(&region("430102")));
        assert!(region("100000").contains(&region("430102")));
        assert!(!region("430100").contains(&region("430000")));
        assert!(!region("430100").contains(&region("430200")));
        assert!(!region("430000").contains(&region("440000")));
        assert!(!region("430000").contains(&region("100000")));
    }

    #[test]
    fn each_division_lies_in_a_province_and_a_city() {
        for (code, province, city) in [
            ("430702", "430000", "430700"),
            ("430700", "430000", "430700"),
            ("430000", "430000", "430000"),
            ("100000", "100000", "100000"),
        ] {
            assert_eq!(region(code).within().map(|region| region.to_string()), [province, city, code]);
        }
    }

    #[test]
    fn each_division_has_one_of_four_levels() {
        for (code, level) in [
            ("100000", RegionLevel::Country),
            ("430000", RegionLevel::Province),
            ("430700", RegionLevel::City),
            ("430702", RegionLevel::County),
            ("429004", RegionLevel::County),
        ] {
            assert_eq!(region(code).level(), level, "{code}");
        }
    }
}
