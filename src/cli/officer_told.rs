//! In words, what a registrar signs about officers, processes and calendars. Not here: who is asked (`registrar_told`).

use crate::ledger::body::{
    Approvers, CalendarPublished, OfficerAppointed, OfficerLeft, ProcessPublished, Promised, Role,
};
use crate::values::lang::Lang;

/// Whose officer somebody becomes, with which roles and key, from when until when.
pub(super) fn appointed(body: &OfficerAppointed, department: &str, lang: Lang) -> String {
    let OfficerAppointed { officer, key, from, .. } = body;
    let roles = body
        .roles
        .iter()
        .map(|role| role_name(*role, lang))
        .collect::<Vec<_>>()
        .join(lang.choose("、", ", "));
    let until = body.until.map_or_else(|| lang.choose("离任", "he leaves").to_owned(), |day| day.to_string());
    lang.choose(
        format!("任命 {department} 的经办人 {officer}:{roles},自 {from} 至 {until},密钥 {key}"),
        format!("appoints officer {officer} of {department}: {roles}, from {from} until {until}, key {key}"),
    )
}

/// Who leaves.
pub(super) fn left(body: &OfficerLeft, lang: Lang) -> String {
    let officer = body.officer;
    lang.choose(
        format!("经办人 {officer} 离任(是谁见 `vidimus officer list`)"),
        format!("officer {officer} leaves (`vidimus officer list` says whose he is)"),
    )
}

/// Whose officers approve, and what is promised.
pub(super) fn process(body: &ProcessPublished, lang: Lang) -> String {
    let approvers: Vec<String> = body
        .approvers
        .iter()
        .map(|Approvers { department, officers }| {
            let lead = lang.choose("签发部门", "the issuing department");
            let department = department.as_ref().map_or(lead, |code| code.as_str());
            lang.choose(format!("{department} {officers} 人"), format!("{officers} of {department}"))
        })
        .collect();
    let approvers = approvers.join(lang.choose("、", ", "));
    let Promised { accept, examine, decide, issue, deliver, total } = body.promised;
    let (slug, version) = (&body.r#type, body.version);
    let promise = match body.promise {
        None => lang
            .choose(";不适用告知承诺".to_owned(), "; nothing may be promised instead of proved".to_owned()),
        Some(days) => lang.choose(
            format!(";告知承诺,{days} 个工作日内核查"),
            format!("; what is promised instead of proved is checked within {days} working days"),
        ),
    };
    lang.choose(
        format!(
            "{slug} 第 {version} 版须经办件签发,批准人:{approvers};承诺工作日:受理 {accept}、审查 {examine}、决定 {decide}、签发 {issue}、送达 {deliver}、合计 {total}{promise}"
        ),
        format!(
            "{slug}, version {version}, is issued from cases, approved by {approvers}; working days promised: accept {accept}, examine {examine}, decide {decide}, issue {issue}, deliver {deliver}, together {total}{promise}"
        ),
    )
}

/// Which days are not what their place in the week says.
pub(super) fn calendar(body: &CalendarPublished, lang: Lang) -> String {
    let days = |working: bool| {
        let days = body.exceptions.iter().filter(|day| day.working == working);
        let days: Vec<String> = days.map(|day| day.date.to_string()).collect();
        if days.is_empty() {
            lang.choose("无", "none").to_owned()
        } else {
            days.join(lang.choose("、", ", "))
        }
    };
    let (year, off, worked) = (body.year, days(false), days(true));
    lang.choose(
        format!("{year} 年工作日历:周一至周五中休息 {off};周六、周日中上班 {worked}"),
        format!("the working days of {year}: from Monday to Friday off {off}; Saturdays and Sundays worked {worked}"),
    )
}

fn role_name(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Intake => lang.choose("受理", "intake"),
        Role::Examiner => lang.choose("审查", "examiner"),
        Role::Signer => lang.choose("签发", "signer"),
        Role::Supervisor => lang.choose("监督", "supervisor"),
    }
}
