//! `[process]` of `type.toml`: how a type is issued from cases. Who approves, named by kind of department as sources are,
//! and which working days are promised. Not here: the steps of a case and who may take them, which the law says.

use serde::Deserialize;

use super::rules::Bilingual;
use crate::values::identifiers::Slug;

/// Most working days that can be promised for anything.
const MOST_DAYS: u64 = 400;
/// Most officers that approve one licence.
const MOST_OFFICERS: u64 = 16;

/// How a type is issued from cases. A type without it is issued directly.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessRules {
    /// 告知承诺: within how many working days what an applicant promised instead of proving is checked. Left out:
    /// nothing can be promised.
    pub promise: Option<u64>,
    /// The promised working days.
    pub promised: PromisedDays,
    /// 并联审批: whose officers approve.
    #[serde(default)]
    pub approvers: Vec<ApproverRule>,
}

/// Promised working days of each step. Waiting for the applicant does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromisedDays {
    /// 受理: from filing.
    pub accept: u64,
    /// 审查: from acceptance.
    pub examine: u64,
    /// 决定: from the examination.
    pub decide: u64,
    /// 签发: from the decision.
    pub issue: u64,
    /// 送达: from the issue, or from a refusal.
    pub deliver: u64,
    /// 承诺办结: from acceptance to issue.
    pub total: u64,
}

/// How many officers of a department approve.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproverRule {
    /// The department's slug; left out, the one that issues: the lead (牵头).
    pub department: Option<Slug>,
    /// How many of its signers.
    pub officers: u64,
}

impl ProcessRules {
    /// How many officers approve each licence, together.
    pub fn officers(&self) -> u64 {
        self.approvers.iter().fold(0, |sum, one| sum.saturating_add(one.officers))
    }

    /// The departments that approve beside the lead.
    pub fn departments(&self) -> impl Iterator<Item = &Slug> {
        self.approvers.iter().filter_map(|one| one.department.as_ref())
    }

    /// Every rule that cannot be meant, as a sentence in both languages.
    pub(super) fn contradictions(&self) -> Vec<Bilingual> {
        let PromisedDays { accept, examine, decide, issue, deliver, total } = self.promised;
        let days = [accept, examine, decide, issue, deliver, total, self.promise.unwrap_or(1)];
        let twice = |one: &ApproverRule| {
            self.approvers.iter().filter(|other| other.department == one.department).count() > 1
        };
        [
            (
                self.approvers.is_empty(),
                "process:没有 approvers:至少写明牵头部门的一名签发人(officers = 1)".to_owned(),
                "process: no approvers; name one signer of the lead at least (officers = 1)".to_owned(),
            ),
            (
                self.approvers.iter().any(twice),
                "process.approvers:同一部门出现两次".to_owned(),
                "process.approvers: a department stands twice".to_owned(),
            ),
            (
                self.approvers.iter().any(|one| one.officers == 0),
                "process.approvers:每个部门至少一名签发人".to_owned(),
                "process.approvers: one officer at least of each department".to_owned(),
            ),
            (
                self.officers() > MOST_OFFICERS,
                format!("process.approvers:签发人合计至多 {MOST_OFFICERS} 名"),
                format!("process.approvers: at most {MOST_OFFICERS} officers together"),
            ),
            (
                !days.iter().all(|days| (1..=MOST_DAYS).contains(days)),
                format!("process:承诺的工作日为 1 至 {MOST_DAYS}"),
                format!("process: promised working days are 1 to {MOST_DAYS}"),
            ),
        ]
        .into_iter()
        .filter(|(broken, ..)| *broken)
        .map(|(_, zh, en)| Bilingual { zh, en })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edited, file_of};
    use super::super::{Catalogue, LicenceType, TYPE_FILE};

    const FOLDER: &str = "food-operation-licence/1";

    #[test]
    fn two_types_have_a_process() {
        let catalogue = Catalogue::built_in().unwrap();
        let found = catalogue
            .iter()
            .filter_map(|known| Some((known.slug().as_str(), known.rules().process.as_ref()?)));
        let found: Vec<_> = found
            .map(|(slug, process)| {
                let beside: Vec<&str> = process.departments().map(|slug| slug.as_str()).collect();
                (slug, process.officers(), beside, process.promise)
            })
            .collect();
        let expected = [
            ("constructor-registration", 2, vec![], None),
            ("food-operation-licence", 2, vec!["housing"], Some(20)),
        ];
        assert_eq!(found, expected);
    }

    /// From there to where the status begins.
    fn part_of<'t>(text: &'t str, from: &str) -> &'t str {
        let (before, _) = text.split_once(from).unwrap();
        let (process, _) = text.split_once("[status]").unwrap();
        process.strip_prefix(before).unwrap()
    }

    #[test]
    fn what_cannot_be_meant_is_said_in_both_languages() {
        let text = String::from_utf8(file_of(FOLDER, TYPE_FILE).unwrap()).unwrap();
        let all = part_of(&text, "[[process.approvers]]");
        let lead = "[[process.approvers]]\nofficers = 1\n";
        for (from, to, en, zh) in [
            ("direct = false", "direct = true", "and yet with a [process]", "没有 [process]"),
            (all, "", "no approvers", "没有 approvers"),
            (
                lead,
                "[[process.approvers]]\nofficers = 1\n[[process.approvers]]\nofficers = 1\n",
                "stands twice",
                "两次",
            ),
            (lead, "[[process.approvers]]\nofficers = 1\ndepartment = \"housing\"\n", "stands twice", "两次"),
            (lead, "[[process.approvers]]\nofficers = 0\n", "one officer at least", "至少一名"),
            (lead, "[[process.approvers]]\nofficers = 16\n", "at most 16", "至多 16"),
            ("total = 10", "total = 0", "1 to 400", "1 至 400"),
            ("accept = 2", "accept = 401", "1 to 400", "1 至 400"),
            ("promise = 20", "promise = 401", "1 to 400", "1 至 400"),
        ] {
            assert!(text.contains(from), "{from}");
            let errors = LicenceType::read(&edited(FOLDER, TYPE_FILE, from, to)).unwrap_err();
            let said = |error: &crate::catalogue::CatalogueError| {
                error.to_string().contains(en) && error.zh().contains(zh) && error.file() == TYPE_FILE
            };
            assert!(errors.iter().any(said), "{from} -> {to}: {errors:?}");
        }
        let whole = part_of(&text, "[process]");
        let errors = LicenceType::read(&edited(FOLDER, TYPE_FILE, whole, "")).unwrap_err();
        assert!(
            errors[0].to_string().contains("without a [process]") && errors[0].zh().contains("须有"),
            "{errors:?}"
        );
        for (from, to) in
            [("issue = 2", "issue = 2\nsurprise = 1"), ("issue = 2\n", ""), ("issue = 2", "issue = -1")]
        {
            assert!(LicenceType::read(&edited(FOLDER, TYPE_FILE, from, to)).is_err(), "{from} -> {to}");
        }
    }
}
