//! Something that is told to an operator in both languages: what is wrong, and what to do.

use std::fmt;

use crate::values::lang::Lang;

/// An error with a sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    zh: String,
    en: String,
}

impl Told {
    /// The two sentences.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The one in this language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.choose(&self.zh, &self.en)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Told {}
