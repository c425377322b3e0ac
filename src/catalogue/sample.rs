//! The plan an authority is founded from: a TOML file for `vidimus init`, and the same form, built in, for the sample
//! authority 样例市. Data only: no key is made here, and a registrar's proof of possession is verified by the law,
//! which knows the origin it signs.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::power::{PowerPlan, Responsibility};
use super::rules::Bilingual;
use crate::crypto::base64url::Base64Url;
use crate::crypto::{KeyId, PublicKey};
use crate::values::identifiers::{BaseUrl, CreditCode, Origin, Region, Slug};
use crate::values::time::{Time, UtcOffset};

/// Everything that is decided before entry 0.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityPlan {
    /// The authority's own credit code.
    pub code: CreditCode,
    /// Its name.
    pub name: Bilingual,
    /// Its region (GB/T 2260).
    pub region: Region,
    /// Its fixed offset from UTC.
    pub utc_offset: UtcOffset,
    /// The base URL of all its names; left out, the caller gives it.
    #[serde(default)]
    pub base_url: Option<BaseUrl>,
    /// The ledger's origin; left out, the caller gives it.
    pub origin: Option<Origin>,
    /// How many registrars must approve.
    pub quorum: u16,
    /// The registrars' keys, made elsewhere; none for the sample.
    #[serde(default)]
    pub registrars: Vec<RegistrarPlan>,
    /// The departments.
    pub departments: Vec<DepartmentPlan>,
}

/// A registrar's public key, with the proof that its owner has the private one (law 0, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrarPlan {
    /// DER SubjectPublicKeyInfo.
    pub spki: Base64Url,
    /// The proof is good for entries up to this time.
    pub not_after: Time,
    /// The signature.
    pub possession: Base64Url,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentPlan {
    /// Its short name, also of its token.
    pub slug: Slug,
    /// Its credit code.
    pub code: CreditCode,
    /// Its name.
    pub name: Bilingual,
    /// Its region; left out, the authority's.
    pub region: Option<Region>,
    /// What it may issue.
    #[serde(default)]
    pub powers: Vec<PowerPlan>,
}

/// Why a plan was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Not TOML of this form.
    #[error("{0}")]
    Form(String),
    /// A name, a basis or a responsibility lacks a language.
    #[error("a text of {0} is missing in one language")]
    Text(String),
    /// No approval would be needed, or more than there are registrars.
    #[error("a quorum of {quorum} of {registrars} registrars")]
    Quorum {
        /// m.
        quorum: u16,
        /// n.
        registrars: usize,
    },
    /// A registrar's key that is none.
    #[error("registrar {index}: {problem}")]
    Registrar {
        /// Position, from 0.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// Two of a slug, a credit code, a registrar's key or a power.
    #[error("{0} stands twice")]
    Twice(String),
    /// A region outside the one above it.
    #[error("region {region} of {department} does not lie in {outer}")]
    Region {
        /// Whose.
        department: Slug,
        /// The region.
        region: Region,
        /// The region it should lie in.
        outer: Region,
    },
    /// A power that ends before it begins.
    #[error("the power of {department} to issue {licence_type} ends before it begins")]
    Period {
        /// Whose.
        department: Slug,
        /// For which type.
        licence_type: Slug,
    },
}

const SAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/sample/authority.toml"));

impl AuthorityPlan {
    /// The sample authority.
    pub fn sample() -> Result<Self, PlanError> {
        Self::parse(SAMPLE)
    }

    /// Reads a plan. Whether the types of its powers exist is for the catalogue to say.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(text).map_err(|problem| PlanError::Form(problem.to_string()))?;
        if plan.name.is_incomplete() {
            return Err(PlanError::Text("the authority".to_owned()));
        }
        plan.check_registrars()?;
        plan.check_departments()?;
        Ok(plan)
    }

    /// The department of that name.
    pub fn department(&self, slug: &Slug) -> Option<&DepartmentPlan> {
        self.departments.iter().find(|department| department.slug == *slug)
    }

    fn check_registrars(&self) -> Result<(), PlanError> {
        let registrars = self.registrars.len();
        let too_many = registrars > 0 && usize::from(self.quorum) > registrars;
        if self.quorum == 0 || too_many {
            return Err(PlanError::Quorum { quorum: self.quorum, registrars });
        }
        let mut seen: BTreeSet<KeyId> = BTreeSet::new();
        for (index, registrar) in self.registrars.iter().enumerate() {
            let key = PublicKey::from_spki(&registrar.spki.0)
                .map_err(|problem| PlanError::Registrar { index, problem: problem.to_string() })?;
            if !seen.insert(key.id()) {
                return Err(PlanError::Twice(format!("registrar key {}", key.id())));
            }
        }
        Ok(())
    }

    fn check_departments(&self) -> Result<(), PlanError> {
        let mut slugs = BTreeSet::new();
        let mut codes = BTreeSet::from([&self.code]);
        for department in &self.departments {
            if !slugs.insert(&department.slug) {
                return Err(PlanError::Twice(format!("department {}", department.slug)));
            }
            if !codes.insert(&department.code) {
                return Err(PlanError::Twice(format!("credit code {}", department.code)));
            }
            department.check(&self.region)?;
        }
        Ok(())
    }
}

