//! The judgement, one function a check.

use super::{Disk, Grade, Known, Line, Place, Seen, archive, journal, witnesses};
use crate::authority::{Ending, Readiness};
use crate::values::time::Time;
use crate::wiring::told::Told;

const MIB: u64 = 1 << 20;
const DAY: i64 = 24 * 3600 * 1000;
/// Below this nothing more is written for long.
const HARDLY: u64 = 64 * MIB;
/// Below this somebody should make room.
const LITTLE: u64 = 1024 * MIB;
/// A certificate is to be renewed within this, and urgently within that.
const RENEW: i64 = 90 * DAY;
const URGENT: i64 = 30 * DAY;
/// A token that ends within this is named.
const TOKEN_SOON: i64 = 30 * DAY;
/// A list that lapses within this was not published when it should have been: half a day is due.
const LIST_SOON: i64 = 6 * 3600;

/// What is known, judged.
pub fn judge(known: &Known) -> Vec<Line> {
    let mut lines = Vec::new();
    configuration(known, &mut lines);
    known.places.iter().for_each(|place| lines.push(disk(place)));
    keys(known, &mut lines);
    ledger(known, &mut lines);
    head(known, &mut lines);
    clock(known, &mut lines);
    tokens(known, &mut lines);
    lines.extend(journal::judge(known));
    lines
}

pub(super) fn line(check: &'static str, grade: Grade, zh: impl Into<String>, en: impl Into<String>) -> Line {
    Line { check, grade, told: Told::new(zh, en) }
}

fn configuration(known: &Known, lines: &mut Vec<Line>) {
    if let Some(why) = &known.configuration {
        lines.push(line(
            "configuration",
            Grade::Fail,
            format!("配置文件不能用：{why}"),
            format!("the configuration cannot be used: {why}"),
        ));
    }
}

fn disk(place: &Place) -> Line {
    let (flag, path) = (place.flag, place.path.display());
    let Disk { free, total, files_free, writable } = match &place.found {
        Ok(disk) => *disk,
        Err(why) => {
            return line(
                "disk",
                Grade::Fail,
                format!("{flag} {path} 无法查看：{why}。请给出正确的目录，并让服务的用户拥有它"),
                format!(
                    "{flag} {path} cannot be looked at: {why}. Name the right directory, and let the service's user own it"
                ),
            );
        }
    };
    let room = free / MIB;
    if !writable {
        return line(
            "disk",
            Grade::Fail,
            format!("{flag} {path} 不可写：请让服务的用户拥有它（0700），且不要挂载为只读"),
            format!(
                "{flag} {path} cannot be written: let the service's user own it (0700) and mount it writable"
            ),
        );
    }
    let grade = if free < HARDLY || files_free == Some(0) {
        Grade::Fail
    } else if free < LITTLE || free < total / 20 || files_free.is_some_and(|files| files < 1000) {
        Grade::Warn
    } else {
        Grade::Ok
    };
    match grade {
        Grade::Ok => line(
            "disk",
            grade,
            format!("{flag} {path}：剩余 {room} MiB"),
            format!("{flag} {path}: {room} MiB free"),
        ),
        _ => line(
            "disk",
            grade,
            format!("{flag} {path}：只剩 {room} MiB。请腾出空间或扩容；写满时停止写入，已确认的不会丢"),
            format!(
                "{flag} {path}: only {room} MiB free. Make room or enlarge it; when it is full writing stops, and nothing that was acknowledged is lost"
            ),
        ),
    }
}

