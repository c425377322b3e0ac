//! What must be said beside every verdict, whatever it is (law 0, section 4): whose approvals prove no people. It is
//! about the authority, not about the evidence, and changes no finding. Not here: who holds which key (`authority`).

use crate::ledger::state::Charter;
use crate::values::lang::Lang;

/// A notice that goes with every report, page and audit of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A registrar's key lies on the authority's own server, as a sample's does.
    RegistrarsOnServer,
}

impl Notice {
    /// What is to be said of an authority. `held_here`: whether this server holds one of its registrars' keys. Who is
    /// elsewhere, or offline, knows a sample by its origin.
    pub fn of(charter: &Charter, held_here: bool) -> Option<Self> {
        let sample = charter.authority().is_some_and(|authority| authority.founded.origin.is_sample());
        (sample || held_here).then_some(Self::RegistrarsOnServer)
    }

    /// The code as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegistrarsOnServer => "registrars_on_server",
        }
    }

    /// What it means.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::RegistrarsOnServer => lang.choose(
                "样例机关：登记人密钥就在它自己的服务器上。这里的批准只证明形式，不证明有人批准。",
                "A sample authority: its registrar's key lies on its own server. Here approvals prove form, not people.",
            ),
        }
    }
}
