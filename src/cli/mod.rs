//! Floor 7: the command line: one file a command, nouns in one table. Results go to stdout, progress and errors to
//! stderr; exit codes come from one table (`exit`).
//!
//! To add a command: a file, a row in `Noun`, an arm in `Noun::run`; commands that need the service stand behind
//! `#[cfg(feature = "server")]`. Not here: what a command finds out; that is asked of the rooms below.

mod audit;
#[cfg(feature = "server")]
mod backup;
#[cfg(feature = "server")]
mod calendar;
#[cfg(feature = "server")]
mod card;
#[cfg(feature = "server")]
mod case;
#[cfg(feature = "server")]
mod ceremony;
#[cfg(feature = "server")]
mod columns;
#[cfg(feature = "server")]
mod department;
#[cfg(feature = "server")]
mod doctor;
#[cfg(feature = "server")]
mod existing;
mod exit;
#[cfg(feature = "server")]
mod init;
#[cfg(feature = "server")]
mod issue;
#[cfg(feature = "server")]
mod issuer;
#[cfg(feature = "server")]
mod keys;
mod ledger;
#[cfg(feature = "server")]
mod licence;
#[cfg(feature = "server")]
mod matter;
#[cfg(feature = "server")]
mod officer;
#[cfg(feature = "server")]
mod officer_told;
#[cfg(feature = "server")]
mod operator;
mod output;
mod own_key;
#[cfg(feature = "server")]
mod power;
#[cfg(feature = "server")]
mod proof_demand;
#[cfg(feature = "server")]
mod reconcile;
#[cfg(feature = "server")]
mod records;
#[cfg(feature = "server")]
mod registrar;
#[cfg(feature = "server")]
mod registrar_told;
#[cfg(feature = "server")]
mod restore;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod stopping;
#[cfg(feature = "server")]
mod supervision;
#[cfg(feature = "server")]
mod table;
#[cfg(feature = "server")]
mod token;
mod trust;
#[cfg(feature = "server")]
mod types;
mod verify;
mod verify_told;
#[cfg(feature = "server")]
mod witness;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::values::lang::Lang;
use crate::wiring::telemetry;
use exit::Exit;
use output::Output;

/// Departments issue signed electronic licences, everyone verifies them, auditors replay the ledger.
#[derive(Debug, Parser)]
#[command(name = "vidimus", version, after_help = EXIT_CODES)]
struct Cli {
    /// One JSON object on stdout, or NDJSON for progress that ends in one summary.
    #[arg(long, global = true)]
    json: bool,
    /// Language of sentences; by default that of the locale where it is English, else Chinese.
    #[arg(long, global = true, value_name = "zh|en", value_parser = output::lang)]
    lang: Option<Lang>,
    #[command(subcommand)]
    noun: Option<Noun>,
}

const EXIT_CODES: &str = "Exit codes: 0 holds, valid; 1 our fault or I/O, refusal to start; 2 usage; 10 not valid; 11 cannot tell; \
    12 the ledger does not hold; 13 partial; 14 upgrade needed; 20 not found.";

