//! What is said of the journal: that it is there, how long it is, what was set aside. Not here: its disk (`judge`), and whether it can be
//! read, which a start finds out.

use super::judge::line;
use super::{Grade, Known, Line};

const MIB: u64 = 1 << 20;

/// The lines, where there is a journal or should be one.
pub(super) fn judge(known: &Known) -> Vec<Line> {
    let Some((path, found)) = &known.journal else {
        return known.journaled.filter(|journaled| *journaled).map(|_| unasked()).into_iter().collect();
    };
    // That it cannot be looked at is said of its disk.
    let Ok(lying) = found else { return Vec::new() };
    let path = path.display();
    let mut lines = vec![match &lying.newest {
        Some((_, bytes)) if lying.too_long => {
            let size = bytes / MIB;
            line(
                "journal",
                Grade::Warn,
                format!("{path}：已长到 {size} MiB。重新启动服务，它即以全部数据重新开始"),
                format!(
                    "{path}: it has grown to {size} MiB. Start the service again, which begins it anew with all of the data"
                ),
            )
        }
        Some((_, bytes)) => {
            let size = bytes / MIB;
            line("journal", Grade::Ok, format!("{path}：{size} MiB"), format!("{path}: {size} MiB"))
        }
        None if known.journaled == Some(true) => line(
            "journal",
            Grade::Fail,
            format!(
                "{path} 里没有日志，而数据有一份，服务将不再启动：请挂载它所在的磁盘；确已丢失的，请加 --journal-anew 启动一次"
            ),
            format!(
                "{path} holds no journal, and the data has one, so the service will not start: mount the disk that it is on; if it is \
                 lost, start once with --journal-anew"
            ),
        ),
        None => line(
            "journal",
            Grade::Warn,
            format!("{path} 里还没有日志：带 --journal 启动服务即开始一份"),
            format!("{path} holds no journal yet: starting the service with --journal begins one"),
        ),
    }];
    if lying.exposed {
        lines.push(line(
            "journal",
            Grade::Warn,
            format!("他人可以进入日志目录：chmod 700 {path}"),
            format!("others may look into the journal: chmod 700 {path}"),
        ));
    }
    if !lying.aside.is_empty() {
        let (count, size) = (lying.aside.len(), lying.aside_bytes.div_ceil(MIB));
        lines.push(line(
            "journal",
            Grade::Warn,
            format!(
                "{path} 里有 {count} 个被搁置的文件，共 {size} MiB（.aside）：查明原因后由您删除；如数据不全，可用 vidimus ledger rebuild 文件 读取"
            ),
            format!(
                "{path} holds {count} files that were set aside, {size} MiB (.aside): remove them once you know why; where data is \
                 missing, vidimus ledger rebuild FILE reads one"
            ),
        ));
    }
    lines
}

fn unasked() -> Line {
    line(
        "journal",
        Grade::Warn,
        "数据有一份日志，这里没有查看：请用 --journal 给出它的目录；不带它启动服务，此后的改动就不在日志里",
        "the data has a journal, which was not looked at: give its directory with --journal; a start without it leaves out what is \
         written from then on",
    )
}
