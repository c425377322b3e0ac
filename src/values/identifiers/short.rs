//! The text of a short identifier, held in place: nearly every one is shorter than what a `String` needs to say where
//! its text lies, and a ledger is full of them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

/// Bytes that are held in place. With their number and the choice between the two forms they fill what a `String` takes.
const HERE: usize = 22;

/// A text. Compared and hashed as the text it is.
#[derive(Clone)]
pub struct Short(Form);

#[derive(Clone)]
enum Form {
    Here { length: u8, bytes: [u8; HERE] },
    Away(Box<str>),
}

impl Short {
    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // They were a text when they were put here.
            Form::Here { .. } => str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Form::Away(text) => text,
        }
    }

    /// Its bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Here { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Form::Away(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Short {
    fn from(text: &str) -> Self {
        let mut bytes = [0; HERE];
        Self(match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Form::Here { length, bytes }
            }
            _ => Form::Away(text.into()),
        })
    }
}

impl PartialEq for Short {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Short {}

impl PartialOrd for Short {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Short {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Short {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_text_it_was_made_of_whatever_its_length() {
        for length in 0..=2 * HERE {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let short = Short::from(text.as_str());
            assert_eq!((short.as_str(), short.as_bytes()), (text.as_str(), text.as_bytes()));
            assert_eq!(format!("{short:?}"), format!("{text:?}"));
            assert_eq!(short, short.clone());
        }
        assert_eq!(size_of::<Short>(), size_of::<String>());
    }

    #[test]
    fn texts_sort_as_texts_and_not_by_where_they_lie() {
        let long = "b".repeat(HERE + 1);
        let texts = ["", "a", "aa", "ab", long.as_str(), "c"];
        for (place, text) in texts.iter().enumerate() {
            for (other_place, other) in texts.iter().enumerate() {
                assert_eq!(Short::from(*text).cmp(&Short::from(*other)), place.cmp(&other_place));
            }
        }
    }
}
