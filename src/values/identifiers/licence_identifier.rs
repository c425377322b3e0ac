//! 证照标识, the identifier of an electronic licence (GB/T 36904): OID, type, issuer, serial, version, check.
//!
//! Strict, for licences of ours: the issuer is a credit code and the check that of ISO/IEC 7064. Identifiers of
//! other systems that only look alike are for [`iso7064::judge`] to tell.

use std::str::FromStr;

use super::iso7064::{self, Check, NotAlphanumeric};
use super::{CreditCode, CreditCodeError, TypeCode, TypeCodeError, first_misfit, written_as_str};

/// The OID arc of electronic licences. Not under the check character.
const ROOT: &str = "1.2.156.3005.2";
/// Longest serial.
const LONGEST_SERIAL: usize = 32;

/// `1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenceIdentifier {
    text: String,
    type_code: TypeCode,
    issuer: CreditCode,
    version: u16,
}

/// Why a licence identifier was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LicenceIdentifierError {
    /// Does not begin with the OID of electronic licences.
    #[error("a licence identifier begins 1.2.156.3005.2.")]
    Root,
    /// Not five parts after the OID.
    #[error("a licence identifier has 5 parts after 1.2.156.3005.2, found {found}")]
    Parts {
        /// Parts found.
        found: usize,
    },
    /// The type code.
    #[error("the type is wrong: {0}")]
    Type(#[source] TypeCodeError),
    /// The issuer's credit code.
    #[error("the issuer is wrong: {0}")]
    Issuer(#[source] CreditCodeError),
    /// A serial of no or too many characters.
    #[error("a serial has 1 to 32 characters, found {found}")]
    SerialLength {
        /// Characters found.
        found: usize,
    },
    /// A serial with a character outside `0-9A-Z`.
    #[error("the serial is wrong: {0}")]
    Serial(#[source] NotAlphanumeric),
    /// A version that is not three digits from 001 to 999.
    #[error("a version has three digits, from 001 to 999")]
    Version,
    /// The check character does not follow from the rest.
    #[error("the check character should be {expected}, found {found:?}{}", if *.legacy { " (a known wrong program's)" } else { "" })]
    Check {
        /// What the rest asks for.
        expected: char,
        /// What stands there; none if it is not one character.
        found: Option<char>,
        /// Whether it is the character of [`Check::LegacyVariant`].
        legacy: bool,
    },
}

impl LicenceIdentifier {
    /// The identifier of a licence of that type and issuer; `serial` is 1 to 32 of `0-9A-Z`, `version` 1 to 999.
    pub fn new(
        type_code: &TypeCode,
        issuer: &CreditCode,
        serial: &str,
        version: u16,
    ) -> Result<Self, LicenceIdentifierError> {
        let length = serial.chars().count();
        if !(1..=LONGEST_SERIAL).contains(&length) {
            return Err(LicenceIdentifierError::SerialLength { found: length });
        }
        if !(1..=999).contains(&version) {
            return Err(LicenceIdentifierError::Version);
        }
        if let Some((position, found)) = first_misfit(serial, |c| matches!(c, '0'..='9' | 'A'..='Z')) {
            return Err(LicenceIdentifierError::Serial(NotAlphanumeric { position, found }));
        }
        let payload = format!("{type_code}{issuer}{serial}{version:03}");
        let check = iso7064::check_character(&payload).map_err(LicenceIdentifierError::Serial)?;
        let text = format!("{ROOT}.{type_code}.{issuer}.{serial}.{version:03}.{check}");
        Ok(Self { text, type_code: type_code.clone(), issuer: issuer.clone(), version })
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// 证照类型代码.
    pub fn type_code(&self) -> &TypeCode {
        &self.type_code
    }

    /// 证照颁发机构代码.
    pub fn issuer(&self) -> &CreditCode {
        &self.issuer
    }

    /// 版本号, 1 to 999: one more at each replacement.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// 流水号.
    pub fn serial(&self) -> &str {
        self.text.rsplit('.').nth(2).unwrap_or_default()
    }
}

impl FromStr for LicenceIdentifier {
    type Err = LicenceIdentifierError;

    fn from_str(text: &str) -> Result<Self, LicenceIdentifierError> {
        let rest = text.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('.'));
        let parts: Vec<&str> = rest.ok_or(LicenceIdentifierError::Root)?.split('.').collect();
        let [type_code, issuer, serial, version, check] = parts.as_slice() else {
            return Err(LicenceIdentifierError::Parts { found: parts.len() });
        };
        if version.len() != 3 || !version.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(LicenceIdentifierError::Version);
        }
        let made = Self::new(
            &type_code.parse().map_err(LicenceIdentifierError::Type)?,
            &issuer.parse().map_err(LicenceIdentifierError::Issuer)?,
            serial,
            version.parse().map_err(|_| LicenceIdentifierError::Version)?,
        )?;
        if made.text == text {
            return Ok(made);
        }
        let payload = [*type_code, *issuer, *serial, *version].concat();
        let expected = iso7064::check_character(&payload).map_err(LicenceIdentifierError::Serial)?;
        let found = one_character(check);
        let legacy = found.is_some_and(|found| iso7064::judge(&payload, found) == Ok(Check::LegacyVariant));
        Err(LicenceIdentifierError::Check { expected, found, legacy })
    }
}

fn one_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

written_as_str!(LicenceIdentifier);

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "1.2.156.3005.2.11100000MB0143028R001.11430000006122244L.20230000403.001.";

    #[test]
    fn identifiers_found_in_the_field() {
        for good in [
            "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
            "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.002.S",
            "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
        ] {
            let identifier: LicenceIdentifier = good.parse().unwrap();
            assert_eq!(identifier.as_str(), good);
            let (kind, issuer) = (identifier.type_code(), identifier.issuer());
            let again = LicenceIdentifier::new(kind, issuer, identifier.serial(), identifier.version());
            assert_eq!(again, Ok(identifier.clone()));
        }
    }

    #[test]
    fn what_is_not_strict_is_refused() {
        let error = |text: &str| text.parse::<LicenceIdentifier>().unwrap_err();
        let variant = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.T";
        let legacy = LicenceIdentifierError::Check { expected: 'U', found: Some('T'), legacy: true };
        assert_eq!(error(variant), legacy);
        assert!(matches!(error(&format!("{OURS}-")), LicenceIdentifierError::Check { legacy: false, .. }));
        assert!(matches!(error(OURS), LicenceIdentifierError::Check { found: None, .. }));
        assert_eq!(error("1.2.156.3003.2.x"), LicenceIdentifierError::Root);
        assert_eq!(error("1.2.156.3005.2.a.b"), LicenceIdentifierError::Parts { found: 2 });
        let region_as_issuer = "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9";
        assert!(matches!(error(region_as_issuer), LicenceIdentifierError::Issuer(_)));
        let with_version = |version: &str| OURS.replace(".001.", version) + "0";
        assert_eq!(error(&with_version(".000.")), LicenceIdentifierError::Version);
        assert_eq!(error(&with_version(".+01.")), LicenceIdentifierError::Version);
        assert_eq!(error(&with_version(".1.")), LicenceIdentifierError::Version);
        assert!(matches!(error(&OURS.replace("403", "40a")), LicenceIdentifierError::Serial(_)));
        assert_eq!(
            error(&OURS.replace("20230000403", "")),
            LicenceIdentifierError::SerialLength { found: 0 }
        );
    }
}