/// What a command is about.
#[derive(Debug, Subcommand)]
enum Noun {
    /// The service.
    #[cfg(feature = "server")]
    Serve(serve::Serve),
    /// Found a real authority: names, region, registrar keys, key ceremony.
    #[cfg(feature = "server")]
    Init(init::Init),
    /// Issue a table of records, or record what was granted before the ledger.
    #[cfg(feature = "server")]
    Issue(issue::Issue),
    /// Compare a table of records with the ledger, both ways.
    #[cfg(feature = "server")]
    Reconcile(reconcile::Reconcile),
    /// Departments of a running authority.
    #[cfg(feature = "server")]
    Department(department::Department),
    /// Officers of departments: their keys, roles and days.
    #[cfg(feature = "server")]
    Officer(officer::Officer),
    /// Working days, by which what is promised is counted.
    #[cfg(feature = "server")]
    Calendar(calendar::Calendar),
    /// By which rules cards are raised (黄牌、红牌).
    #[cfg(feature = "server")]
    Supervision(supervision::Supervision),
    /// Cards: list, show, and what follows them.
    #[cfg(feature = "server")]
    Card(card::Card),
    /// Who may issue what: grant, withdraw, list.
    #[cfg(feature = "server")]
    Power(power::Power),
    /// Keys of a running authority: list, rotate, retire.
    #[cfg(feature = "server")]
    Keys(keys::Keys),
    /// Cases: file, list, show, and every step.
    #[cfg(feature = "server")]
    Case(case::Case),
    /// Matters: what there is, apply, show, supply, withdraw, decline.
    #[cfg(feature = "server")]
    Matter(matter::Matter),
    /// A department's own licences: those that end soon.
    #[cfg(feature = "server")]
    Licence(licence::Licence),
    /// Which paper proofs are still wanted, and how many were refused.
    #[cfg(feature = "server")]
    ProofDemand(proof_demand::ProofDemand),
    /// What registrars must approve: list, show, approve, drop.
    #[cfg(feature = "server")]
    Ceremony(ceremony::Ceremony),
    /// Who may call.
    #[cfg(feature = "server")]
    Token(token::Token),
    /// Licence types as data.
    #[cfg(feature = "server")]
    Types(types::Types),
    /// What is well and what is not, with what to do.
    #[cfg(feature = "server")]
    Doctor(doctor::Doctor),
    /// A whole copy of ledger and vault, without keys.
    #[cfg(feature = "server")]
    Backup(backup::Backup),
    /// Put a backup back, by the law, into an empty data directory.
    #[cfg(feature = "server")]
    Restore(restore::Restore),
    /// A registrar's own key: make it, prove it, sign with it. Not on the server.
    #[cfg(feature = "server")]
    Registrar(registrar::Registrar),
    /// A witness: it cosigns the checkpoints of ledgers that it follows.
    #[cfg(feature = "server")]
    Witness(witness::WitnessCommand),
    /// Check a whole ledger from the first entry, trusting nothing.
    Audit(audit::Audit),
    /// The ledger's head, its proofs and its files.
    Ledger(ledger::Ledger),
    /// What checking evidence offline needs.
    Trust(trust::Trust),
    /// Check evidence: credentials, download files.
    Verify(verify::Verify),
    /// Write the completions of a shell.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Write the manual: one page to stdout, or one for each command into a directory.
    #[command(hide = true)]
    Man {
        /// An existing directory.
        dir: Option<PathBuf>,
    },
}

impl Noun {
    fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self {
            #[cfg(feature = "server")]
            Self::Serve(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Init(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Issue(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Reconcile(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Department(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Officer(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Calendar(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Supervision(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Card(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Power(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Keys(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Case(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Matter(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Licence(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::ProofDemand(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Ceremony(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Token(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Types(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Doctor(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Backup(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Restore(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Registrar(command) => command.run(out),
            #[cfg(feature = "server")]
            Self::Witness(command) => command.run(out),
            Self::Audit(command) => command.run(out),
            Self::Ledger(command) => command.run(out),
            Self::Trust(command) => command.run(out),
            Self::Verify(command) => command.run(out),
            Self::Completions { shell } => completions(shell, out),
            Self::Man { dir } => manual(dir, out),
        }
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    telemetry::tell_panics();
    run_with(std::env::args_os(), &Output::stdout()).into()
}

fn run_with(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>, out: &Output) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version are told on stdout and are no error; a terminal that is gone is nobody's fault.
            let _told = told.print();
            return if told.use_stderr() { Exit::Usage } else { Exit::Good };
        }
    };
    let out = out.speaking(cli.json, cli.lang);
    let done = cli.noun.map_or_else(without_a_noun, Ok).and_then(|noun| noun.run(&out));
    done.unwrap_or_else(|error| {
        out.error(&error);
        Exit::of(&error)
    })
}

/// No arguments: the service, where this program has one.
#[cfg(feature = "server")]
fn without_a_noun() -> anyhow::Result<Noun> {
    Ok(Noun::Serve(serve::Serve::parse_nothing()?))
}

/// No arguments: the service, where this program has one.
#[cfg(not(feature = "server"))]
fn without_a_noun() -> anyhow::Result<Noun> {
    anyhow::bail!("this program has no service: say what to do, or `vidimus help`")
}

fn completions(shell: Shell, out: &Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vidimus", &mut script);
    out.raw(&script)?;
    Ok(Exit::Good)
}

fn manual(dir: Option<PathBuf>, out: &Output) -> anyhow::Result<Exit> {
    match dir {
        Some(dir) => {
            clap_mangen::generate_to(Cli::command(), &dir).with_context(|| dir.display().to_string())?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            out.raw(&page)?;
        }
    }
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests;
