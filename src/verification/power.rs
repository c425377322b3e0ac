//! Check 3, `power`: the department might issue this type, in this region, at the entry's index (law 0, section 10).
//! Power is checked, not presumed: without a proved entry it is not judged, unless there never was any.

use super::code::Code;
use super::context::Context;
use super::entered::Entered;
use super::finding::{Check, Finding};
use super::signature::Opened;

pub(super) fn judge(opened: &Opened<'_>, entered: Option<&Entered>, context: &Context<'_>) -> Finding {
    let finding = match entered {
        Some(entered) => at_entry(entered, context),
        None => Finding::new(Check::Power, without_entry(opened, context)),
    };
    // A list that is too old says nothing; what the certificate said when it was made is told beside that, and decides nothing.
    match (finding.code, hint(opened, context)) {
        (Code::PowerListTooOld, Some(named)) => {
            finding.on("certificate_names_type", if named { "yes" } else { "no" })
        }
        _ => finding,
    }
}

/// Whether the credential's certificate names its type: as far as both are known.
fn hint(opened: &Opened<'_>, context: &Context<'_>) -> Option<bool> {
    let (slug, version) = opened.licence_type.as_ref()?;
    let code = &context.charter.version(slug, *version)?.value.type_code;
    opened.leaf.type_codes().map(|named| named.contains(code))
}

fn at_entry(entered: &Entered, context: &Context<'_>) -> Finding {
    let (yes, no) = match entered.recorded {
        None => (Code::PowerHeld, Code::PowerNotHeld),
        Some(_) => (Code::PowerHeldAtRecording, Code::PowerNotHeldAtRecording),
    };
    let known = context.reaches(entered.granted.index);
    let code = match context.charter.power(&entered.power) {
        None if known => no,
        None => Code::PowerListTooOld,
        Some(held) => {
            let fits = held.value.department == entered.department
                && held.value.r#type == entered.licence_type
                && context.charter.power_covers(held, &entered.region, entered.granted);
            match (fits, known) {
                (false, _) => no,
                (true, false) => Code::PowerListTooOld,
                (true, true) => yes,
            }
        }
    };
    Finding::new(Check::Power, code)
        .on("power", entered.power.as_str())
        .on("department", entered.department.as_str())
        .on("region", entered.region.as_str())
        .on("judged_at_index", entered.granted.index)
}

fn without_entry(opened: &Opened<'_>, context: &Context<'_>) -> Code {
    let Some((licence_type, _)) = &opened.licence_type else { return Code::PowerNeedsEntry };
    let department = opened.leaf.subject().code();
    let ever = context
        .charter
        .powers()
        .any(|(_, held)| held.value.department.as_str() == department && held.value.r#type == *licence_type);
    match (ever, context.source.is_own_tree()) {
        (true, _) => Code::PowerNeedsEntry,
        (false, true) => Code::PowerNeverHeld,
        (false, false) => Code::PowerListTooOld,
    }
}
