//! Why a replay begins at the first entry though something was kept, in both languages.

use crate::values::lang::Lang;

/// Why what was kept is not gone on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is in another format: this one.
    Format(String),
    /// Another version of the program or of the law judged what lies before: this one.
    Program(String),
    /// Others may write the file.
    Exposed,
    /// It is damaged or cut short: so.
    Damaged(String),
    /// It is of another ledger.
    Ledger {
        /// What was kept.
        kept: String,
        /// What the source has.
        now: String,
    },
    /// It is no kept replay: somebody's own file.
    Foreign,
    /// The source's checkpoint is signed by no key that what was kept names: it may be of another ledger under the same name.
    Stranger,
    /// It was judged under other pinned keys.
    Keys,
    /// The source's checkpoint has fewer entries.
    Smaller {
        /// Entries kept.
        kept: u64,
        /// Entries by the checkpoint.
        now: u64,
    },
    /// The source's tree is not proved to continue the tree of so many entries.
    NotContinued(u64),
    /// This token cannot be judged any more: it names fewer entries than were kept, and was not there or was another.
    Token(String),
    /// A checkpoint of so many entries, which the source or the auditor has, cannot be tied to what was kept.
    Size(u64),
    /// Something was found: what all is wrong only a replay from the first entry tells.
    Broken,
}

impl Why {
    /// Whether the ledger may have another history than the one that was kept.
    pub(super) fn is_of_history(&self) -> bool {
        matches!(self, Self::Smaller { .. } | Self::NotContinued(_))
    }

    /// Whether what was kept is of something else, and stays what it is.
    pub(super) fn is_of_something_else(&self) -> bool {
        matches!(self, Self::Ledger { .. } | Self::Stranger | Self::Foreign)
    }

    /// The sentence.
    pub fn text(&self, lang: Lang) -> String {
        let (zh, en) = self.sentences();
        lang.choose(zh, en)
    }

    fn sentences(&self) -> (String, String) {
        match self {
            Self::Format(found) => (
                format!("格式为 {found}，本程序不读"),
                format!("its format is {found}, which this program does not read"),
            ),
            Self::Program(program) => (
                format!("由另一版本的程序或法写成（{program}）"),
                format!("it was kept by another version of the program or of the law ({program})"),
            ),
            Self::Exposed => (
                "他人可以改写该文件（请 chmod 600）".to_owned(),
                "others may write the file (chmod 600 it)".to_owned(),
            ),
            Self::Damaged(what) => {
                (format!("已损坏或不完整：{what}"), format!("it is damaged or cut short: {what}"))
            }
            Self::Ledger { kept, now } => (
                format!("属于另一账本 {kept}，而这里是 {now}；该文件保持不变，请另指定一个"),
                format!(
                    "it is of another ledger, {kept}, and this is {now}; it is left as it is, so name another file"
                ),
            ),
            Self::Foreign => (
                "不是保存的重放；该文件保持不变，请另指定一个".to_owned(),
                "it is no kept replay; it is left as it is, so name another file".to_owned(),
            ),
            Self::Stranger => (
                "检查点不是由已保存部分所列的密钥签名的，可能是同名的另一账本；该文件保持不变".to_owned(),
                "the checkpoint is signed by no key that what was kept names, so it may be of another ledger under the same name; \
                 the file is left as it is"
                    .to_owned(),
            ),
            Self::Keys => {
                ("当时预置的密钥（--vkey）不同".to_owned(), "other keys were pinned then (--vkey)".to_owned())
            }
            Self::Smaller { kept, now } => (
                format!("已保存到第 {kept} 条记录，而检查点只有 {now} 条"),
                format!("{kept} entries were kept, and the checkpoint has {now}"),
            ),
            Self::NotContinued(size) => (
                format!("未能证明账本是已保存的前 {size} 条记录的延续"),
                format!("the ledger is not proved to continue the {size} entries that were kept"),
            ),
            Self::Token(path) => (
                format!("状态令牌 {path} 所指的账本大小在保存处之前，当时没有或不同，须重新核对"),
                format!(
                    "the status token {path} names a size before what was kept, and was not there then or was another"
                ),
            ),
            Self::Size(size) => (
                format!("{size} 条记录的检查点无法由来源的散列片与已保存部分对上"),
                format!(
                    "a checkpoint of {size} entries cannot be tied to what was kept by the source's tiles"
                ),
            ),
            Self::Broken => (
                "发现了问题，须从头列全".to_owned(),
                "something was found, and only a whole replay tells all that is wrong".to_owned(),
            ),
        }
    }
}
