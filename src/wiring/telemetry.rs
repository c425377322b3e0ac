//! Where logs go: standard error, for people or as JSON lines. Result goes to standard output and is not logged.
//!
//! Nothing personal is logged: our own events carry handles, codes, counts and times; and of other people's crates,
//! which may log what they carry at their finer levels, only warnings are heard unless they are asked for by name.

use std::io::{IsTerminal as _, Write as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// The flags every command has for its logs.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LogArgs {
    /// What to log: error, warn, info, debug, trace, or directives (vidimus=debug,tower=info)
    #[arg(long, env = "VIDIMUS_LOG", value_name = "LEVEL", default_value = "info", global = true)]
    pub log: String,
    /// How to log
    #[arg(
        long,
        env = "VIDIMUS_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        global = true
    )]
    pub log_format: LogFormat,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people; coloured on a terminal unless NO_COLOR is set.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Why there will be no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `--log` is not understood.
    #[error(
        "--log {given:?}: {source}; write error, warn, info, debug or trace, or directives like vidimus=debug"
    )]
    Filter {
        /// What was given.
        given: String,
        /// What the parser says.
        source: ParseError,
    },
    /// Started twice in one process.
    #[error("logging was started already")]
    Started,
}

/// Sends the process's events to standard error from now on. Once a process.
pub fn start(args: &LogArgs) -> Result<(), TelemetryError> {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(&args.log)?).with_writer(std::io::stderr);
    let started = match args.log_format {
        LogFormat::Human => {
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            builder.with_ansi(colours).with_target(false).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|_| TelemetryError::Started)
}

/// Has panics told from now on: in the log, or as a line on standard error where a command keeps none.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(told));
}

/// A panic is told by its place. What it says is told only of our own: the storage engine gives up on damaged data, or at
/// its end on a disk that fails, with a message that can print whole pages of it.
fn told(panic: &std::panic::PanicHookInfo<'_>) {
    let at = panic.location().map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current().name().unwrap_or_default().to_owned();
    let said = if at.starts_with("src/") { panic.payload_as_str().unwrap_or_default() } else { "" };
    if tracing::dispatcher::has_been_set() {
        tracing::error!(at, thread, said, "panic");
    } else {
        let _told = writeln!(std::io::stderr(), "panic at={at} thread={thread:?} said={said:?}");
    }
}

/// A bare level is ours alone; directives are taken as they are. An empty variable is one that is not set.
fn filter(given: &str) -> Result<EnvFilter, TelemetryError> {
    let level = if given.is_empty() { "info" } else { given };
    let bare = level.chars().all(|character| character.is_ascii_alphabetic());
    let directives = if bare { format!("warn,vidimus={level}") } else { level.to_owned() };
    EnvFilter::builder()
        .parse(directives)
        .map_err(|source| TelemetryError::Filter { given: given.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        logs: LogArgs,
    }

    #[test]
    fn a_bare_level_is_for_our_own_events() {
        assert_eq!(filter("info").unwrap().to_string(), "vidimus=info,warn");
        assert_eq!(filter("vidimus=debug,tower=info").unwrap().to_string(), "vidimus=debug,tower=info");
        assert_eq!(filter("").unwrap().to_string(), "vidimus=info,warn");
        for bad in ["loud", "vidimus=loud", "a=b=c"] {
            let said = filter(bad).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains("--log") && said.contains("vidimus=debug"), "{bad}: {said}");
        }
    }

    #[test]
    fn flags_have_defaults() {
        let logs = Command::try_parse_from(["vidimus"]).unwrap().logs;
        assert_eq!((logs.log.as_str(), logs.log_format), ("info", LogFormat::Human));
        let logs = Command::try_parse_from(["vidimus", "--log-format", "json"]).unwrap().logs;
        assert_eq!(logs.log_format, LogFormat::Json);
        assert!(Command::try_parse_from(["vidimus", "--log-format", "xml"]).is_err());
    }

    #[test]
    fn once_a_process() {
        let args = LogArgs { log: "warn".to_owned(), log_format: LogFormat::Json };
        assert!(start(&args).is_ok());
        assert!(matches!(start(&args), Err(TelemetryError::Started)));
    }
}