fn keys(known: &Known, lines: &mut Vec<Line>) {
    if known.chosen == Some(false) {
        lines.push(line(
            "witnesses",
            Grade::Fail,
            "密钥目录里没有 witnesses.policy：建立时选定的外部见证已丢失，服务将不再启动。请从密钥备份放回；若确实不请见证人，请写一个内容为 quorum none 的文件（0600）",
            "the keys hold no witnesses.policy: what was chosen at founding is lost, and the service will not start. Put it back from the backup of the keys; to be un-witnessed by choice, write one that says quorum none (0600)",
        ));
    }
    if known.exposed.is_empty() {
        return;
    }
    let files = known.exposed.join("; ");
    lines.push(line(
        "keys",
        Grade::Fail,
        format!("密钥可被他人使用：{files}"),
        format!("keys that others may use: {files}"),
    ));
}

fn ledger(known: &Known, lines: &mut Vec<Line>) {
    match &known.ledger {
        Seen::Nothing => lines.push(line(
            "ledger",
            Grade::Warn,
            "没有查看账本：请用 --to 给出服务地址，或用 --data 给出数据目录",
            "no ledger was looked at: give the service's address with --to, or its directory with --data",
        )),
        Seen::InUse => lines.push(line(
            "ledger",
            Grade::Warn,
            "数据目录正被运行中的服务使用：请用 --to 地址 --token 运维令牌 询问它",
            "a running service uses the data directory: ask it with --to URL --token FILE of the operator",
        )),
        Seen::Unreachable(why) => lines.push(line(
            "ledger",
            Grade::Fail,
            format!("账本无法查看：{why}"),
            format!("the ledger cannot be looked at: {why}"),
        )),
        Seen::Outside { ready, size, ending } => {
            let (grade, zh, en) = if *ready {
                (Grade::Ok, "就绪", "ready")
            } else {
                (
                    Grade::Fail,
                    "没有就绪，原因见其日志，或以运维令牌再问（--token）",
                    "not ready; its log says why, or ask with the operator's --token",
                )
            };
            lines.push(line(
                "ledger",
                grade,
                format!("服务{zh}，{size} 条记录"),
                format!("the service is {en}, {size} entries"),
            ));
            let Some(now) = known.now else { return };
            lines.extend(ending.iter().map(|(purpose, ends)| certificate(purpose, "", "", *ends, now)));
        }
        Seen::Inside { readiness, running } => inside(readiness, *running, known.now, lines),
    }
}

fn inside(readiness: &Readiness, running: bool, now: Option<Time>, lines: &mut Vec<Line>) {
    let (size, law) = (readiness.size, readiness.law);
    match &readiness.writing {
        None => {
            let last = readiness.last.map_or_else(String::new, |last| last.to_string());
            lines.push(line(
                "ledger",
                Grade::Ok,
                format!("{size} 条记录，最后一条 {last}，现行第 {law} 版法"),
                format!("{size} entries, the last of {last}; law {law} in force"),
            ));
        }
        Some(why) => lines.push(line(
            "ledger",
            Grade::Fail,
            format!("已停止写入：{why}。读取照常。查明原因（磁盘、密钥目录、见证人）后重新启动；已确认的不会丢"),
            format!("writing has stopped: {why}. Reads go on. Mend the cause (disk, keys, witnesses) and start again; nothing acknowledged is lost"),
        )),
    }
    for key in &readiness.missing_keys {
        lines.push(line(
            "keys",
            Grade::Fail,
            format!("缺少密钥 {key}：从密钥备份放回其文件，然后重新启动"),
            format!(
                "the key {key} is missing: put its file back from the backup of the keys, and start again"
            ),
        ));
    }
    if let Some(why) = &readiness.clock {
        lines.push(line(
            "clock",
            Grade::Fail,
            format!("服务不相信时钟：{why}"),
            format!("the service does not believe its clock: {why}"),
        ));
    }
    if readiness.unsealed > 0 {
        let waiting = readiness.unsealed;
        lines.push(line(
            "seals",
            Grade::Warn,
            format!("{waiting} 份证照已入账而未签发凭证：重新启动即补签；如仍在，缺少的密钥见日志"),
            format!("{waiting} licences are entered and wait to be sealed: a start seals them; if they stay, the log names the missing key"),
        ));
    }
    lines.extend(readiness.archive.iter().flat_map(archive::judge));
    if let Some(why) = &readiness.settling {
        lines.push(line(
            "settled",
            Grade::Warn,
            format!("不再写入的行没有移出存储，存储因此变大：{why}。请腾出空间或处理磁盘；服务会自行再试，其余一切照常"),
            format!("rows that are no longer written stay in the store, which grows by them: {why}. Make room or mend the disk; it is tried again, and everything else goes on"),
        ));
    }
    let Some(now) = now else { return };
    lines.extend(readiness.witnesses.iter().flat_map(|eyes| witnesses::judge(eyes, readiness.size, now)));
    certificates(&readiness.certificates, now, lines);
    for listed in &readiness.lists {
        let list = listed.list;
        let left = listed.until.map(|until| until - now.seconds());
        let (grade, zh, en) = match left {
            None => (Grade::Warn, "尚未发布".to_owned(), "is not published yet".to_owned()),
            Some(left) if left <= 0 => (Grade::Fail, "已过期".to_owned(), "has lapsed".to_owned()),
            Some(left) if left < LIST_SOON => {
                (Grade::Warn, format!("{} 分钟后过期", left / 60), format!("lapses in {} minutes", left / 60))
            }
            Some(_) => continue,
        };
        let (grade, cure_zh, cure_en) = if running {
            (
                grade,
                "服务每次心跳都应发布，请看日志",
                "the service should publish it at each tick: see its log",
            )
        } else {
            (Grade::Warn, "启动服务即重新发布", "starting the service publishes it")
        };
        lines.push(line(
            "status",
            grade,
            format!("状态列表 {list} {zh}：{cure_zh}"),
            format!("status list {list} {en}: {cure_en}"),
        ));
    }
}

