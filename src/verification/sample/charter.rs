//! The charter: entry 0, two departments, their keys, one type, one power.

use super::{AUTHORITY, BASE, EDUCATION, MARKET, SIZE, Sample, entered, founded_at, seed};
use crate::crypto::{Digest, KeyPurpose, PrivateKey};
use crate::ledger::body::{
    AuthorityFounded, BlobRef, CheckpointKey, DepartmentRegistered, KeyTitle, LawVersion, Name, Owner,
    PowerGranted, RootKey, Subject as About, TypePublished,
};
use crate::ledger::state::{Charter, CharterChange, Effects, Key};
use crate::values::identifiers::CreditCode;
use crate::values::time::Time;

impl Sample {
    /// Entries 0 to 6 as always, then these.
    pub(in crate::verification) fn charter(&self, more: Vec<CharterChange>) -> Charter {
        self.charter_with("a.test/log", more)
    }

    /// The same authority under another origin.
    pub(in crate::verification) fn charter_of(&self, origin: &str) -> Charter {
        self.charter_with(origin, Vec::new())
    }

    fn charter_with(&self, origin: &str, more: Vec<CharterChange>) -> Charter {
        let mut changes = vec![
            self.founded(origin),
            department(MARKET, "market-regulation"),
            department(EDUCATION, "education"),
            key(MARKET, KeyPurpose::Credential, &self.key),
            key(EDUCATION, KeyPurpose::Credential, &self.powerless),
            published(),
            granted(),
        ];
        changes.extend(more);
        let mut charter = Charter::default();
        for (index, change) in (0..).zip(changes) {
            charter.absorb(&Effects {
                index,
                time: founded_at().plus(i64::try_from(index).unwrap() * 1000),
                leaf: Digest([7; 32]),
                subject: About::Authority,
                charter: Some(change),
                licences: Vec::new(),
                case: None,
                card: None,
                content: None,
                statuses: Vec::new(),
            });
        }
        charter.skip_to(SIZE, Some(entered()));
        charter
    }

    fn founded(&self, origin: &str) -> CharterChange {
        let title = |purpose, key: &PrivateKey| KeyTitle {
            not_after: Time::MAX,
            owner: Owner::Authority,
            purpose,
            possession: None,
            spki: key.public().clone(),
        };
        let root = KeyTitle { spki: self.root.public_key().clone(), ..title(KeyPurpose::Root, &self.log) };
        let founded = AuthorityFounded {
            approvals: Vec::new(),
            base_url: BASE.into(),
            checkpoint: CheckpointKey {
                title: title(KeyPurpose::Checkpoint, &self.log),
                vkey: String::new(),
            },
            code: AUTHORITY.parse().unwrap(),
            law: LawVersion { text: BlobRef::of(b"law"), version: 0 },
            name: name(),
            not_after: Time::MAX,
            offset: "+08:00".parse().unwrap(),
            origin: origin.parse().unwrap(),
            quorum: 1,
            region: "110000".parse().unwrap(),
            registrars: Vec::new(),
            registry: title(KeyPurpose::Registry, &seed(20)),
            root: RootKey { certificate: BlobRef::of(self.root.der()), title: root },
            succeeds: None,
        };
        let own = |purpose, key: &PrivateKey| Key {
            owner: Owner::Authority,
            purpose,
            public: key.public().clone(),
            certificate: None,
        };
        let keys = vec![own(KeyPurpose::Checkpoint, &self.log), own(KeyPurpose::Status, &self.status)];
        CharterChange::Founded(Box::new(founded), keys)
    }
}

fn name() -> Name {
    Name { en: "Sample bureau".into(), zh: "示例局".into() }
}

fn department(code: &str, slug: &str) -> CharterChange {
    CharterChange::Department(DepartmentRegistered {
        approvals: Vec::new(),
        code: code.parse().unwrap(),
        name: name(),
        not_after: Time::MAX,
        region: "110000".parse().unwrap(),
        slug: slug.parse().unwrap(),
    })
}

fn key(code: &str, purpose: KeyPurpose, key: &PrivateKey) -> CharterChange {
    let owner = Owner::Department(code.parse::<CreditCode>().unwrap());
    CharterChange::Key(Key { owner, purpose, public: key.public().clone(), certificate: None })
}

fn published() -> CharterChange {
    let blob = BlobRef::of(b"{}");
    CharterChange::Type(TypePublished {
        approvals: Vec::new(),
        claims: blob,
        metadata: blob,
        not_after: Time::MAX,
        officers: 0,
        rules: blob,
        r#type: "business-licence".parse().unwrap(),
        type_code: format!("{AUTHORITY}001").parse().unwrap(),
        version: 1,
    })
}

fn granted() -> CharterChange {
    CharterChange::Power(PowerGranted {
        approvals: Vec::new(),
        basis: BlobRef::of(b"{}"),
        department: MARKET.parse().unwrap(),
        from: "2026-01-01".parse().unwrap(),
        not_after: Time::MAX,
        power: "p-1".parse().unwrap(),
        region: "110000".parse().unwrap(),
        r#type: "business-licence".parse().unwrap(),
        until: None,
    })
}
