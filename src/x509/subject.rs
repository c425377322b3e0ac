//! Who a certificate names: exactly C=CN, O, organizationIdentifier, CN, in that order (RFC 5280 section 4.1.2.6).
//!
//! The organisation's unified social credit code stands in organizationIdentifier (2.5.4.97) as `NTRCN-<code>`, the
//! form of ETSI EN 319 412-1 section 5.1.4. This is where a verifier takes the department from. Not here: the code's
//! check digit (`values`), and whether the department is registered (the ledger).

use rcgen::{DistinguishedName, DnType, DnValue, string::PrintableString};
use x509_parser::asn1_rs::Tag;
use x509_parser::x509::X509Name;

const COUNTRY: &str = "CN";
const CODE_PREFIX: &str = "NTRCN-";
/// ub-organization-name and ub-common-name of RFC 5280 appendix A, in characters.
const MAXIMUM_CHARACTERS: usize = 64;
/// The alphabet of GB 32100: no I, O, S, V, Z.
const CODE_ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const CODE_LENGTH: usize = 18;

/// C, O, organizationIdentifier, CN: the object identifiers' content bytes and the string types we write.
const FORM: [(&[u8], Tag); 4] = [
    (&[0x55, 4, 6], Tag::PrintableString),
    (&[0x55, 4, 10], Tag::Utf8String),
    (&[0x55, 4, 97], Tag::Utf8String),
    (&[0x55, 4, 3], Tag::Utf8String),
];

/// Why a name cannot be written or is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// An organisation or common name that does not fit.
    #[error(
        "the name has {characters} characters (1 to 64 allowed), control characters or white space at an end"
    )]
    Text {
        /// Characters given.
        characters: usize,
    },
    /// Not 18 characters of the alphabet of GB 32100.
    #[error("not a unified social credit code: {0:?}")]
    Code(String),
    /// Other attributes, another order, another country or other string types.
    #[error("not the name form C=CN, O, organizationIdentifier, CN")]
    Form,
}

/// An organisation and which of its certificates this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    organization: String,
    code: String,
    common_name: String,
}

impl Subject {
    /// `organization` and `common_name` of 1 to 64 characters, `code` of 18.
    pub fn new(
        organization: impl Into<String>,
        code: impl Into<String>,
        common_name: impl Into<String>,
    ) -> Result<Self, SubjectError> {
        let subject =
            Self { organization: organization.into(), code: code.into(), common_name: common_name.into() };
        check_text(&subject.organization)?;
        check_text(&subject.common_name)?;
        let known = subject.code.bytes().all(|byte| CODE_ALPHABET.contains(&byte));
        if subject.code.len() != CODE_LENGTH || !known {
            return Err(SubjectError::Code(subject.code));
        }
        Ok(subject)
    }

    /// The organisation's name (O).
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The organisation's unified social credit code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The certificate's own name (CN).
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// As rcgen wants it.
    pub(super) fn to_name(&self) -> Result<DistinguishedName, rcgen::Error> {
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, DnValue::PrintableString(PrintableString::try_from(COUNTRY)?));
        name.push(DnType::OrganizationName, self.organization.as_str());
        name.push(DnType::CustomDnType(vec![2, 5, 4, 97]), format!("{CODE_PREFIX}{}", self.code));
        name.push(DnType::CommonName, self.common_name.as_str());
        Ok(name)
    }

    /// As x509-parser reads it; strict.
    pub(super) fn from_name(name: &X509Name<'_>) -> Result<Self, SubjectError> {
        let mut values = Vec::with_capacity(FORM.len());
        let mut form = FORM.iter();
        for relative in name.iter() {
            let mut attributes = relative.iter();
            let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
                return Err(SubjectError::Form);
            };
            let (identifier, tag) = form.next().ok_or(SubjectError::Form)?;
            let value = attribute.attr_value();
            if attribute.attr_type().as_bytes() != *identifier || value.header.tag() != *tag {
                return Err(SubjectError::Form);
            }
            values.push(std::str::from_utf8(value.data).map_err(|_| SubjectError::Form)?);
        }
        let [country, organization, identifier, common_name] = values.as_slice() else {
            return Err(SubjectError::Form);
        };
        if *country != COUNTRY {
            return Err(SubjectError::Form);
        }
        let code = identifier.strip_prefix(CODE_PREFIX).ok_or(SubjectError::Form)?;
        Self::new(*organization, code, *common_name)
    }
}

fn check_text(text: &str) -> Result<(), SubjectError> {
    let characters = text.chars().count();
    let fits = (1..=MAXIMUM_CHARACTERS).contains(&characters);
    if fits && text.trim() == text && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(SubjectError::Text { characters })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "11330100002489434D";

    #[test]
    fn names_fit() {
        assert!(Subject::new("示例市市场监督管理局", CODE, "签发").is_ok());
        let long = "长".repeat(65);
        for text in ["", " a", "a\n", "a\0b", long.as_str()] {
            assert!(matches!(Subject::new(text, CODE, "x"), Err(SubjectError::Text { .. })), "{text:?}");
            assert!(matches!(Subject::new("x", CODE, text), Err(SubjectError::Text { .. })), "{text:?}");
        }
    }

    #[test]
    fn codes_are_codes() {
        for code in
            ["", "11330100002489434", "11330100002489434DE", "1133010000248943ID", "11330100002489434d"]
        {
            assert!(matches!(Subject::new("x", code, "x"), Err(SubjectError::Code(_))), "{code:?}");
        }
    }
}
