//! The outside eyes of a service: the policy beside its keys, one round before it listens, and round after round while it
//! runs. Not here: what a round is (`authority::witnesses`) and how a witness is reached (`witnesses`).

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::bail;

use super::told::Told;
use super::witnesses::HttpWitnesses;
use crate::authority::Authority;
use crate::authority::keyring::Keyring as _;
use crate::authority::witnesses::{Eyes, WitnessFault};
use crate::keyring::FileKeyring;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::policy::Policy;
use crate::note::Note;
use crate::values::identifiers::Origin;
use crate::values::lang::Lang;

/// What is kept of an authority that is un-witnessed by choice: a policy that asks for nobody.
pub const UNWITNESSED: &[u8] = b"# un-witnessed by choice\nquorum none\n";

/// The policy of a file, or why it is none, with its name.
pub fn read_policy(named: &Path, bytes: &[u8]) -> anyhow::Result<Policy> {
    Policy::parse(bytes).map_err(|error| {
        let named = named.display();
        let zh = format!("见证策略 {named} 不能用：{error}（格式见 C2SP tlog-policy）");
        Told::new(zh, format!("the policy of witnesses {named} cannot be used: {error} (C2SP tlog-policy)"))
            .into()
    })
}

/// Who is asked to witness, by the policy beside the keys; `None` where nobody is.
pub fn of(keyring: &FileKeyring, keys: &Path, within: Option<Duration>) -> anyhow::Result<Option<Eyes>> {
    let policy = keyring.policy()?;
    let policy = policy.map(|bytes| read_policy(&keys.join("witnesses.policy"), &bytes)).transpose()?;
    match policy.filter(|policy| policy.quorum().is_some()) {
        Some(policy) => {
            let (policy, witnesses) = (Arc::new(policy), Arc::new(HttpWitnesses::new()?));
            Ok(Some(Eyes { policy, witnesses, within }))
        }
        None if within.is_some() => {
            let keys = keys.display();
            bail!(Told::new(
                format!(
                    "--witness-within 需要见证策略，而 {keys} 里没有请见证人的 witnesses.policy：请放入策略文件，或去掉这个选项"
                ),
                format!(
                    "--witness-within needs a policy of witnesses, and {keys} holds no witnesses.policy that asks for any: \
                     put the file there, or leave the option out"
                ),
            ))
        }
        None => Ok(None),
    }
}

/// Refuses a real authority that nothing says the choice of witnesses of, before anything is signed: it would go on as if nobody had
/// been chosen, and say so to everybody.
pub fn refuse_lost(keyring: &FileKeyring, keys: &Path) -> anyhow::Result<()> {
    let Some(origin) = signed_origin(keyring)? else { return Ok(()) };
    if origin.is_sample() || keyring.policy()?.is_some() {
        return Ok(());
    }
    let keys = keys.display();
    bail!(Told::new(
        format!(
            "{keys} 里没有 witnesses.policy：{origin} 选定的外部见证已丢失，或从未写下。请从密钥备份放回该文件；若确实不请见证人，请写一个内容为 `quorum none` 的 witnesses.policy（权限 0600）"
        ),
        format!(
            "{keys} holds no witnesses.policy: which witnesses {origin} chose is lost, or was never written down. Put the file back \
             from the backup of the keys; to be un-witnessed by choice, write one that says `quorum none` (mode 0600)"
        ),
    ))
}

/// Whose ledger was signed last; none where nothing says it, which opening tells.
fn signed_origin(keyring: &FileKeyring) -> anyhow::Result<Option<Origin>> {
    let Some(signed) = keyring.last_signed()? else { return Ok(None) };
    let note: Option<Note> = signed.parse().ok();
    let checkpoint = note.and_then(|note| note.text().parse::<Checkpoint>().ok());
    Ok(checkpoint.and_then(|checkpoint| checkpoint.origin.as_str().parse().ok()))
}

/// One round before anybody is answered: keys and data that were put back together from an old copy look whole to
/// themselves, and would answer what was true then. Witnesses that cannot be reached hold up the start for as long as one
/// answer may take, and then it goes on without them.
pub fn before_listening(authority: &Authority) -> anyhow::Result<()> {
    match authority.ask_witnesses() {
        Ok(true) => Ok(()),
        Ok(false) => {
            tracing::warn!("no quorum of witnesses has cosigned the newest head");
            Ok(())
        }
        Err(WitnessFault::Failure(failure)) => {
            tracing::error!(%failure, "witnesses were not asked");
            Ok(())
        }
        Err(fault) => Err(Told::new(in_chinese(&fault), fault.to_string()).into()),
    }
}

fn in_chinese(fault: &WitnessFault) -> String {
    const CURE: &str = "如果错的是见证人，请把它从密钥旁的策略里去掉后重新启动";
    match fault {
        WitnessFault::Ahead { witness, cosigned, size } => format!(
            "见证人 {witness} 已见证本账本的 {cosigned} 条记录，而这里只有 {size} 条：密钥和数据被一起恢复成了旧副本，或者有别处在用这些密钥签名。请放回最新的密钥和数据，或把数据前滚到全部已签名的记录（vidimus restore --roll-forward）；{CURE}"
        ),
        WitnessFault::OtherTree { witness, cosigned, size } => format!(
            "见证人 {witness} 见证过的 {cosigned} 条记录不是这里 {size} 条记录的开头：这个账本出现过两副面孔，例如从密钥和数据的旧副本继续写过。请保留两份副本并告知审计；{CURE}"
        ),
        WitnessFault::Failure(failure) => failure.to_string(),
    }
}

/// Asks round after round until it is dropped; a round under way is not waited for.
pub struct Watching {
    _until: mpsc::Sender<()>,
}

impl Watching {
    /// Begins, on a thread of its own: whoever waits for a witness holds up nothing else. Between rounds it holds no authority, so
    /// that the store is closed when everybody else is done.
    pub fn begin(authority: &Arc<Authority>, every: Duration) -> anyhow::Result<Self> {
        let (until, ended) = mpsc::channel();
        let authority = Arc::downgrade(authority);
        thread::Builder::new().name("witnesses".into()).spawn(move || {
            let mut met = None;
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(every) {
                let Some(authority) = authority.upgrade() else { break };
                met = round(&authority, met);
            }
        })?;
        Ok(Self { _until: until })
    }
}

/// One round; whether the newest head has a quorum, told where that changed.
fn round(authority: &Authority, before: Option<bool>) -> Option<bool> {
    match authority.ask_witnesses() {
        Ok(met) => {
            if before != Some(met) {
                tracing::info!("{}", authority.witnessed().text(Lang::En));
            }
            Some(met)
        }
        Err(fault) => {
            tracing::error!(%fault, "a round of witnesses failed");
            before
        }
    }
}
