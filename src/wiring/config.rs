//! How the service was asked to run: flags, then the environment, then `--config FILE` (TOML), then the defaults.
//!
//! Not here: whether a directory can be used (`keyring`, `store`), and whether the base URL is the founded one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

use super::span::Span;
use crate::values::identifiers::BaseUrl;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const TICK: Span = Span::of_millis(1_000);
const CLOCK_GAP: Span = Span::of_millis(30 * 86_400_000);
const WITNESS_EVERY: Span = Span::of_millis(10_000);
/// More than any window of a department sends; a flood is more.
const ADDRESS_RATE: u32 = 1000;
/// A configuration is a page, not a book.
const LARGEST: usize = 64 * 1024;

/// The flags of `vidimus serve`, each with its variable.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "VIDIMUS_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Directory of the ledger and the vault [default: ./data]
    #[arg(long, env = "VIDIMUS_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Directory of private keys and tokens [default: ./keys/dev]
    #[arg(long, env = "VIDIMUS_KEYS", value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Address under which the authority's documents are named; fixed at founding
    #[arg(long, env = "VIDIMUS_PUBLIC_URL", value_name = "URL", value_parser = base_url)]
    pub public_url: Option<BaseUrl>,
    /// Directory of licence types [default: those built in]
    #[arg(long, env = "VIDIMUS_SCHEMAS", value_name = "DIR")]
    pub schemas: Option<PathBuf>,
    /// How often status lists are published [default: 1s]
    #[arg(long, env = "VIDIMUS_TICK", value_name = "TIME")]
    pub tick: Option<Span>,
    /// Longest pause since the last entry that is believed at start [default: 30d]
    #[arg(long, env = "VIDIMUS_CLOCK_GAP", value_name = "TIME")]
    pub clock_gap: Option<Span>,
    /// File whose first line decrypts the private keys
    #[arg(long, env = "VIDIMUS_PASSPHRASE_FILE", value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Certificate chain in PEM, for TLS; read again when it changes
    #[arg(long, env = "VIDIMUS_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, env = "VIDIMUS_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Network of proxies whose X-Forwarded-For is believed: 10.0.0.0/8, ::1/128; several with commas
    #[arg(long, env = "VIDIMUS_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,
    /// Requests a second from one address without a token, ten times as many at once; 0 is no limit [default: 1000]
    #[arg(long, env = "VIDIMUS_ADDRESS_RATE", value_name = "N")]
    pub address_rate: Option<u32>,
    /// Requests a second with one token, ten times as many at once; 0 is no limit [default: 0]
    #[arg(long, env = "VIDIMUS_TOKEN_RATE", value_name = "N")]
    pub token_rate: Option<u32>,
    /// How often the witnesses of the policy are asked, as agreed with them [default: 10s]
    #[arg(long, env = "VIDIMUS_WITNESS_EVERY", value_name = "TIME")]
    pub witness_every: Option<Span>,
    /// Stop writing when entries have waited this long for a quorum of witnesses [default: only label them]
    #[arg(long, env = "VIDIMUS_WITNESS_WITHIN", value_name = "TIME")]
    pub witness_within: Option<Span>,
    /// Directory of a journal of every write, best on another disk: the ledger and the vault are made again from it
    #[arg(long, env = "VIDIMUS_JOURNAL", value_name = "DIR")]
    pub journal: Option<PathBuf>,
    /// For one start: begin a new journal, whatever lies in --journal (it is set aside) and whether or not the old one is there
    #[arg(long)]
    pub journal_anew: bool,
    /// TOML file with the same settings (clock_gap = "30d"); flags and variables come before it
    #[arg(long, env = "VIDIMUS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `--config` may hold; paths are relative to the working directory, as those of flags are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServeFile {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    keys: Option<PathBuf>,
    #[serde(default, deserialize_with = "some_base_url")]
    public_url: Option<BaseUrl>,
    schemas: Option<PathBuf>,
    tick: Option<Span>,
    clock_gap: Option<Span>,
    passphrase_file: Option<PathBuf>,
    sample: Option<bool>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    #[serde(default, deserialize_with = "networks")]
    trusted_proxy: Vec<IpNet>,
    address_rate: Option<u32>,
    token_rate: Option<u32>,
    witness_every: Option<Span>,
    witness_within: Option<Span>,
    journal: Option<PathBuf>,
}

