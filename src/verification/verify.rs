//! From evidence to judgement: pure and total. Every check is made, whatever the others found, except behind a
//! broken signature, where nothing was said by anybody.

use super::ask::{Ask, AskError};
use super::code::Code;
use super::context::Context;
use super::evidence::Evidence;
use super::finding::{Check, Finding};
use super::judgement::Judgement;
use super::shown::Shown;
use super::signature::{Opened, Read, Refused};
use super::{holder, issuer, ledger, power, signature, status, validity};
use crate::crypto::key::{Signed, verify_each};

/// Judges evidence by what is known. A printed number that no credential was found for is [`unresolved`].
pub fn verify(evidence: &Evidence, context: &Context<'_>, ask: &Ask) -> Result<Judgement, AskError> {
    let read = read(evidence, context);
    let signed = signed(read.as_ref());
    let good = signed.is_some_and(|one| one.key.verifies(one.message, one.signature));
    judge(evidence, read, good, context, ask)
}

/// The same judgements over many, their signatures judged together: a batch takes exactly what [`verify`] takes
/// (law 0, section 6).
pub fn verify_all(asked: &[(&Evidence, &Ask)], context: &Context<'_>) -> Vec<Result<Judgement, AskError>> {
    let read: Vec<_> = asked.iter().map(|(evidence, _)| read(evidence, context)).collect();
    let signed: Vec<_> = read.iter().map(|read| signed(read.as_ref())).collect();
    let mut good = verify_each(&signed.iter().copied().flatten().collect::<Vec<_>>()).into_iter();
    let good: Vec<bool> = signed.iter().map(|one| one.is_some() && good.next() == Some(true)).collect();
    let all = asked.iter().zip(read).zip(good);
    all.map(|(((evidence, ask), read), good)| judge(evidence, read, good, context, ask)).collect()
}

/// The credential in evidence; none where there is only a number.
fn read<'e>(evidence: &'e Evidence, context: &Context<'_>) -> Option<Result<Read<'e>, Refused>> {
    match evidence {
        Evidence::Credential(credential) | Evidence::Download { credential, .. } => {
            Some(Read::of(credential, context))
        }
        Evidence::Number { .. } => None,
    }
}

/// A signature that is left to be judged.
fn signed<'r>(read: Option<&'r Result<Read<'_>, Refused>>) -> Option<Signed<'r>> {
    read?.as_ref().ok()?.signed().ok()
}

fn judge(
    evidence: &Evidence,
    read: Option<Result<Read<'_>, Refused>>,
    good: bool,
    context: &Context<'_>,
    ask: &Ask,
) -> Result<Judgement, AskError> {
    let receipt = match evidence {
        Evidence::Download { receipt, .. } => Some(receipt.as_str()),
        Evidence::Credential(_) | Evidence::Number { .. } => None,
    };
    match read {
        Some(read) => credential_with(signature::judge(read, good), receipt, context, ask),
        None => unresolved(context, ask),
    }
}

/// The judgement over a licence number and code that the authority's own ledger has no licence for.
pub fn unresolved(context: &Context<'_>, ask: &Ask) -> Result<Judgement, AskError> {
    let at = ask.time(context.now)?;
    let findings = Check::ALL.map(|check| match check {
        Check::Ledger => {
            let finding = Finding::new(check, Code::NumberNotFound);
            finding.on("ledger_size", context.source.size()).aged(context.age())
        }
        _ => Finding::new(check, Code::NoCredential),
    });
    let expected = ask.expect.is_anything().then_some(false);
    Ok(Judgement::over(findings, (at, context), expected, None))
}

fn credential_with(
    (signature, opened): (Finding, Option<Opened<'_>>),
    receipt: Option<&str>,
    context: &Context<'_>,
    ask: &Ask,
) -> Result<Judgement, AskError> {
    let at = ask.time(context.now)?;
    let Some(opened) = opened else {
        let findings = Check::ALL.map(|check| match check {
            Check::Signature => signature.clone(),
            _ => Finding::new(check, Code::SignatureFirst),
        });
        let expected = ask.expect.is_anything().then_some(false);
        return Ok(Judgement::over(findings, (at, context), expected, None));
    };
    let ruling = ledger::judge(&opened, receipt, context, at);
    let entered = ruling.entered.as_ref();
    let status = status::judge(&opened, &ruling, context, at);
    let findings = [
        signature,
        issuer::judge(&opened, entered, context, at),
        power::judge(&opened, entered, context),
        ruling.finding.clone(),
        validity::judge(&opened, entered, context, at),
        status.clone(),
        holder::judge(&opened, &ask.expect, at),
    ];
    let shown = Shown::of(opened, entered, &status, context);
    let expected = expectation(&shown, ask);
    Ok(Judgement::over(findings, (at, context), expected, Some(shown)))
}

/// Whether it is of the type expected; what was expected of the holder is a finding and part of the verdict.
fn expectation(shown: &Shown, ask: &Ask) -> Option<bool> {
    let right_type = ask.expect.licence_type.as_deref().is_none_or(|expected| shown.is_of_type(expected));
    ask.expect.is_anything().then_some(right_type)
}
