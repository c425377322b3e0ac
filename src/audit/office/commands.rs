//! The command beside each thing that the page tells: what is typed on the command line to be told the same. Not here:
//! running any; the page does by itself what they do.

use super::folder::{LAST_SEEN, LAST_SEEN_VKEY};
use crate::crypto::Digest;

/// What the office was opened with, as it was written on the command line.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Where the ledger is read.
    pub from: String,
    /// Where its mirrors are.
    pub mirrors: Vec<String>,
    /// The options that say what the auditor brought along.
    pub pins: Vec<String>,
    /// The options of the auditor's key.
    pub signing: Vec<String>,
    /// The file of verifier keys.
    pub vkey: Option<String>,
    /// The file of the policy.
    pub policy: Option<String>,
    /// The office's folder.
    pub into: String,
}

impl Asked {
    /// The head.
    pub(super) fn head(&self) -> String {
        line(["ledger", "head", "--from", &self.from])
    }

    /// Whether the head continues what was seen last.
    pub(super) fn follows(&self) -> String {
        line(["ledger", "compare", &self.within(LAST_SEEN), &self.from, "--vkey", &self.keys()])
    }

    /// What stands under the ledger's newest cosigned checkpoint, by the policy.
    pub(super) fn witnessed(&self) -> Option<String> {
        let policy = self.policy.as_ref()?;
        Some(line(["audit", "replay", "--from", &self.from, "--policy", policy]))
    }

    /// How a mirror stands to the head.
    pub(super) fn mirror(&self, number: usize, mirror: &str) -> String {
        let proof = self.within(&format!("mirror-{number}.split-view"));
        line(["ledger", "compare", &self.from, mirror, "--vkey", &self.keys(), "--proof", &proof])
    }

    /// The findings over the first `size` entries, to the byte; without a size over all that there are.
    pub(super) fn findings(&self, size: Option<u64>) -> String {
        self.over("report", size, &[])
    }

    /// The same, with the page that stands alone.
    pub(super) fn report_page(&self, size: Option<u64>) -> String {
        self.over("report", size, &["--html", "findings.html"])
    }

    /// The open statistics over the first `size` entries.
    pub(super) fn statistics(&self, size: Option<u64>) -> String {
        self.over("statistics", size, &["--k", "10", "--into", "statistics"])
    }

    /// The proof of a split view, checked.
    pub(super) fn split_view(&self, proof: &str) -> String {
        line(["ledger", "split-view", &self.within(proof), "--vkey", &self.keys()])
    }

    fn over(&self, verb: &str, size: Option<u64>, more: &[&str]) -> String {
        let range = size.map(|size| format!("0..{size}"));
        let words = ["audit", verb, "--json", "--from", &self.from];
        let range = range.iter().flat_map(|range| ["--range", range]);
        let given = self.pins.iter().chain(&self.signing).map(String::as_str);
        line(words.into_iter().chain(range).chain(given).chain(more.iter().copied()))
    }

    fn keys(&self) -> String {
        self.vkey.clone().unwrap_or_else(|| self.within(LAST_SEEN_VKEY))
    }

    fn within(&self, name: &str) -> String {
        format!("{}/{name}", self.into.trim_end_matches('/'))
    }
}

/// Where a witness keeps the newest checkpoint that it cosigned of this ledger.
pub(super) fn latest_of(witness: &str, origin: &str) -> String {
    format!("{}/{}/checkpoint", witness.trim_end_matches('/'), Digest::of(origin.as_bytes()))
}

/// That address, asked.
pub(super) fn curl(url: &str) -> String {
    format!("curl -sf {}", quoted(url))
}

fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().fold("vidimus".to_owned(), |line, word| format!("{line} {}", quoted(word)))
}

/// A word that a shell takes as it stands.
fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_./:@=,+%-".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_them_as_they_are_meant() {
        let asked = Asked {
            from: "/srv/it's a mirror".into(),
            pins: vec!["--vkey".into(), "log.vkey".into()],
            into: "audit/".into(),
            ..Asked::default()
        };
        assert_eq!(
            asked.findings(Some(7)),
            r"vidimus audit report --json --from '/srv/it'\''s a mirror' --range 0..7 --vkey log.vkey"
        );
        assert_eq!(
            asked.split_view("ledger.split-view"),
            "vidimus ledger split-view audit/ledger.split-view --vkey audit/last-seen.vkey"
        );
        assert_eq!(quoted(""), "''");
    }
}
