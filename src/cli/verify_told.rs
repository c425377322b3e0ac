//! How `vidimus verify` tells a report to people, and what it sums up over several files.

use serde_json::{Value, json};

use super::exit::Exit;
use super::output::Output;
use crate::values::lang::Lang;
use crate::verification::{Report, Verdict};

/// A report as text: the verdict and its reason first, what must be said beside it, then the seven findings, then what is shown of the licence.
pub(super) fn text(file: &str, report: &Report, lang: Lang) -> String {
    let mut lines = vec![format!("{file}: {}", verdict(report.verdict, lang)), report.reason.text.to_owned()];
    lines.extend(report.notice.iter().map(|notice| notice.text.to_owned()));
    for line in &report.findings {
        lines.push(format!(
            "  {:<10} {:<12} {}",
            word(&json!(line.check)),
            word(&json!(line.result)),
            line.text
        ));
    }
    lines.extend(report.witnessed.iter().map(|witnessed| witnessed.text.clone()));
    if let Some(licence) = &report.licence {
        let named = [&licence.r#type, &licence.licence_number].into_iter().flatten().cloned();
        let shown: Vec<String> = named.chain([licence.issuer.name.clone()]).collect();
        lines.push(format!("  {}", shown.join(lang.choose("，", ", "))));
    }
    lines.join("\n")
}

/// The last line over several files.
pub(super) fn summary(exits: &[Exit], out: &Output) -> anyhow::Result<()> {
    let count = |exit: Exit| exits.iter().filter(|one| **one == exit).count();
    let (all, good) = (exits.len(), count(Exit::Good));
    let (bad, open) = (count(Exit::NotValid), count(Exit::CannotTell));
    let result =
        json!({ "summary": true, "files": all, "valid": good, "not_valid": bad, "cannot_tell": open });
    out.result(&result, |lang| {
        lang.choose(
            format!("{all} 份：有效 {good}，无效 {bad}，无法判断 {open}"),
            format!("{all} files: {good} valid, {bad} not valid, {open} cannot tell"),
        )
    })
}

fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Valid => lang.choose("有效", "valid"),
        Verdict::NotValid => lang.choose("无效", "not valid"),
        Verdict::CannotTell => lang.choose("无法判断", "cannot tell"),
    }
}

/// The word that JSON has for it.
fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
