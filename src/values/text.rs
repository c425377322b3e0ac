//! Values with one text form: `FromStr` reads it, `Display` writes it, and serde and `Debug` go by the same two.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Visitor};

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
                deserializer.deserialize_str($crate::values::text::Parsed(std::marker::PhantomData))
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
                    return deserializer
                        .deserialize_str($crate::values::text::Parsed(std::marker::PhantomData));
                }
                let bytes = <[u8; $size]>::deserialize(deserializer)?;
                $of_bytes(bytes).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text_or_bytes;

/// Reads a string and parses it where it lies, without a copy of its own.
pub(crate) struct Parsed<T>(pub(crate) PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

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