impl DepartmentPlan {
    /// Whether it can be registered in the region of an authority.
    pub fn check(&self, authority: &Region) -> Result<(), DepartmentError> {
        let slug = &self.slug;
        if self.name.is_incomplete() {
            return Err(DepartmentError::at("/name", PlanError::Text(slug.to_string())));
        }
        let home = self.region.as_ref().unwrap_or(authority);
        let within = |outer: &Region, region: &Region| {
            let (department, region, outer) = (slug.clone(), region.clone(), outer.clone());
            if outer.contains(&region) {
                Ok(())
            } else {
                Err(PlanError::Region { department, region, outer })
            }
        };
        within(authority, home).map_err(|error| DepartmentError::at("/region", error))?;
        let mut seen = BTreeSet::new();
        for (place, power) in self.powers.iter().enumerate() {
            let refuse = |member: &str, error| DepartmentError::at(format!("/powers/{place}{member}"), error);
            let region = power.region.as_ref().unwrap_or(home);
            within(home, region).map_err(|error| refuse("/region", error))?;
            let licence_type = power.licence_type.clone();
            if !seen.insert((&power.licence_type, region)) {
                let twice = format!("power of {slug} to issue {licence_type} in {region}");
                return Err(refuse("", PlanError::Twice(twice)));
            }
            if power.basis.is_incomplete() {
                let whose = format!("{slug}, power to issue {licence_type}");
                return Err(refuse("/basis", PlanError::Text(whose)));
            }
            if power.responsibility.as_ref().is_some_and(Responsibility::is_incomplete) {
                let whose = format!("{slug}, responsibility for issuing {licence_type}");
                return Err(refuse("/responsibility", PlanError::Text(whose)));
            }
            if power.from.zip(power.until).is_some_and(|(from, until)| until < from) {
                return Err(refuse("/until", PlanError::Period { department: slug.clone(), licence_type }));
            }
        }
        Ok(())
    }
}

/// What is wrong with one department of a plan, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct DepartmentError {
    /// Pointer to the member at fault, from the department on.
    pub pointer: String,
    /// What is wrong.
    pub error: PlanError,
}

impl DepartmentError {
    fn at(pointer: impl Into<String>, error: PlanError) -> Self {
        Self { pointer: pointer.into(), error }
    }
}

impl From<DepartmentError> for PlanError {
    fn from(department: DepartmentError) -> Self {
        department.error
    }
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;
    use crate::crypto::{PrivateKey, base64url};

