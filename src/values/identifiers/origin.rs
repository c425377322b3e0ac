//! The origin of a ledger: the name of its checkpoint key and the first line of its checkpoints (law 0, section 1).

use std::str::FromStr;

use super::written_as_str;

/// Longest origin, in bytes.
const LONGEST: usize = 255;
/// First lines of messages that other signatures are over; an origin must never look like one of them.
const RESERVED: [&str; 2] = ["vidimus/", "cosignature/"];

/// `[a-z0-9.-]+(/[a-z0-9._-]+)*`, at most 255 bytes, not beginning `vidimus/` or `cosignature/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// How the origins of samples begin.
const SAMPLE: &str = "sample.vidimus.example/";

/// Why an origin was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Longer than 255 bytes.
    #[error("an origin has at most 255 bytes, found {found}")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A character the grammar has no place for there (an underscore only after the first slash).
    #[error("the character at byte {position} ({found:?}) cannot stand there in an origin")]
    Character {
        /// Position in bytes, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// Nothing before, between or after slashes, or nothing at all.
    #[error("the part at byte {position} of the origin is empty")]
    EmptyPart {
        /// Position in bytes, from 0.
        position: usize,
    },
    /// Begins as a message of another purpose does.
    #[error("an origin must not begin {prefix}")]
    Reserved {
        /// The reserved beginning.
        prefix: &'static str,
    },
}

impl Origin {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A sample's origin, told from other samples' by these characters.
    pub fn of_sample(own: &str) -> Result<Self, OriginError> {
        format!("{SAMPLE}{own}").parse()
    }

    /// Whether it is a sample's. `.example` is nobody's name (RFC 2606), so no real authority has such an origin.
    pub fn is_sample(&self) -> bool {
        self.0.starts_with(SAMPLE)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text.len() > LONGEST {
            return Err(OriginError::Length { found: text.len() });
        }
        let mut position = 0;
        for (number, part) in text.split('/').enumerate() {
            if part.is_empty() {
                return Err(OriginError::EmptyPart { position });
            }
            let fits = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '-') || (c == '_' && number > 0);
            if let Some((offset, found)) = part.char_indices().find(|(_, c)| !fits(*c)) {
                return Err(OriginError::Character { position: position + offset, found });
            }
            position += part.len() + 1;
        }
        match RESERVED.into_iter().find(|prefix| text.starts_with(prefix)) {
            Some(prefix) => Err(OriginError::Reserved { prefix }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

written_as_str!(Origin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_says_so_by_its_name() {
        let sample = Origin::of_sample("0123456789abcdef").unwrap();
        assert_eq!(sample.as_str(), "sample.vidimus.example/0123456789abcdef");
        assert!(sample.is_sample());
        assert_eq!(Origin::of_sample(""), Err(OriginError::EmptyPart { position: 23 }));
        for real in [
            "licences.example.cn",
            "sample.vidimus.example",
            "sample.vidimus.examples/1",
            "a/sample.vidimus.example/1",
        ] {
            assert!(!real.parse::<Origin>().unwrap().is_sample(), "{real}");
        }
    }

    #[test]
    fn the_grammar_of_the_law() {
        let longest = format!("a/{}", "b".repeat(253));
        for good in
            ["example.cn", "example.cn/sample/0123456789abcdef", "a", "-", "a/_b-c.d", "vidimus", &longest]
        {
            assert_eq!(good.parse::<Origin>().unwrap().as_str(), good);
        }
        let error = |text: &str| text.parse::<Origin>().unwrap_err();
        assert_eq!(error(""), OriginError::EmptyPart { position: 0 });
        assert_eq!(error("a/"), OriginError::EmptyPart { position: 2 });
        assert_eq!(error("/a"), OriginError::EmptyPart { position: 0 });
        assert_eq!(error("a//b"), OriginError::EmptyPart { position: 2 });
        assert_eq!(error("a_b/c"), OriginError::Character { position: 1, found: '_' });
        assert_eq!(error("a/bC"), OriginError::Character { position: 3, found: 'C' });
        assert_eq!(error("https://a"), OriginError::Character { position: 5, found: ':' });
        assert_eq!(error("a+b"), OriginError::Character { position: 1, found: '+' });
        assert_eq!(error("a b"), OriginError::Character { position: 1, found: ' ' });
        assert_eq!(error("vidimus/entry"), OriginError::Reserved { prefix: "vidimus/" });
        assert_eq!(error("cosignature/v1"), OriginError::Reserved { prefix: "cosignature/" });
        assert_eq!(error(&"a".repeat(256)), OriginError::Length { found: 256 });
    }
}
