//! What somebody shows: a credential, a download file, or the address in a printed QR. Reading it decides only what
//! it is; that it is true is for `verify`, and an address in it is never followed (law 0, section 10).
//! Not here: PDF and offline QR, which are recognised and refused by name.

use serde_json::Value;

use super::{address, printed};
use crate::ledger::receipt::MAX_RECEIPT;
use crate::sd_jwt;
use crate::values::canonical::{JsonError, parse_strict};
use crate::values::identifiers::{
    LicenceNumber, LicenceNumberError, VerificationCode, VerificationCodeError,
};

/// Most bytes of a text that is read: a credential, and a receipt as JSON writes it.
pub const MAX_EVIDENCE: usize = sd_jwt::MAX_LENGTH + 2 * MAX_RECEIPT;

/// Evidence whose kind is known. Nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// An SD-JWT VC, perhaps bound to a holder.
    Credential(String),
    /// A download file.
    Download {
        /// The SD-JWT VC.
        credential: String,
        /// The receipt of its entry.
        receipt: String,
    },
    /// What is printed on paper: the caller looks the credential up, or says that there is none.
    Number {
        /// 证照编号.
        licence_number: LicenceNumber,
        /// What only the holder of the paper knows.
        verification_code: VerificationCode,
    },
}

/// Why evidence could not be read. Says what was seen, never what it contained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing, or only white space.
    #[error("there is nothing to read")]
    Empty,
    /// More than [`MAX_EVIDENCE`].
    #[error("{found} bytes; {MAX_EVIDENCE} are read at most")]
    TooLong {
        /// Bytes given.
        found: usize,
    },
    /// A PDF, which is not yet readable.
    #[error("this is a PDF, which is not yet readable here: use the download file attached to it, or its QR")]
    Pdf,
    /// A QR for offline checking, which is not yet readable.
    #[error("this is a QR for offline checking, which is not yet readable here: use the download file")]
    OfflineQr,
    /// An address that is not a verification address.
    #[error("this is an address, but not a verification address (it has no n and c)")]
    OtherAddress,
    /// The same part of a verification address twice, or one that is not text.
    #[error("the verification address is damaged at {0:?}")]
    Address(&'static str),
    /// The number in a verification address.
    #[error("the licence number: {0}")]
    LicenceNumber(#[from] LicenceNumberError),
    /// The code in a verification address.
    #[error("the verification code: {0}")]
    VerificationCode(#[from] VerificationCodeError),
    /// JSON that is broken or says something twice.
    #[error("the file: {0}")]
    Json(#[from] JsonError),
    /// JSON that is no download file.
    #[error("this is JSON, but not a download file: it has exactly `credential` and `receipt`, both texts")]
    OtherJson,
    /// None of these.
    #[error(
        "this is none of: a credential, a download file, a verification address, a licence number with its code"
    )]
    Unknown,
}

impl Evidence {
    /// Reads a text; white space around it is tolerated.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim_start_matches('\u{feff}').trim();
        // Base64 of `%PDF-` begins with JVBERi0; a PDF may be longer than any text of ours.
        if text.starts_with("JVBERi0") || text.starts_with("%PDF-") {
            return Err(Unreadable::Pdf);
        }
        if text.is_empty() {
            return Err(Unreadable::Empty);
        }
        if text.len() > MAX_EVIDENCE {
            return Err(Unreadable::TooLong { found: text.len() });
        }
        if text.starts_with('{') {
            return download(text);
        }
        if text.starts_with("VD1:") {
            return Err(Unreadable::OfflineQr);
        }
        if address::is_address(text) {
            let (licence_number, verification_code) = address::read(text)?;
            return Ok(Self::Number { licence_number, verification_code });
        }
        if looks_like_a_credential(text) {
            return Ok(Self::Credential(text.to_owned()));
        }
        match printed::read(text) {
            Some(read) => read.map(|(licence_number, verification_code)| Self::Number {
                licence_number,
                verification_code,
            }),
            None => Err(Unreadable::Unknown),
        }
    }
}

/// A damaged credential is still one: that it is damaged is a finding, not an error.
fn looks_like_a_credential(text: &str) -> bool {
    // What is shown is long and ASCII: its bytes say the same as its characters, sooner, and soonest without a stop.
    let spaced = |any: bool, byte: u8| any | byte.is_ascii_whitespace() | (byte == 0x0b);
    let one_word =
        if text.is_ascii() { !text.bytes().fold(false, spaced) } else { !text.contains(char::is_whitespace) };
    let jws = text.split('~').next().unwrap_or_default();
    let parts = jws.split('.').count() == 3;
    (one_word && parts) || (text.starts_with("ey") && (one_word || text.contains('~')))
}

