//! Values with one text form: `FromStr` reads it, `Display` writes it, and serde and `Debug` go by the same two.

/// Gives a type with `FromStr` and `Display` its serde form: that same text, through that same parser.
macro_rules! serde_as_text {
    ($($name:ident),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use serde_as_text;

/// Text where people read, and the bytes themselves where only machines do (rows of a store).
macro_rules! serde_as_text_or_bytes {
    ($name:ident, $size:literal, $bytes:expr, $of_bytes:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return serializer.collect_str(self);
                }
                let bytes: fn(&$name) -> [u8; $size] = $bytes;
                bytes(self).serialize(serializer)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                    return text.parse().map_err(serde::de::Error::custom);
                }
                let bytes = <[u8; $size]>::deserialize(deserializer)?;
                $of_bytes(bytes).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text_or_bytes;

/// Shows the text in `Debug` too: a count of milliseconds helps nobody who reads a failed test.
macro_rules! debug_as_text {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )+};
}
pub(crate) use debug_as_text;
