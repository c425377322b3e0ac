//! The two languages everything is said in: Chinese, which is the default, and English. Not here: who asked for which.

use serde::{Deserialize, Serialize};

/// A language of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// `zh` or `en`: the member of a name in both languages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The one of two texts that is in this language.
    pub fn choose<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_the_default() {
        assert_eq!(Lang::default(), Lang::Zh);
        assert_eq!(Lang::En.choose("证", "licence"), "licence");
        assert!(Lang::ALL.iter().all(|lang| serde_json::to_value(lang).unwrap() == lang.as_str()));
    }
}