    #[test]
    fn the_sample_is_a_good_plan() {
        let plan = AuthorityPlan::sample().unwrap();
        let slugs: Vec<&str> = plan.departments.iter().map(|d| d.slug.as_str()).collect();
        let expected = [
            "market-regulation",
            "public-security",
            "civil-affairs",
            "natural-resources",
            "housing",
            "tax",
            "human-resources",
            "education",
        ];
        assert_eq!(slugs, expected);
        assert_eq!((plan.region.as_str(), plan.utc_offset.minutes(), plan.quorum), ("430700", 480, 1));
        assert_eq!((plan.registrars.len(), plan.base_url.as_ref(), plan.origin.as_ref()), (0, None, None));

        let catalogue = Catalogue::built_in().unwrap();
        let all = || plan.departments.iter().flat_map(|department| &department.powers);
        assert!(all().all(|power| power.responsibility.is_some()), "the sample says who answers for what");
        let powers: Vec<(&str, &str)> = plan
            .departments
            .iter()
            .flat_map(|d| d.powers.iter().map(|p| (d.slug.as_str(), p.licence_type.as_str())))
            .collect();
        let expected = [
            ("market-regulation", "business-licence"),
            ("market-regulation", "food-operation-licence"),
            ("public-security", "identity-attestation"),
            ("public-security", "kinship-attestation"),
            ("public-security", "household-register"),
            ("public-security", "no-criminal-record"),
            ("public-security", "driving-licence"),
            ("civil-affairs", "marriage-registration"),
            ("natural-resources", "real-estate-title"),
            ("housing", "constructor-registration"),
            ("tax", "tax-payment"),
            ("human-resources", "social-insurance"),
        ];
        assert_eq!(powers, expected);
        assert_eq!(catalogue.iter().count(), powers.len(), "every type is issued by one department");
        for licence_type in catalogue.iter() {
            let sources = &licence_type.rules().sources;
            let named = sources.claims.values().chain([&sources.holders]).map(|source| &source.department);
            assert!(named.into_iter().all(|slug| plan.department(slug).is_some()), "{}", licence_type.slug());
        }
        assert!(powers.iter().all(|(_, licence_type)| catalogue.find(licence_type).is_some()));
        assert!(plan.department(&"education".parse().unwrap()).unwrap().powers.is_empty());
        assert!(plan.department(&"no-such".parse().unwrap()).is_none());
    }

    #[test]
    fn a_real_authority_names_its_registrars() {
        let spki = |byte: u8| {
            let key = PrivateKey::from_seed(&[byte; 32]).unwrap();
            base64url::encode(&key.public().spki())
        };
        let registrar = |byte| {
            let spki = spki(byte);
            format!(
                "[[registrars]]\nspki = \"{spki}\"\nnot_after = \"2026-12-31T00:00:00.000Z\"\npossession = \"AA\"\n"
            )
        };
        let named = |names: &str, quorum: u16| {
            let sample = SAMPLE.replacen("quorum = 1", &format!("quorum = {quorum}"), 1);
            let sample = sample.replacen(
                "region =",
                "base_url = \"https://licences.example\"\norigin = \"licences.example/log\"\nregion =",
                1,
            );
            AuthorityPlan::parse(&format!("{sample}\n{names}"))
        };
        let three = [registrar(1), registrar(2), registrar(3)].concat();
        let plan = named(&three, 2).unwrap();
        assert_eq!((plan.registrars.len(), plan.quorum), (3, 2));
        assert_eq!(plan.base_url.unwrap().as_str(), "https://licences.example");
        assert_eq!(named(&three, 4), Err(PlanError::Quorum { quorum: 4, registrars: 3 }));
        assert!(matches!(named(&[registrar(1), registrar(1)].concat(), 1), Err(PlanError::Twice(_))));
        let short = registrar(1).replace(&spki(1), "AAAA");
        assert!(matches!(named(&short, 1), Err(PlanError::Registrar { index: 0, .. })));
    }

    #[test]
    fn odd_plans_are_refused() {
        for (from, to, expected) in [
            ("region = ", "motto = \"x\"\nregion = ", "unknown field"),
            ("quorum = 1", "quorum = 0", "a quorum of 0"),
            ("quorum = 1", "", "missing field"),
            ("quorum = 1", "quorum = 1\nbase_url = \"licences.example\"", "http://"),
            ("en = \"Sample City\"", "en = \"\"", "the authority"),
            ("slug = \"tax\"", "slug = \"housing\"", "department housing stands twice"),
            ("11430700MB0000043R", "11430700MB0000035Y", "credit code"),
            ("11430700MB0000043R", "11430700MB0000043T", "should be R, found T"),
            ("slug = \"tax\"", "slug = \"tax\"\nregion = \"430800\"", "region 430800 of tax"),
            ("+08:00", "Asia/Shanghai", "utc_offset"),
            (
                "type = \"business-licence\"",
                "type = \"business-licence\"\nfrom = \"2026-02-01\"\nuntil = \"2026-01-31\"",
                "ends before it begins",
            ),
            ("type = \"business-licence\"", "type = \"business-licence\"\nregion = \"100000\"", "100000"),
            ("en = \"Registration Office\"", "en = \"\"", "responsibility for issuing business-licence"),
            ("working_days = 3", "working_days = 1000", "0 to 365 working days"),
            ("promised = { working_days = 3 }", "", "missing field `promised`"),
        ] {
            assert!(SAMPLE.contains(from), "{from}");
            let error = AuthorityPlan::parse(&SAMPLE.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{from} -> {to}: {error}");
        }
    }
}
