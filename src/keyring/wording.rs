//! What an operator is told of a file under `--keys` in Chinese, and what to do where only the system's word is known.

use std::io::ErrorKind;

use super::KeysError;

impl KeysError {
    /// What is wrong and what to do, in Chinese and English.
    pub fn told(&self) -> (String, String) {
        let (cure_zh, cure) = self.cure();
        (format!("{}{cure_zh}", self.zh()), format!("{self}{cure}"))
    }

    fn zh(&self) -> String {
        match self {
            Self::Locked { path } => {
                format!("{}:另一个服务正在使用这些密钥;请先停止它,或给出另一个 --keys", path.display())
            }
            Self::Founded { path } => {
                format!("{}:这些密钥已签过名;如要另建,请给出空的 --keys", path.display())
            }
            Self::Severed { path } => format!(
                "{}:有密钥或令牌,但没有 last-signed,也没有 founding.json;请把整个目录恢复原样",
                path.display()
            ),
            Self::Foreign { path, name } => {
                format!("{}:里面有不属于本程序的 {name:?};请给出空的 --keys", path.display())
            }
            Self::Exposed { path, mode } => {
                let path = path.display();
                format!("{path}:他人可以使用(权限 {mode:04o});请执行 chmod 600 {path}")
            }
            Self::Shared { path, mode } => {
                let path = path.display();
                format!("{path}:他人可以写入(权限 {mode:04o});请执行 chmod 700 {path}")
            }
            Self::NotAFile { path } => format!("{}:不是普通文件;请放回文件本身", path.display()),
            Self::Large { path, limit } => {
                format!("{}:超过 {limit} 字节,不是本程序写的", path.display())
            }
            Self::Missing { path } => format!("{}:缺失;请从密钥备份恢复", path.display()),
            Self::Forgotten { path } => format!(
                "{}：缺失；没有它，见证人不知道自己见证过什么：请停用它的密钥，用 vidimus witness init 另建一个",
                path.display()
            ),
            Self::Unreadable { path, reason } => {
                format!("{}:内容有误({reason});请从密钥备份恢复", path.display())
            }
            Self::Key { path, source } => {
                format!(
                    "{}:{source}(密钥或 passphrase 有误);请核对 --passphrase-file,或从密钥备份恢复",
                    path.display()
                )
            }
            Self::Clear { path } => format!(
                "{}:给出了 passphrase,但密钥没有加密;请加密它(openssl pkcs8 -topk8 -scrypt),或不给 passphrase",
                path.display()
            ),
            Self::Misnamed { path, found } => {
                format!("{}:里面是密钥 {found};请恢复它自己的文件名", path.display())
            }
            Self::Held { id, purpose, owner } => format!("密钥 {id} 已作为 {owner} 的 {purpose} 密钥在用"),
            Self::Owner { owner } => {
                format!("{owner:?} 不能作为密钥的所有者:应为信用代码或至多 64 字符的短名")
            }
            Self::NoPassphrase { path } => format!("{}:第一行是空的;请写入 passphrase", path.display()),
            Self::Broken => "先前对密钥目录的写入失败;请处理磁盘后重新启动".to_owned(),
            Self::Io { path, source, .. } => format!("{}:读写失败({source})", path.display()),
        }
    }

    /// What to do, where the sentence does not say it.
    fn cure(&self) -> (&'static str, &'static str) {
        match self {
            Self::Key { .. } => {
                ("", "; give the right --passphrase-file, or restore the file from the backup of the keys")
            }
            Self::Large { .. } => (";请从密钥备份恢复", "; restore it from the backup made with these keys"),
            Self::Io { source, .. } => match source.kind() {
                ErrorKind::PermissionDenied => {
                    (";请让服务的用户拥有它", "; let the service's user own it and start again")
                }
                ErrorKind::ReadOnlyFilesystem => (";请重新挂载为可写", "; mount it writable and start again"),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    (";请腾出空间后重新启动", "; free some space and start again")
                }
                _ => (";请处理磁盘或路径后重新启动", "; mend the disk or the path and start again"),
            },
            _ => ("", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_the_system_says_comes_with_a_cure() {
        let told = |kind: ErrorKind| {
            KeysError::Io { doing: "write", path: PathBuf::from("keys/a"), source: kind.into() }.told()
        };
        for kind in [
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::StorageFull,
            ErrorKind::Other,
        ] {
            let (zh, en) = told(kind);
            assert!(zh.contains('请') && en.ends_with("start again"), "{zh} {en}");
        }
        let (zh, en) = KeysError::Missing { path: PathBuf::from("keys/a") }.told();
        assert!(zh.contains("备份") && en.contains("backup"));
    }
}
