//! 证照类型代码, the code of a licence type (GB/T 36904): the credit code of the body that defines it and three digits.

use std::str::FromStr;

use super::{CreditCode, CreditCodeError, written_as_str};

/// Twenty-one characters: 18 of a credit code, 3 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeCode {
    text: String,
    defined_by: CreditCode,
}

/// Why a type code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypeCodeError {
    /// Not 21 characters.
    #[error("a type code has 21 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// The first 18 are not a credit code.
    #[error("the defining body is wrong: {0}")]
    DefinedBy(#[source] CreditCodeError),
    /// One of the last three is not a digit.
    #[error("character {position} ({found:?}) should be a digit")]
    Digit {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
}

impl TypeCode {
    /// The 21 characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// 证照定义机构代码, the body that defines the type.
    pub fn defined_by(&self) -> &CreditCode {
        &self.defined_by
    }
}

impl FromStr for TypeCode {
    type Err = TypeCodeError;

    fn from_str(text: &str) -> Result<Self, TypeCodeError> {
        let found = text.chars().count();
        if found != 21 {
            return Err(TypeCodeError::Length { found });
        }
        let body: String = text.chars().take(18).collect();
        let defined_by = body.parse().map_err(TypeCodeError::DefinedBy)?;
        match text.chars().enumerate().skip(18).find(|(_, c)| !c.is_ascii_digit()) {
            Some((position, found)) => Err(TypeCodeError::Digit { position, found }),
            None => Ok(Self { text: text.to_owned(), defined_by }),
        }
    }
}

written_as_str!(TypeCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_code_and_three_digits() {
        let code: TypeCode = "11100000MB0143028R001".parse().unwrap();
        assert_eq!(code.defined_by().as_str(), "11100000MB0143028R");
        assert_eq!(code.to_string(), "11100000MB0143028R001");
        let error = |text: &str| text.parse::<TypeCode>().unwrap_err();
        assert_eq!(error("11100000MB0143028R01"), TypeCodeError::Length { found: 20 });
        assert_eq!(error("11100000MB0143028R0A1"), TypeCodeError::Digit { position: 19, found: 'A' });
        let check = CreditCodeError::Check { expected: 'R', found: 'Q' };
        assert_eq!(error("11100000MB0143028Q001"), TypeCodeError::DefinedBy(check));
    }
}
