//! The code of a holder with its type (GB/T 36903, annex A): whose number it is, and which kind of number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{CreditCode, CreditCodeError, ResidentNumber, ResidentNumberError, first_misfit, written_as_str};

/// Longest code of a kind that has no form of its own here.
const LONGEST: usize = 64;

/// One table for the kinds: name, code, Chinese name, English name.
macro_rules! code_types {
    ($($name:ident $code:literal $zh:literal $en:literal;)+) => {
        /// The kinds of holder codes. Written as three digits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CodeType {
            $(#[doc = concat!($code, " ", $zh)] $name,)+
        }

        impl CodeType {
            /// Every kind, by its code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The three digits.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The name of the standard.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)+ }
            }

            /// Our English name for it.
            pub fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)+ }
            }
        }
    };
}

code_types! {
    CreditCode "001" "统一社会信用代码" "unified social credit code";
    OtherOrganisation "099" "其他法人或其他组织有效证件代码" "other valid code of an organisation";
    ResidentNumber "111" "公民身份号码" "resident's identity number";
    Officer "114" "军官证编号" "military officer's card";
    ArmedPoliceOfficer "115" "武警警官证编号" "armed police officer's card";
    Soldier "118" "解放军士兵证编号" "soldier's card";
    ArmedPoliceSoldier "119" "武警士兵证编号" "armed police soldier's card";
    MilitaryCivilian "120" "解放军文职人员证编号" "military civilian's card";
    ArmedPoliceCivilian "122" "武警文职人员证编号" "armed police civilian's card";
    DiplomaticPassport "411" "外交护照" "diplomatic passport";
    ServicePassport "412" "公务护照" "service passport";
    PublicAffairsPassport "413" "公务普通护照" "passport for public affairs";
    Passport "414" "普通护照" "ordinary passport";
    TaiwanPermit "511" "台湾居民来往大陆通行证" "mainland travel permit for Taiwan residents";
    HongKongMacaoPermit "516" "港澳居民来往内地通行证" "mainland travel permit for Hong Kong and Macao residents";
    OtherPerson "999" "其他自然人有效证件代码" "other valid code of a person";
}

/// Three digits that name no kind of holder code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no holder code type {found:?} in GB/T 36903")]
pub struct CodeTypeError {
    /// What was written, cut after 16 characters.
    pub found: String,
}

impl CodeType {
    /// Whether the holder is an organisation; otherwise it is a person.
    pub fn is_organisation(self) -> bool {
        matches!(self, Self::CreditCode | Self::OtherOrganisation)
    }
}

impl FromStr for CodeType {
    type Err = CodeTypeError;

    fn from_str(text: &str) -> Result<Self, CodeTypeError> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| CodeTypeError { found: text.chars().take(16).collect() })
    }
}

written_as_str!(CodeType);

/// A holder's code of a known type. In JSON `{"code":"…","code_type":"001"}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct HolderCode {
    code: String,
    code_type: CodeType,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    code: String,
    code_type: CodeType,
}

/// Why a holder's code was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HolderCodeError {
    /// Type 001.
    #[error(transparent)]
    CreditCode(#[from] CreditCodeError),
    /// Type 111.
    #[error(transparent)]
    ResidentNumber(#[from] ResidentNumberError),
    /// Empty, or too long.
    #[error("a holder's code has 1 to 64 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Not a printable ASCII character; spaces are none.
    #[error("character {position} ({found:?}) cannot stand in a holder's code")]
    Character {
        /// Position in characters, from 0.
        position: usize,
        /// What stands there.
        found: char,
    },
}

impl HolderCodeError {
    /// The sentence in Chinese; `Display` is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::CreditCode(problem) => problem.zh(),
            Self::ResidentNumber(problem) => problem.zh(),
            Self::Length { found } => format!("持证主体代码为 1 至 64 个字符,实有 {found} 个"),
            Self::Character { position, found } => {
                format!("持证主体代码的第 {} 个字符不能是“{found}”", position + 1)
            }
        }
    }
}

impl HolderCode {
    /// A code of that type: 001 and 111 with their checks, the others 1 to 64 printable ASCII characters.
    pub fn parse(code_type: CodeType, code: &str) -> Result<Self, HolderCodeError> {
        match code_type {
            CodeType::CreditCode => drop(code.parse::<CreditCode>()?),
            CodeType::ResidentNumber => drop(code.parse::<ResidentNumber>()?),
            _ => check_printable(code)?,
        }
        Ok(Self { code: code.to_owned(), code_type })
    }

    /// The type.
    pub fn code_type(&self) -> CodeType {
        self.code_type
    }

    /// The code itself. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.code
    }
}

fn check_printable(code: &str) -> Result<(), HolderCodeError> {
    let found = code.chars().count();
    if !(1..=LONGEST).contains(&found) {
        return Err(HolderCodeError::Length { found });
    }
    match first_misfit(code, |c| c.is_ascii_graphic()) {
        Some((position, found)) => Err(HolderCodeError::Character { position, found }),
        None => Ok(()),
    }
}

impl TryFrom<Unchecked> for HolderCode {
    type Error = HolderCodeError;

    fn try_from(read: Unchecked) -> Result<Self, HolderCodeError> {
        Self::parse(read.code_type, &read.code)
    }
}

impl fmt::Display for HolderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

/// An organisation's code is public; a person's stays hidden.
impl fmt::Debug for HolderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.code_type.is_organisation() { self.code.as_str() } else { "…" };
        write!(f, "HolderCode({} {shown})", self.code_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_the_standard() {
        assert_eq!(CodeType::ALL.len(), 16);
        for kind in CodeType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("111".parse::<CodeType>().unwrap().zh(), "公民身份号码");
        assert_eq!("2".parse::<CodeType>(), Err(CodeTypeError { found: "2".into() }));
        assert!("100".parse::<CodeType>().is_err());
    }

    #[test]
    fn each_type_has_its_form() {
        let parse = HolderCode::parse;
        assert!(parse(CodeType::CreditCode, "91430700MA4PBKBQ48").is_ok());
        assert!(matches!(
            parse(CodeType::CreditCode, "91430700MA4PBKBQ49"),
            Err(HolderCodeError::CreditCode(_))
        ));
        assert!(parse(CodeType::ResidentNumber, "11010519491231002X").is_ok());
        assert!(parse(CodeType::ResidentNumber, "91430700MA4PBKBQ48").is_err());
        assert!(parse(CodeType::Passport, "E12345678").is_ok());
        assert_eq!(parse(CodeType::Passport, ""), Err(HolderCodeError::Length { found: 0 }));
        assert_eq!(parse(CodeType::Passport, &"E".repeat(65)), Err(HolderCodeError::Length { found: 65 }));
        let space = HolderCodeError::Character { position: 1, found: ' ' };
        assert_eq!(parse(CodeType::Passport, "E 1"), Err(space));
        assert!(parse(CodeType::Officer, "军字第1号").is_err());
    }

    #[test]
    fn json_is_checked_and_debug_hides_persons() {
        let json = r#"{"code":"11010519491231002X","code_type":"111"}"#;
        let code: HolderCode = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), json);
        assert_eq!(format!("{code:?}"), "HolderCode(111 …)");
        assert!(
            serde_json::from_str::<HolderCode>(r#"{"code":"110105194912310021","code_type":"111"}"#).is_err()
        );
        assert!(serde_json::from_str::<HolderCode>(r#"{"code":"E1","code_type":"414","x":1}"#).is_err());
    }
}