fn certificates(all: &[Ending], now: Time, lines: &mut Vec<Line>) {
    let mut due: Vec<&Ending> =
        all.iter().filter(|ending| !ending.succeeded && ending.ends.since(now) < RENEW).collect();
    let first = all.iter().find(|ending| !ending.succeeded);
    if let (true, Some(first)) = (due.is_empty(), first) {
        let (count, ends) = (all.len(), first.ends);
        lines.push(line(
            "certificates",
            Grade::Ok,
            format!("{count} 张证书在用，最早须更换的 {ends} 到期"),
            format!("{count} certificates in force, the first without a successor ends {ends}"),
        ));
    }
    // No certificate outlives the one above it: a successor under an issuing key that ends soon ends as soon.
    due.sort_by_key(|ending| ending.purpose != "issuing");
    let told =
        due.iter().map(|due| certificate(&due.purpose, &due.owner, &due.key.to_string(), due.ends, now));
    lines.extend(told);
}

/// A certificate that is to be renewed.
fn certificate(purpose: &str, owner: &str, key: &str, ends: Time, now: Time) -> Line {
    let left = ends.since(now);
    let days = left / DAY;
    let (grade, zh, en) = if left <= 0 {
        (
            Grade::Fail,
            "已到期，不能再用它签".to_owned(),
            "has ended: nothing can be signed under it".to_owned(),
        )
    } else if left < URGENT {
        (Grade::Warn, format!("{days} 天后到期，请立即"), format!("ends in {days} days: now is the time"))
    } else {
        (Grade::Warn, format!("{days} 天后到期，请安排"), format!("ends in {days} days: plan it"))
    };
    let (cure_zh, cure_en) = cure(purpose, owner);
    line(
        "certificates",
        grade,
        format!("{purpose} {owner} {key} 的证书（{ends}）{zh}：{cure_zh}"),
        format!("the certificate of {purpose} {owner} {key} ({ends}) {en}: {cure_en}"),
    )
}

