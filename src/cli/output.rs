//! How a command speaks: results on stdout, as text in one of two languages or as JSON; progress and errors on stderr,
//! a bar only where that is a terminal.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::json;

use crate::audit::replay::Progress;
use crate::values::lang::Lang;
use crate::wiring::told::Told;

/// Between two lines of progress.
const EVERY: Duration = Duration::from_secs(1);

/// The language of the locale where it is English, else Chinese.
fn of_locale() -> Lang {
    let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(value);
    if locale.is_some_and(|locale| locale.starts_with("en")) { Lang::En } else { Lang::Zh }
}

/// A language by its name on the command line.
pub(super) fn lang(name: &str) -> Result<Lang, String> {
    Lang::ALL.into_iter().find(|lang| lang.as_str() == name).ok_or_else(|| "zh or en".to_owned())
}

/// Where results go and how they are written.
#[derive(Clone)]
pub(crate) struct Output {
    json: bool,
    pub(crate) lang: Lang,
    results: Arc<Mutex<dyn Write + Send>>,
}

impl Output {
    /// To stdout, as text in the locale's language.
    pub(crate) fn stdout() -> Self {
        Self::to(Arc::new(Mutex::new(io::stdout())))
    }

    /// Results to anything that can be written.
    pub(crate) fn to(results: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self { json: false, lang: of_locale(), results }
    }

    /// As the options of the command line say.
    pub(crate) fn speaking(&self, json: bool, lang: Option<Lang>) -> Self {
        Self { json, lang: lang.unwrap_or(self.lang), results: Arc::clone(&self.results) }
    }

    /// The result of a command: one line of JSON, or text.
    pub(crate) fn result(
        &self,
        json: &impl Serialize,
        text: impl FnOnce(Lang) -> String,
    ) -> anyhow::Result<()> {
        let line = if self.json { serde_json::to_string(json)? } else { text(self.lang) };
        self.raw(format!("{}\n", line.trim_end_matches('\n')).as_bytes())
    }

    /// A document whose bytes matter, or text.
    pub(crate) fn document(&self, bytes: &[u8], text: impl FnOnce(Lang) -> String) -> anyhow::Result<()> {
        if !self.json {
            return self.raw(text(self.lang).as_bytes());
        }
        self.raw(&[bytes, b"\n"].concat())
    }

    /// Bytes as they are.
    pub(crate) fn raw(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        match results.write_all(bytes).and_then(|()| results.flush()) {
            // Whoever was reading has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Why a command did not do it; as JSON on stdout too, so that there is always one object.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let text = match error.downcast_ref::<Told>() {
            Some(told) => told.text(self.lang).to_owned(),
            None => chain(error),
        };
        let _told = writeln!(io::stderr(), "{}{text}", self.lang.choose("错误：", "error: "));
        if self.json {
            let _told = self.raw(format!("{}\n", json!({ "error": text })).as_bytes());
        }
    }

    #[cfg(feature = "server")]
    /// One of many results on the way to a summary; only written where lines are JSON.
    pub(crate) fn line(&self, json: &impl Serialize) -> anyhow::Result<()> {
        if !self.json {
            return Ok(());
        }
        self.raw(format!("{}\n", serde_json::to_string(json)?).as_bytes())
    }

    /// Shows how far something long has come: a bar, or lines of NDJSON.
    pub(crate) fn progress(&self) -> Shown<'_> {
        let bar = if self.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
        Shown { lines: self.json.then_some(self), bar, last: Instant::now() }
    }

    /// The same where the result is one document, whose bytes nothing may stand before: a bar, or nothing.
    pub(crate) fn silent_progress(&self) -> Shown<'_> {
        let mut shown = self.progress();
        shown.lines = None;
        shown
    }
}

/// An error and what caused it; what it already says of its cause is not said twice.
fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told {
        told if told.is_empty() => cause,
        told if told.contains(&cause) => told,
        told => format!("{told}: {cause}"),
    })
}

/// Progress on its way.
pub(crate) struct Shown<'a> {
    /// Where lines are written.
    lines: Option<&'a Output>,
    bar: ProgressBar,
    last: Instant,
}

impl Shown<'_> {
    /// Says how far it has come; seldom, where it is written in lines.
    pub(crate) fn step(&mut self, progress: Progress) {
        let Progress { done, total } = progress;
        self.bar.set_length(total);
        self.bar.set_position(done);
        if let Some(out) = self.lines.filter(|_| self.last.elapsed() >= EVERY) {
            self.last = Instant::now();
            let line = json!({ "progress": { "done": done, "total": total } });
            let _told = out.raw(format!("{line}\n").as_bytes());
        }
    }
}

impl Shown<'_> {
    /// Says something on stderr, above the bar.
    pub(crate) fn tell(&self, text: &str) {
        self.bar.suspend(|| drop(writeln!(io::stderr(), "{text}")));
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("keys: cannot open: {source}")]
    struct Says {
        source: io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let absent = || io::Error::other("it is not there");
        let error = anyhow::Error::new(Says { source: absent() }).context("token list");
        assert_eq!(chain(&error), "token list: keys: cannot open: it is not there");
        assert_eq!(chain(&anyhow::Error::new(absent()).context("opening")), "opening: it is not there");
    }
}
