//! The identifiers of the house, one newtype and one parser each (`FromStr`); what parses is well-formed for good.
//!
//! Well-formed is all it is: whether an organisation, a region or a person of that number exists is not known here.

mod base_url;
mod credit_code;
mod handle;
mod holder_code;
pub mod iso7064;
mod licence_identifier;
mod licence_number;
mod origin;
mod region;
mod resident_number;
mod short;
mod slug;
mod type_code;
mod verification_code;

pub use base_url::{BaseUrl, BaseUrlError};
pub use credit_code::{CreditCode, CreditCodeError};
pub use handle::{Handle, HandleError};
pub use holder_code::{CodeType, CodeTypeError, HolderCode, HolderCodeError};
pub use licence_identifier::{LicenceIdentifier, LicenceIdentifierError};
pub use licence_number::{LicenceNumber, LicenceNumberError};
pub use origin::{Origin, OriginError};
pub use region::{Region, RegionError, RegionLevel};
pub use resident_number::{ResidentNumber, ResidentNumberError};
pub use short::Short;
pub use slug::{Slug, SlugError};
pub use type_code::{TypeCode, TypeCodeError};
pub use verification_code::{VerificationCode, VerificationCodeError};

use super::text::serde_as_text;

/// Gives a type with `as_str` and `FromStr` its `Display`, and its serde form through that same parser.
macro_rules! written_as_str {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        super::serde_as_text!($name);
    };
}
use written_as_str;

/// The first character of `text` that `fits` refuses, with its position in characters from 0.
fn first_misfit(text: &str, fits: impl Fn(char) -> bool) -> Option<(usize, char)> {
    text.chars().enumerate().find(|(_, character)| !fits(*character))
}
