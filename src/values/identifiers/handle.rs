//! The handle of a licence: a UUID of version 7 (RFC 9562, section 5.7), ordered by time and not guessable. It is the
//! credential's `jti` and the licence's name in the ledger.

use std::fmt;
use std::str::FromStr;

use uuid::fmt::Hyphenated;
use uuid::{Builder, Uuid, Variant};

use crate::values::text::serde_as_text_or_bytes;
use crate::values::time::Time;

/// A UUIDv7, written in lower case with hyphens. Sixteen bytes, so it is `Copy` and has no `as_str`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle([u8; 16]);

/// Why a handle was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Not a UUID in lower case with hyphens, or not one of RFC 9562.
    #[error("a handle is a UUID in lower case with hyphens (36 characters), found {found} characters")]
    Form {
        /// Characters found.
        found: usize,
    },
    /// A UUID of another version.
    #[error("a handle is a UUID of version 7, found version {found}")]
    Version {
        /// The version found.
        found: usize,
    },
    /// A time past the year 9999.
    #[error("the handle's time, {millis} ms, lies past the year 9999")]
    Time {
        /// Its milliseconds since the Unix epoch.
        millis: u64,
    },
}

impl Handle {
    /// A new handle of that time; 74 of the 80 random bits are used. A time before 1970 counts as 1970.
    pub fn new(time: Time, random: [u8; 10]) -> Self {
        let millis = u64::try_from(time.millis()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes())
    }

    /// The sixteen bytes, which sort as the text does.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The handle of those bytes, under the same rules as its text.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, HandleError> {
        let uuid = Uuid::from_bytes(bytes);
        if uuid.get_variant() != Variant::RFC4122 {
            return Err(HandleError::Form { found: 36 });
        }
        if uuid.get_version_num() != 7 {
            return Err(HandleError::Version { found: uuid.get_version_num() });
        }
        let handle = Self(bytes);
        let millis = handle.millis();
        if i64::try_from(millis).is_ok_and(|millis| millis <= Time::MAX.millis()) {
            Ok(handle)
        } else {
            Err(HandleError::Time { millis })
        }
    }

    /// When it was made, as it says itself.
    pub fn time(&self) -> Time {
        i64::try_from(self.millis())
            .ok()
            .and_then(|millis| Time::from_millis(millis).ok())
            .unwrap_or(Time::MAX)
    }

    /// The first 48 bits.
    fn millis(&self) -> u64 {
        self.0.iter().take(6).fold(0, |millis, byte| millis << 8 | u64::from(*byte))
    }
}

impl FromStr for Handle {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, HandleError> {
        // The parser of uuid takes braces, URNs and no hyphens too, each of another length, and upper case.
        let ours = text.len() == Hyphenated::LENGTH && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match Uuid::try_parse(text) {
            Ok(uuid) if ours => Self::from_bytes(uuid.into_bytes()),
            _ => Err(HandleError::Form { found: text.chars().count() }),
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Uuid::from_bytes(self.0).hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({self})")
    }
}

serde_as_text_or_bytes!(Handle, 16, |handle| handle.0, Handle::from_bytes);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_9562() {
        let handle: Handle = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        assert_eq!(handle.time().to_string(), "2022-02-22T19:22:22.000Z");
        assert_eq!(handle.as_bytes()[0..2], [0x01, 0x7f]);
        assert_eq!(handle.to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    }

    #[test]
    fn other_uuids_and_spellings_are_refused() {
        let error = |text: &str| text.parse::<Handle>().unwrap_err();
        assert_eq!(error("017f22e2-79b0-4cc3-98c4-dc0c0c07398f"), HandleError::Version { found: 4 });
        for bad in [
            "",
            "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
            "017f22e279b07cc398c4dc0c0c07398f",
            "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-d8c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        ] {
            assert!(matches!(error(bad), HandleError::Form { .. }), "{bad}");
        }
        assert!(matches!(error("ffffffff-ffff-7cc3-98c4-dc0c0c07398f"), HandleError::Time { .. }));
    }

    proptest! {
        #[test]
        fn new_handles_parse_and_sort_by_time(
            early in 0..Time::MAX.millis(), later in 1_i64..1_000_000, a: [u8; 10], b: [u8; 10],
        ) {
            let time = Time::from_millis(early).unwrap();
            let handle = Handle::new(time, a);
            prop_assert_eq!(handle.time(), time);
            prop_assert_eq!(handle.to_string().parse::<Handle>(), Ok(handle));
            let next = Handle::new(time.plus(later), b);
            if time.plus(later) > time { prop_assert!(handle < next && handle.to_string() < next.to_string()); }
        }
    }

    #[test]
    fn a_time_before_1970_counts_as_1970() {
        assert_eq!(Handle::new(Time::MIN, [0; 10]).time().millis(), 0);
    }
}
