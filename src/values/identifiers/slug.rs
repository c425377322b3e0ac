//! The short names of departments and licence types in paths and commands: lower-case words joined by hyphens.

use std::str::FromStr;

use super::{Short, first_misfit, written_as_str};

/// Longest slug.
const LONGEST: usize = 64;

/// `[a-z][a-z0-9-]{0,63}` without two hyphens together and without one at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Short);

/// Why a slug was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Empty, or too long.
    #[error("a slug has 1 to 64 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Not `a-z`, `0-9` or `-`; in the first place, not `a-z`.
    #[error("character {position} ({found:?}) cannot stand there in a slug")]
    Character {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// A hyphen that no letter or digit follows.
    #[error("the hyphen at {position} is not followed by a letter or digit")]
    Hyphen {
        /// Position in characters, from 0.
        position: usize,
    },
}

impl Slug {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let found = text.chars().count();
        if !(1..=LONGEST).contains(&found) {
            return Err(SlugError::Length { found });
        }
        if let Some((position, found)) = first_misfit(text, |c| matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return Err(SlugError::Character { position, found });
        }
        if let Some(found) = text.chars().next().filter(|c| !c.is_ascii_lowercase()) {
            return Err(SlugError::Character { position: 0, found });
        }
        match text.find("--").or_else(|| text.ends_with('-').then_some(found - 1)) {
            Some(position) => Err(SlugError::Hyphen { position }),
            None => Ok(Self(text.into())),
        }
    }
}

written_as_str!(Slug);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_joined_by_hyphens() {
        for good in ["a", "business-licence", "a1-2b", &"a".repeat(64)] {
            assert_eq!(good.parse::<Slug>().unwrap().as_str(), good);
        }
        let error = |text: &str| text.parse::<Slug>().unwrap_err();
        assert_eq!(error(""), SlugError::Length { found: 0 });
        assert_eq!(error(&"a".repeat(65)), SlugError::Length { found: 65 });
        assert_eq!(error("Business"), SlugError::Character { position: 0, found: 'B' });
        assert_eq!(error("1a"), SlugError::Character { position: 0, found: '1' });
        assert_eq!(error("-a"), SlugError::Character { position: 0, found: '-' });
        assert_eq!(error("a_b"), SlugError::Character { position: 1, found: '_' });
        assert_eq!(error("a--b"), SlugError::Hyphen { position: 1 });
        assert_eq!(error("ab-"), SlugError::Hyphen { position: 2 });
    }
}