/// What renews it. From outside a service does not say whose key it is.
fn cure(purpose: &str, owner: &str) -> (String, String) {
    let whose = match (purpose, owner) {
        ("root", _) => {
            return (
                "根证书不能更换：请建立后继账本，并冻结本账本".to_owned(),
                "a root is not rotated: found the successor of this ledger and freeze this one".to_owned(),
            );
        }
        ("credential" | "seal", "") => " --department …".to_owned(),
        (_, "" | "authority") => String::new(),
        (_, code) => format!(" --department {code}"),
    };
    let rotate = format!("vidimus keys rotate --purpose {purpose}{whose}");
    (rotate.clone(), rotate)
}

/// `last-signed`, the store and its checkpoint, as law 0, section 8 compares them at a start.
fn head(known: &Known, lines: &mut Vec<Line>) {
    let signed = match &known.signed {
        None => return,
        Some(Ok(signed)) => *signed,
        Some(Err(why)) => {
            lines.push(line(
                "head",
                Grade::Fail,
                format!("last-signed 无法读取：{why}。不要删除它；查明是什么改动了它"),
                format!("last-signed cannot be read: {why}. Do not delete it; find out what changed it"),
            ));
            return;
        }
    };
    let Seen::Inside { readiness, .. } = &known.ledger else { return };
    let size = readiness.size;
    if size < signed {
        lines.push(line(
            "head",
            Grade::Fail,
            format!("数据比已签名的旧：{size} 条，已签名 {signed} 条。不会启动。用 vidimus restore --roll-forward 恢复到全部 {signed} 条；不要删除 last-signed"),
            format!("the data is older than what is signed: {size} entries, {signed} signed. It will not start. Restore all {signed} with vidimus restore --roll-forward; never delete last-signed"),
        ));
    } else if known.stored.is_some_and(|stored| stored > signed) {
        lines.push(line(
            "head",
            Grade::Fail,
            format!("密钥目录是旧副本：last-signed {signed} 条，检查点更新。放回最新的 last-signed"),
            format!("the keys are an older copy: last-signed has {signed} entries, the stored checkpoint more. Put the newest last-signed back"),
        ));
    } else {
        lines.push(line(
            "head",
            Grade::Ok,
            format!("last-signed {signed} 条，账本 {size} 条"),
            format!("last-signed {signed} entries, ledger {size}"),
        ));
    }
}

fn clock(known: &Known, lines: &mut Vec<Line>) {
    let Some(now) = known.now else { return };
    let last = match &known.ledger {
        Seen::Inside { readiness, .. } => readiness.last,
        _ => None,
    };
    if let Some(last) = last.filter(|last| last.since(now) > 2_000) {
        lines.push(line(
            "clock",
            Grade::Fail,
            format!("时钟在最后一条记录（{last}）之前：请对时后再启动"),
            format!("the clock is before the last entry ({last}): set it right before starting"),
        ));
    } else if known.synchronised == Some(false) {
        lines.push(line(
            "clock",
            Grade::Warn,
            format!("{now}，本机没有对时：请启用 NTP（systemd-timesyncd、chrony）"),
            format!("{now}, and this machine's time service has not synchronised: turn NTP on (systemd-timesyncd, chrony)"),
        ));
    } else {
        lines.push(line("clock", Grade::Ok, format!("本机时间 {now}"), format!("this machine's time {now}")));
    }
}

fn tokens(known: &Known, lines: &mut Vec<Line>) {
    let Some(now) = known.now else { return };
    for token in known.tokens.iter().filter(|token| token.expires.since(now) < TOKEN_SOON) {
        let (name, expires) = (&token.name, token.expires);
        let (zh, en) = if expires <= now {
            ("已到期", "has expired")
        } else {
            ("即将到期", "is about to expire")
        };
        lines.push(line(
            "tokens",
            Grade::Warn,
            format!("令牌 {name}（{expires}）{zh}：vidimus token revoke {name}，再 vidimus token new {name}"),
            format!("the token {name} ({expires}) {en}: vidimus token revoke {name}, then vidimus token new {name}"),
        ));
    }
}
