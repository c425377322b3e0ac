//! From evidence to judgement: pure and total. Every check is made, whatever the others found, except behind a
//! broken signature, where nothing was said by anybody.

use super::ask::{Ask, AskError};
use super::code::Code;
use super::context::Context;
use super::evidence::Evidence;
use super::finding::{Check, Finding};
use super::judgement::Judgement;
use super::shown::Shown;
use super::{holder, issuer, ledger, power, signature, status, validity};

/// Judges evidence by what is known. A printed number that no credential was found for is [`unresolved`].
pub fn verify(evidence: &Evidence, context: &Context<'_>, ask: &Ask) -> Result<Judgement, AskError> {
    match evidence {
        Evidence::Credential(credential) => credential_with(credential, None, context, ask),
        Evidence::Download { credential, receipt } => {
            credential_with(credential, Some(receipt), context, ask)
        }
        Evidence::Number { .. } => unresolved(context, ask),
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
    credential: &str,
    receipt: Option<&str>,
    context: &Context<'_>,
    ask: &Ask,
) -> Result<Judgement, AskError> {
    let at = ask.time(context.now)?;
    let (signature, opened) = signature::judge(credential, context);
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
    let shown = Shown::of(&opened, entered, &status, context);
    let expected = expectation(&shown, ask);
    let findings = [
        signature,
        issuer::judge(&opened, entered, context, at),
        power::judge(&opened, entered, context),
        ruling.finding.clone(),
        validity::judge(&opened, entered, context, at),
        status,
        holder::judge(&opened, &ask.expect, at),
    ];
    Ok(Judgement::over(findings, (at, context), expected, Some(shown)))
}

/// Whether it is of the type expected; what was expected of the holder is a finding and part of the verdict.
fn expectation(shown: &Shown, ask: &Ask) -> Option<bool> {
    let right_type = ask.expect.licence_type.as_deref().is_none_or(|expected| shown.is_of_type(expected));
    ask.expect.is_anything().then_some(right_type)
}