/// How to run, every question answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The ledger's directory.
    pub data: PathBuf,
    /// The keyring's directory.
    pub keys: PathBuf,
    /// The base URL asked for; founding has a default, later starts keep theirs.
    pub public_url: Option<BaseUrl>,
    /// Licence types other than those built in.
    pub schemas: Option<PathBuf>,
    /// Between two publications.
    pub tick: Duration,
    /// Longest pause since the last entry that is believed at start (law 0, section 7).
    pub clock_gap: Duration,
    /// Where the passphrase of the private keys stands.
    pub passphrase_file: Option<PathBuf>,
    /// Whether a sample may be founded where nothing is (`sample = false` in the file: this is to be a real authority).
    pub sample: bool,
    /// Certificate chain and key, for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Proxies whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Requests a second from one address without a token.
    pub address_rate: Option<u32>,
    /// Requests a second with one token.
    pub token_rate: Option<u32>,
    /// Between two rounds of witnesses.
    pub witness_every: Duration,
    /// How long entries may wait for a quorum of witnesses before writing stops; `None`: for ever, and labelled.
    pub witness_within: Option<Duration>,
    /// Where every write is written down a second time.
    pub journal: Option<PathBuf>,
    /// Whether that begins anew, come what may.
    pub journal_anew: bool,
}

/// Why the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {reason}; name a readable TOML file with --config, or leave it out", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// More than 64 KiB.
    #[error("{}: {found} bytes, a configuration has at most {LARGEST}; is it the right file?", path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// Bytes found.
        found: usize,
    },
    /// Entries that may wait for less time than there is between two rounds.
    #[error("--witness-within must be longer than --witness-every: entries wait for the next round")]
    Within,
    /// A certificate without its key, or a key without its certificate.
    #[error("TLS needs both --tls-cert and --tls-key; {given} is given alone")]
    HalfTls {
        /// What is given.
        given: &'static str,
    },
    /// Not TOML, a key that is not known, or a value that is none.
    #[error("{}:{line}: {}{message}", path.display(), key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The key of that line, if it has one.
        key: Option<String>,
        /// What is wrong and what would be right.
        message: String,
    },
}

impl ServeConfig {
    /// Answers every question from `args`, then from the file they name, then by default.
    pub fn from_args(args: ServeArgs) -> Result<Self, ConfigError> {
        let file = args.config.as_deref().map_or_else(|| Ok(ServeFile::default()), ServeFile::read)?;
        let tls = match (args.tls_cert.or(file.tls_cert), args.tls_key.or(file.tls_key)) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return Err(ConfigError::HalfTls { given: "--tls-cert" }),
            (None, Some(_)) => return Err(ConfigError::HalfTls { given: "--tls-key" }),
        };
        let every = args.witness_every.or(file.witness_every).unwrap_or(WITNESS_EVERY).duration();
        let within = args.witness_within.or(file.witness_within).map(Span::duration);
        if within.is_some_and(|within| within <= every) {
            return Err(ConfigError::Within);
        }
        let rate = |rate: u32| (rate > 0).then_some(rate);
        let proxies = args.trusted_proxy;
        Ok(Self {
            listen: args.listen.or(file.listen).unwrap_or(LISTEN),
            data: args.data.or(file.data).unwrap_or_else(|| PathBuf::from("./data")),
            keys: args.keys.or(file.keys).unwrap_or_else(|| PathBuf::from("./keys/dev")),
            public_url: args.public_url.or(file.public_url),
            schemas: args.schemas.or(file.schemas),
            tick: args.tick.or(file.tick).unwrap_or(TICK).duration(),
            clock_gap: args.clock_gap.or(file.clock_gap).unwrap_or(CLOCK_GAP).duration(),
            passphrase_file: args.passphrase_file.or(file.passphrase_file),
            sample: file.sample.unwrap_or(true),
            tls,
            trusted_proxies: if proxies.is_empty() { file.trusted_proxy } else { proxies },
            address_rate: rate(args.address_rate.or(file.address_rate).unwrap_or(ADDRESS_RATE)),
            token_rate: rate(args.token_rate.or(file.token_rate).unwrap_or(0)),
            witness_every: every,
            witness_within: within,
            journal: args.journal.or(file.journal),
            journal_anew: args.journal_anew,
        })
    }
}

impl ServeFile {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        if text.len() > LARGEST {
            return Err(ConfigError::Large { path: path.to_owned(), found: text.len() });
        }
        toml::from_str(&text).map_err(|error| at_line(path, &text, &error))
    }
}

/// Where in the file, and at which key, the parser stumbled.
fn at_line(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let key = text
        .lines()
        .nth(line - 1)
        .and_then(|line| line.split_once('='))
        .map(|(key, _)| key.trim().to_owned())
        .filter(|key| !key.is_empty());
    ConfigError::Line { path: path.to_owned(), line, key, message: error.message().replace('\n', "; ") }
}

/// A base URL, without the slash people put at its end.
fn base_url(text: &str) -> Result<BaseUrl, String> {
    text.strip_suffix('/').unwrap_or(text).parse().map_err(|error| {
        format!("{text:?}: {error}; write https://HOST or http://HOST:PORT, without a query")
    })
}

/// A network, or one address alone.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let parsed = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    parsed.ok_or_else(|| {
        format!("{text:?} is no network: write an address and its length: 10.0.0.0/8, ::1/128")
    })
}

fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| network(text).map_err(serde::de::Error::custom)).collect()
}

fn some_base_url<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<BaseUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    base_url(&text).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests;
