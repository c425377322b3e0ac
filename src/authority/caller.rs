//! Who calls: what a token stands for once it has been checked. Not here: the tokens themselves (`keyring`), and what
//! a department may issue, which is its powers' to say.

use serde::{Deserialize, Serialize};

use crate::values::identifiers::{CreditCode, Slug};

/// A caller whose token was good. Whoever has no token is nobody: an `Option<Caller>` that is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Caller {
    /// A department, for its own licences.
    Department {
        /// Its unified social credit code, which entries name.
        code: CreditCode,
        /// Its short name, which paths and commands name.
        slug: Slug,
    },
    /// Who runs the service.
    Operator,
    /// Who may read every licence and change none.
    Auditor,
}

impl Caller {
    /// Whether a token of that name is no department's: what a department may not be called.
    pub fn is_reserved(name: &Slug) -> bool {
        ["operator", "auditor"].contains(&name.as_str())
    }

    /// The credit code, if a department calls.
    pub fn department(&self) -> Option<&CreditCode> {
        match self {
            Self::Department { code, .. } => Some(code),
            Self::Operator | Self::Auditor => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_form_is_closed() {
        let text = r#"{"department":{"code":"11100000000013127D","slug":"housing"}}"#;
        let caller: Caller = serde_json::from_str(text).unwrap();
        assert_eq!(caller.department().map(CreditCode::as_str), Some("11100000000013127D"));
        assert_eq!(serde_json::to_string(&caller).unwrap(), text);
        assert_eq!(serde_json::from_str::<Caller>("\"auditor\"").unwrap(), Caller::Auditor);
        assert_eq!(Caller::Operator.department(), None);
        for bad in [
            "\"root\"",
            "\"Operator\"",
            "\"department\"",
            r#"{"department":{"code":"11100000000013127D","slug":"housing","powers":[]}}"#,
            r#"{"department":{"code":"11100000000013127X","slug":"housing"}}"#,
        ] {
            assert!(serde_json::from_str::<Caller>(bad).is_err(), "{bad}");
        }
    }
}