fn download(text: &str) -> Result<Evidence, Unreadable> {
    let Value::Object(mut members) = parse_strict(text.as_bytes())? else {
        return Err(Unreadable::OtherJson);
    };
    let (credential, receipt) = (members.remove("credential"), members.remove("receipt"));
    match (credential, receipt) {
        (Some(Value::String(credential)), Some(Value::String(receipt))) if members.is_empty() => {
            Ok(Evidence::Download { credential, receipt })
        }
        _ => Err(Unreadable::OtherJson),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> VerificationCode {
        VerificationCode::from_random(&[7; 16]).unwrap()
    }

    fn number(text: &str) -> Evidence {
        Evidence::Number { licence_number: text.parse().unwrap(), verification_code: code() }
    }

    #[test]
    fn kinds_are_told_apart() {
        for text in ["eyJhbGciOiJFZERTQSJ9.e30.AA~", " \n a.b.c~d~\r\n", "a.b.c", "eyJ~", "Xa.b.c~"] {
            assert_eq!(Evidence::read(text), Ok(Evidence::Credential(text.trim().to_owned())), "{text:?}");
        }
        assert_eq!(
            Evidence::read("\u{feff}{\"receipt\":\"r\\n\",\"credential\":\"c\"}\n"),
            Ok(Evidence::Download { credential: "c".into(), receipt: "r\n".into() })
        );
        let printed = code().printed();
        for text in [
            format!("https://a.test/verify?n=A-1&c={printed}"),
            format!("HTTP://A.TEST/?lang=zh&c={}&n=A%2d1#top", printed.to_lowercase()),
        ] {
            assert_eq!(Evidence::read(&text), Ok(number("A-1")), "{text:?}");
        }
        let chinese = format!("http://127.0.0.1:8080/v?n=%E8%AF%81+1&c={printed}");
        assert_eq!(Evidence::read(&chinese), Ok(number("证 1")));
    }

    #[test]
    fn what_was_seen_is_said() {
        let good = code().printed();
        for (text, why) in [
            (String::new(), Unreadable::Empty),
            (" \n".into(), Unreadable::Empty),
            ("JVBERi0xLjc=".into(), Unreadable::Pdf),
            ("%PDF-1.7".into(), Unreadable::Pdf),
            ("VD1:6BF".into(), Unreadable::OfflineQr),
            ("https://a.test/".into(), Unreadable::OtherAddress),
            (format!("https://a.test/?n=1&x={good}"), Unreadable::OtherAddress),
            (format!("https://a.test/?n=1&n=2&c={good}"), Unreadable::Address("n")),
            (format!("https://a.test/?n=1&c={good}&c={good}"), Unreadable::Address("c")),
            (format!("https://a.test/?n=%zz&c={good}"), Unreadable::Address("n")),
            (format!("https://a.test/?n=%ff&c={good}"), Unreadable::Address("n")),
            (format!("https://a.test/?n=%e&c={good}"), Unreadable::Address("n")),
            ("{\"credential\":\"a\"}".into(), Unreadable::OtherJson),
            ("{\"credential\":\"a\",\"receipt\":1}".into(), Unreadable::OtherJson),
            ("{\"credential\":\"a\",\"receipt\":\"b\",\"x\":1}".into(), Unreadable::OtherJson),
            ("hello".into(), Unreadable::Unknown),
            ("a b.c.d".into(), Unreadable::Unknown),
            (" ".repeat(3) + &"a".repeat(MAX_EVIDENCE + 1), Unreadable::TooLong { found: MAX_EVIDENCE + 1 }),
        ] {
            assert_eq!(Evidence::read(&text), Err(why), "{} bytes", text.len());
        }
        let twice = Evidence::read("{\"credential\":\"a\",\"receipt\":\"b\",\"receipt\":\"c\"}");
        assert!(matches!(twice, Err(Unreadable::Json(JsonError::Duplicate(_)))));
        assert!(matches!(Evidence::read("{\"a\""), Err(Unreadable::Json(_))));
        let number = Evidence::read(&format!("https://a.test/?n=&c={good}"));
        assert!(matches!(number, Err(Unreadable::LicenceNumber(_))));
        let code = Evidence::read("https://a.test/?n=1&c=2345");
        assert!(matches!(code, Err(Unreadable::VerificationCode(_))));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,200}") {
            let _ = Evidence::read(&text);
            let _ = Evidence::read(&format!("http://{text}"));
        }
    }
}
