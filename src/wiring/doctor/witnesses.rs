//! What is said of the outside witnesses: how far they vouch, how long entries have waited for them, and each that fails.

use super::judge::line;
use super::{Grade, Line};
use crate::authority::witnesses::EyesCondition;
use crate::values::time::Time;

/// Entries that wait for longer than this are a quorum lost, in milliseconds: half an hour.
const LOST: i64 = 30 * 60 * 1000;

/// The lines, the quorum's first.
pub(super) fn judge(eyes: &EyesCondition, size: u64, now: Time) -> Vec<Line> {
    let mut lines = vec![quorum(eyes, size, now)];
    lines.extend(eyes.each.iter().filter_map(|witness| {
        let (name, failures, problem) = (&witness.name, witness.failures, witness.problem.as_ref()?);
        Some(line(
            "witnesses",
            Grade::Warn,
            format!("见证人 {name} 连续 {failures} 次没有见证：{problem}。请联系其运行者，或在策略中换掉它"),
            format!(
                "the witness {name} did not cosign {failures} times in a row: {problem}. Ask who runs it, or replace it in the policy"
            ),
        ))
    }));
    lines
}

fn quorum(eyes: &EyesCondition, size: u64, now: Time) -> Line {
    let covered = eyes.newest.as_ref().map_or(0, |quorum| quorum.size);
    let waiting = size.saturating_sub(covered);
    let since = eyes.waiting.filter(|_| waiting > 0).map(|since| (since, now.since(since)));
    let limit = eyes.within.and_then(|seconds| i64::try_from(seconds.saturating_mul(1000)).ok());
    let grade = match since {
        Some((_, waited)) if limit.is_some_and(|limit| waited > limit) => Grade::Fail,
        Some((_, waited)) if waited > LOST => Grade::Warn,
        _ => Grade::Ok,
    };
    let (mut zh, mut en) = match &eyes.newest {
        Some(newest) => {
            let (by, of, time) = (newest.by, newest.of, newest.time);
            (
                format!("{of} 位见证人中的 {by} 位于 {time} 见证了前 {covered} 条记录"),
                format!("{by} of {of} witnesses cosigned the first {covered} entries at {time}"),
            )
        }
        None => ("见证人尚未达到法定人数".to_owned(), "the witnesses were no quorum yet".to_owned()),
    };
    if let Some((since, _)) = since {
        zh.push_str(&format!("；自 {since} 起有 {waiting} 条等待见证"));
        en.push_str(&format!("; {waiting} entries have waited since {since}"));
    }
    if grade != Grade::Ok {
        zh.push_str("。请查看下列见证人和通往它们的网络；达到法定人数后即自行恢复");
        en.push_str(". See the witnesses below and the network to them; with a quorum it goes on by itself");
    }
    line("witnesses", grade, zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::witnesses::WitnessCondition;
    use crate::ledger::witnessed::Quorum;
    use crate::values::lang::Lang;

    fn now() -> Time {
        "2026-11-27T04:00:00.000Z".parse().unwrap()
    }

    fn condition(covered: Option<u64>, waiting: Option<i64>, within: Option<u64>) -> EyesCondition {
        let newest = covered.map(|size| Quorum { quorum: "both".into(), by: 2, of: 2, size, time: now() });
        EyesCondition {
            newest,
            waiting: waiting.map(|seconds| now().plus(-1000 * seconds)),
            within,
            each: vec![],
        }
    }

    #[test]
    fn the_longer_entries_wait_the_graver() {
        let grade =
            |covered, waiting, within| judge(&condition(covered, waiting, within), 40, now())[0].grade;
        assert_eq!(grade(Some(40), None, Some(600)), Grade::Ok);
        assert_eq!(grade(Some(39), Some(600), Some(600)), Grade::Ok);
        assert_eq!(grade(Some(39), Some(601), Some(600)), Grade::Fail);
        assert_eq!(grade(None, Some(1_800), None), Grade::Ok);
        assert_eq!(grade(None, Some(1_801), None), Grade::Warn);
        let text =
            judge(&condition(Some(38), Some(7_200), None), 40, now())[0].told.text(Lang::En).to_owned();
        assert!(text.starts_with("2 of 2 witnesses cosigned the first 38 entries at"), "{text}");
        assert!(text.contains("2 entries have waited since 2026-11-27T02:00:00.000Z"), "{text}");
    }

    #[test]
    fn each_witness_that_fails_is_named() {
        let failing =
            WitnessCondition { name: "b".into(), size: Some(3), failures: 4, problem: Some("gone".into()) };
        let well = WitnessCondition { name: "a".into(), size: Some(40), ..WitnessCondition::default() };
        let eyes = EyesCondition { each: vec![well, failing], ..condition(Some(40), None, None) };
        let lines = judge(&eyes, 40, now());
        assert_eq!(lines.iter().map(|line| line.grade).collect::<Vec<_>>(), [Grade::Ok, Grade::Warn]);
        let text = lines[1].told.text(Lang::En);
        assert!(text.contains("witness b") && text.contains("4 times") && text.contains("gone"), "{text}");
    }
}
