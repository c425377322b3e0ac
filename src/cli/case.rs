//! `vidimus case …`: cases as a department's officers take them, each with a key of his own that never leaves this
//! machine. What is signed is read as the entry that it will become, and told, before it is signed.
//! Not here: whether a step may be taken, which the service asks of the law.

mod signing;
mod steps;
mod told;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::exit::Exit;
use super::operator::CallerArgs;
use super::output::Output;
use crate::ledger::body::CaseId;
use crate::values::canonical::parse_strict;
use crate::values::time::Date;
pub(super) use signing::Signer;
use steps::Steps;

/// Where cases are.
const PATH: &str = "/v1/cases";

/// Cases: file, list, show, and every step.
#[derive(Debug, Args)]
pub(super) struct Case {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    caller: CallerArgs,
    /// All checks, and nothing else.
    #[arg(long, global = true)]
    dry_run: bool,
}

/// An officer's key, on this machine.
#[derive(Debug, Args)]
pub(super) struct OfficerArgs {
    /// The officer's key.
    #[arg(long, value_name = "FILE")]
    pub(super) officer: PathBuf,
    /// The passphrase of the key.
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Opinion {
    Grant,
    Refuse,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    Granted,
    Refused,
    /// Of an objection, once the licence was replaced or acted upon.
    Upheld,
    /// Of an objection.
    Dismissed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Waiting {
    Letters,
    Rescission,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Truth {
    Kept,
    False,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 申请: file an application, or an objection to a licence, a JSON file as `POST /v1/cases` takes it.
    File {
        /// The application; - is stdin.
        application: PathBuf,
    },
    /// The cases that the department leads or approves.
    List {
        /// Where they stand: filed, asked, accepted, examined, granted, issued, refused, declined, delivered, withdrawn,
        /// corrected, dismissed.
        #[arg(long)]
        state: Option<String>,
        /// Of what is due on this day or before it.
        #[arg(long, value_name = "DAY")]
        due_before: Option<Date>,
        /// Only those with letters to answer, or with a licence to rescind after a false promise.
        #[arg(long)]
        waiting: Option<Waiting>,
    },
    /// One case, with everything to decide it.
    Show {
        /// The case.
        case: CaseId,
    },
    /// Answer a question or a complaint of the applicant's.
    Answer {
        /// The case.
        case: CaseId,
        /// The number of the letter, as the case shows it.
        letter: u32,
        /// The answer, which the applicant reads.
        #[arg(long)]
        text: String,
    },
    /// 受理, or with --decline not.
    Accept {
        /// The case.
        case: CaseId,
        /// Why it is declined.
        #[arg(long, value_name = "REASON")]
        decline: Option<String>,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 补正: ask the applicant for what is missing.
    Ask {
        /// The case.
        case: CaseId,
        /// What is missing.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 补正: what the applicant supplied, a JSON file.
    Supply {
        /// The case.
        case: CaseId,
        /// Holders, claims or days that take the place of those before; - is stdin.
        supplied: PathBuf,
    },
    /// 审查.
    Examine {
        /// The case.
        case: CaseId,
        /// What the examiner finds.
        #[arg(long)]
        opinion: Opinion,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 决定: granted fixes the licence whole.
    Decide {
        /// The case.
        case: CaseId,
        /// What is decided.
        #[arg(long)]
        outcome: Outcome,
        /// Why.
        #[arg(long)]
        reason: String,
        /// First day; left out, as wished, else today.
        #[arg(long, value_name = "DAY")]
        valid_from: Option<Date>,
        /// Last day; left out, as wished, else as long as the type allows.
        #[arg(long, value_name = "DAY")]
        valid_until: Option<Date>,
        /// The department's own number.
        #[arg(long)]
        licence_number: Option<String>,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 审批: approve what was decided; the digest is computed here, from what is shown.
    Approve {
        /// The case.
        case: CaseId,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 签发, once all have approved.
    Issue {
        /// The case.
        case: CaseId,
    },
    /// 送达.
    Deliver {
        /// The case.
        case: CaseId,
    },
    /// The applicant wants it no more.
    Withdraw {
        /// The case.
        case: CaseId,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// 承诺核查: what was promised instead of proved.
    Check {
        /// The case.
        case: CaseId,
        /// What was found.
        #[arg(long)]
        truth: Truth,
        /// In words.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 整改: what a bad rating called for.
    Rectify {
        /// The case.
        case: CaseId,
        /// What was done.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        officer: OfficerArgs,
    },
    /// 评价, with the receipt that was given at filing.
    Rate {
        /// The case.
        case: CaseId,
        /// As given at filing.
        #[arg(long)]
        receipt: String,
        /// 5 is very satisfied, 1 very dissatisfied.
        #[arg(long)]
        level: u8,
        /// In words.
        #[arg(long)]
        text: Option<String>,
    },
}

impl Case {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let service = self.caller.service(out.lang)?;
        let steps = Steps { service: &service, dry_run: self.dry_run, out };
        match self.verb {
            Verb::File { application } => steps.post(PATH, &read(&application)?),
            Verb::List { state, due_before, waiting } => steps.list(state.as_deref(), due_before, waiting),
            Verb::Show { case } => {
                let answer = service.get(&format!("{PATH}/{case}"))?;
                out.result(&answer, |lang| told::whole(&answer, lang))?;
                Ok(Exit::Good)
            }
            Verb::Answer { case, letter, text } => steps.answer(&case, letter, &text),
            Verb::Accept { case, decline, officer } => {
                let outcome = if decline.is_some() { "declined" } else { "accepted" };
                steps.sign(&case, "accept", json!({"outcome": outcome, "reason": decline}), &officer)
            }
            Verb::Ask { case, reason, officer } => {
                steps.sign(&case, "ask", json!({"reason": reason}), &officer)
            }
            Verb::Supply { case, supplied } => steps.step(&case, "supply", &read(&supplied)?),
            Verb::Examine { case, opinion, reason, officer } => {
                let body = json!({"opinion": word(opinion), "reason": reason});
                steps.sign(&case, "examine", body, &officer)
            }
            Verb::Decide { case, outcome, reason, valid_from, valid_until, licence_number, officer } => {
                let body = json!({
                    "outcome": word(outcome), "reason": reason, "valid_from": valid_from, "valid_until": valid_until,
                    "licence_number": licence_number,
                });
                steps.sign(&case, "decide", body, &officer)
            }
            Verb::Approve { case, officer } => steps.approve(&case, &officer),
            Verb::Issue { case } => steps.step(&case, "issue", &json!({})),
            Verb::Deliver { case } => steps.step(&case, "deliver", &json!({})),
            Verb::Withdraw { case, reason } => steps.step(&case, "withdraw", &json!({"reason": reason})),
            Verb::Check { case, truth, reason, officer } => {
                let body = json!({"truth": word(truth), "reason": reason});
                steps.sign(&case, "check", body, &officer)
            }
            Verb::Rectify { case, reason, officer } => {
                steps.sign(&case, "rectify", json!({"reason": reason}), &officer)
            }
            Verb::Rate { case, receipt, level, text } => {
                steps.step(&case, "rating", &json!({"receipt": receipt, "level": level, "text": text}))
            }
        }
    }
}

/// A JSON file, or stdin.
pub(super) fn read(path: &std::path::Path) -> anyhow::Result<Value> {
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)?;
        bytes
    } else {
        std::fs::read(path).with_context(|| path.display().to_string())?
    };
    parse_strict(&bytes).with_context(|| path.display().to_string())
}

/// As requests write it.
fn word<T: ValueEnum + Copy>(value: T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
