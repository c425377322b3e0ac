//! The base URL under which an authority names its types, status lists and metadata (law 0, section 1). A name, not
//! an address that is connected to: no resolution, no normalisation, one spelling. The law, the catalogue and the
//! command line all ask this one parser.

use std::str::FromStr;

use super::written_as_str;

/// Longest base URL, in bytes.
const LONGEST: usize = 255;

/// `http://` or `https://`, a host, perhaps a port and a path; no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

/// Why a base URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Neither `http://` nor `https://`.
    #[error("a base URL begins with http:// or https://")]
    Scheme,
    /// Longer than 255 characters.
    #[error("a base URL has at most 255 characters, found {0}")]
    Length(usize),
    /// An empty host or path segment, or a slash at the end.
    #[error("a base URL has a host and no empty path segment, and does not end in a slash")]
    Segment,
    /// A character that is not `a-z 0-9 . - : [ ]` in the host, or `A-Z a-z 0-9 . _ ~ -` in the path.
    #[error("character {0:?} cannot stand there in a base URL")]
    Character(char),
}

impl BaseUrl {
    /// The text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        if text.len() > LONGEST {
            return Err(BaseUrlError::Length(text.chars().count()));
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        for (position, segment) in rest.ok_or(BaseUrlError::Scheme)?.split('/').enumerate() {
            let fits = if position == 0 { in_host } else { in_path };
            if let Some(found) = segment.chars().find(|c| !fits(*c)) {
                return Err(BaseUrlError::Character(found));
            }
            if matches!(segment, "" | "." | "..") || (position == 0 && segment.starts_with(':')) {
                return Err(BaseUrlError::Segment);
            }
        }
        Ok(Self(text.to_owned()))
    }
}

fn in_host(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '.' | '-' | ':' | '[' | ']')
}

fn in_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-')
}

written_as_str!(BaseUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for good in ["http://127.0.0.1:8080", "https://licences.example", "http://[::1]:8080/city/v-1"] {
            assert_eq!(good.parse::<BaseUrl>().unwrap().as_str(), good);
        }
        let long = format!("https://{}", "a".repeat(256));
        for bad in [
            "",
            "ftp://a",
            "HTTP://a",
            "http://",
            "http:///x",
            "http://a/",
            "http://a//b",
            "http://a/..",
            "http://A",
            "http://u@a",
            "http://a?x",
            "http://a/\"",
            "http://a/{base_url}",
            "http://:80",
            "http://中",
            "http://a b",
            "http://a\\b",
            "http://a/#x",
            "http://a/<x>",
            "http://a/\u{7f}",
            long.as_str(),
        ] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
        }
    }
}
