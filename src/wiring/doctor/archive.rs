//! What is said of the archive: how much lies in it, what keeps more from it, what is lost. Not here: looking for its files (`authority`).

use super::judge::line;
use super::{Grade, Line};
use crate::authority::ArchiveCondition;
use crate::authority::archive::MOST_LOST;

/// Entries of a bundle.
const BUNDLE: u64 = 256;
/// Files that are named.
const NAMED: usize = 5;

/// The lines, where anything was put away or should be.
pub(super) fn judge(archive: &ArchiveCondition) -> Vec<Line> {
    let mut lines = Vec::new();
    let (bundles, entries) = (archive.bundles, archive.bundles * BUNDLE);
    if bundles > 0 && archive.lost.is_empty() {
        let scrubbed = archive.scrubbed.map_or_else(
            || ("本次启动后尚未巡检完一遍".to_owned(), "not read through since the start".to_owned()),
            |time| (format!("最近一遍巡检完成于 {time}"), format!("last read through by {time}")),
        );
        lines.push(line(
            "archive",
            Grade::Ok,
            format!("已归档 {bundles} 捆，{entries} 条记录；{}", scrubbed.0),
            format!("{bundles} bundles, {entries} entries, are put away; {}", scrubbed.1),
        ));
    }
    if let Some(why) = &archive.stopped {
        lines.push(line(
            "archive",
            Grade::Warn,
            format!("没有继续归档：{why}。请腾出空间或处理磁盘；服务会自行再试，其余一切照常"),
            format!("nothing more is put away: {why}. Make room or mend the disk; it is tried again, and everything else goes on"),
        ));
    }
    if archive.uncopied > 0 {
        let left = archive.uncopied;
        lines.push(line(
            "archive",
            Grade::Warn,
            format!("日志目录里还缺 {left} 捆的副本：服务正在补齐，在此之前单凭日志不能重建全部数据"),
            format!(
                "{left} bundles have no copy beside the journal yet: the service is making them, and until then the journal alone does not make all of the data again"
            ),
        ));
    }
    if !archive.lost.is_empty() {
        // No more than so many are remembered.
        let count = match archive.lost.len() {
            MOST_LOST.. => (format!("至少 {MOST_LOST}"), format!("at least {MOST_LOST}")),
            count => (count.to_string(), count.to_string()),
        };
        let named: Vec<&str> = archive.lost.iter().take(NAMED).map(String::as_str).collect();
        let named = named.join(", ");
        lines.push(line(
            "archive",
            Grade::Fail,
            format!(
                "{} 个归档文件丢失、损坏或属于别处，其中的内容读不出：{named}。请从日志目录的 archive、备份、导出或镜像把同名文件（tile/…）复制回来，无须重启",
                count.0
            ),
            format!(
                "{} archived files are missing, damaged or another's, and what is in them cannot be read: {named}. Copy the file of that name (tile/…) back from the journal's archive, a backup, an export or a mirror; no restart is needed",
                count.1
            ),
        ));
    }
    lines
}
