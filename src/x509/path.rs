//! The one path that is accepted (law 0, section 10; RFC 5280 section 6, narrowed): leaf, then the issuing
//! certificate, then a pinned root that is not sent along. At most three certificates, none to spare.
//!
//! Names match byte for byte and key identifiers are key ids, so there is never a choice of path. Not here: whether
//! the ledger knows and still accepts the leaf's key, and whose clock says `at`.

use std::sync::Arc;

use super::{Certificate, CertificateError, Profile, Validity};
use crate::crypto::{KeyId, PublicKey};

/// How many certificates may be given: the root is pinned, never given.
pub const MAXIMUM_GIVEN: usize = 2;

/// Why a path is not accepted. `depth` counts certificates from the leaf, which is 0; the root is the last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// None, or more than a path needs.
    #[error("{given} certificates given; a path is a leaf and its issuing certificate, without the root")]
    Length {
        /// Certificates given.
        given: usize,
    },
    /// A certificate that cannot be read.
    #[error("certificate {depth}: {source}")]
    Unreadable {
        /// Which certificate.
        depth: usize,
        /// What is wrong with it.
        source: CertificateError,
    },
    /// A root among what was given.
    #[error("certificate {depth} is a root; roots are pinned, not sent")]
    RootGiven {
        /// Which certificate.
        depth: usize,
    },
    /// A certificate of another profile than its place needs: another purpose, a leaf that signs, a CA as leaf.
    #[error("certificate {depth} is for {found}; its place needs {expected}")]
    Profile {
        /// Which certificate.
        depth: usize,
        /// What the place needs.
        expected: Profile,
        /// What the certificate is.
        found: Profile,
    },
    /// The next certificate is not the one this one names as its issuer, by name and key.
    #[error("certificate {depth} was not issued under the name and key of the next one")]
    NotTheIssuer {
        /// Which certificate.
        depth: usize,
    },
    /// No pinned root has the name and key that the last certificate given names.
    #[error("certificate {depth} leads to no pinned root (issuer key {key})")]
    UnknownRoot {
        /// Which certificate.
        depth: usize,
        /// The issuer's key, as the certificate names it.
        key: KeyId,
    },
    /// The signature of a certificate is not its issuer's.
    #[error("certificate {depth}: the signature is not its issuer's")]
    Signature {
        /// Which certificate.
        depth: usize,
    },
    /// Judged at a time before its first second.
    #[error("certificate {depth} begins at {not_before}, after {at}")]
    NotYetValid {
        /// Which certificate.
        depth: usize,
        /// First second, since 1970.
        not_before: i64,
        /// When the path was judged.
        at: i64,
    },
    /// Judged at a time after its last second.
    #[error("certificate {depth} ended at {not_after}, before {at}")]
    Expired {
        /// Which certificate.
        depth: usize,
        /// Last second, since 1970.
        not_after: i64,
        /// When the path was judged.
        at: i64,
    },
}

/// A path that was accepted; only [`validate`] makes one.
///
/// Everything but the time stays true as long as the same roots are pinned: a caller may keep it under a digest of
/// the chain, the purpose and the pinned roots, and ask [`VerifiedPath::holds_at`] each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPath {
    leaf: Arc<Certificate>,
    root: KeyId,
    validity: Validity,
}

impl VerifiedPath {
    /// The leaf.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The leaf's key.
    pub fn public_key(&self) -> &PublicKey {
        self.leaf.public_key()
    }

    /// The unified social credit code of the leaf's organisation: the department.
    pub fn code(&self) -> &str {
        self.leaf.subject().code()
    }

    /// The name of the leaf's organisation.
    pub fn organization(&self) -> &str {
        self.leaf.subject().organization()
    }

    /// The key of the pinned root it leads to.
    pub fn root(&self) -> KeyId {
        self.root
    }

    /// What the validities of all its certificates, root too, have in common.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether every certificate of the path is within its validity at `at`.
    pub fn holds_at(&self, at: i64) -> bool {
        self.validity.contains(at)
    }
}

/// Judges `given` (DER, leaf first, without the root) as a path for `purpose` to one of the pinned `roots`, at `at`
/// (seconds since 1970). Pinned certificates that are not roots are passed over.
pub fn validate(
    given: &[impl AsRef<[u8]>],
    roots: &[Certificate],
    at: i64,
    purpose: Profile,
) -> Result<VerifiedPath, PathError> {
    if given.is_empty() || given.len() > MAXIMUM_GIVEN {
        return Err(PathError::Length { given: given.len() });
    }
    let mut path = read(given, purpose)?;
    let root = pinned_root(&path, roots, at)?;
    path.push(root.clone());
    let mut validity = root.validity();
    for (depth, pair) in path.windows(2).enumerate() {
        let [certificate, issuer] = pair else { continue };
        if !certificate.names_as_issuer(issuer) {
            return Err(PathError::NotTheIssuer { depth });
        }
        if !certificate.is_signed_by(issuer.public_key()) {
            return Err(PathError::Signature { depth });
        }
        validity = validity.and(&certificate.validity());
    }
    for (depth, certificate) in path.iter().enumerate() {
        check_time(depth, certificate.validity(), at)?;
    }
    let given = path.len();
    let leaf = path.into_iter().next().ok_or(PathError::Length { given })?;
    Ok(VerifiedPath { leaf: Arc::new(leaf), root: root.public_key().id(), validity })
}

/// Each certificate, of the profile its place needs.
fn read(given: &[impl AsRef<[u8]>], purpose: Profile) -> Result<Vec<Certificate>, PathError> {
    let mut expected = purpose;
    let mut path = Vec::with_capacity(given.len() + 1);
    for (depth, der) in given.iter().enumerate() {
        let certificate =
            Certificate::from_der(der.as_ref()).map_err(|source| PathError::Unreadable { depth, source })?;
        let found = certificate.profile();
        if found == Profile::Root {
            return Err(PathError::RootGiven { depth });
        }
        if found != expected {
            return Err(PathError::Profile { depth, expected, found });
        }
        expected = found.issued_by();
        path.push(certificate);
    }
    Ok(path)
}

/// The pinned root that the last certificate names; of several with one name and key the one valid at `at`.
fn pinned_root<'a>(
    path: &[Certificate],
    roots: &'a [Certificate],
    at: i64,
) -> Result<&'a Certificate, PathError> {
    let depth = path.len().saturating_sub(1);
    let last = path.last().ok_or(PathError::Length { given: 0 })?;
    if last.profile().issued_by() != Profile::Root {
        return Err(PathError::Length { given: path.len() });
    }
    let named = || roots.iter().filter(|root| root.profile() == Profile::Root && last.names_as_issuer(root));
    named()
        .find(|root| root.validity().contains(at))
        .or_else(|| named().next())
        .ok_or_else(|| PathError::UnknownRoot { depth, key: last.authority_key() })
}

fn check_time(depth: usize, validity: Validity, at: i64) -> Result<(), PathError> {
    let Validity { not_before, not_after } = validity;
    if at < not_before {
        return Err(PathError::NotYetValid { depth, not_before, at });
    }
    if at > not_after {
        return Err(PathError::Expired { depth, not_after, at });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Counter, DEPARTMENT, Hierarchy, START, authority, key, odd_leaf, years};
    use super::super::{Issuer, Request, self_signed};
    use super::*;
    use crate::crypto::{Algorithm, PrivateKey};

    const YEAR: i64 = 31_536_000;
    /// Within every validity of the sample.
    const NOW: i64 = START + 2 * YEAR;

    fn judge(
        chain: &[&Certificate],
        roots: &[&Certificate],
        at: i64,
        purpose: Profile,
    ) -> Result<VerifiedPath, PathError> {
        let chain: Vec<_> = chain.iter().map(|certificate| certificate.der()).collect();
        let roots: Vec<_> = roots.iter().map(|root| (*root).clone()).collect();
        validate(&chain, &roots, at, purpose)
    }

    fn issue(issuer: (&Certificate, &PrivateKey), profile: Profile, name: &str) -> Certificate {
        let key = key(Algorithm::P256);
        let subject = authority(name);
        let request = Request {
            profile,
            subject: &subject,
            public_key: key.public(),
            validity: years(1, 3),
            type_codes: &[],
        };
        Issuer::new(issuer.0, issuer.1).unwrap().issue(&request, &Counter).unwrap()
    }

    #[test]
    fn each_purpose_has_its_path_and_no_other() {
        let sample = Hierarchy::new();
        let leaves = [&sample.credential, &sample.seal, &sample.status];
        for leaf in leaves {
            for purpose in Profile::ALL {
                let judged = judge(&[leaf, &sample.issuing], &[&sample.root], NOW, purpose);
                if purpose == leaf.profile() {
                    assert_eq!(judged.unwrap().leaf(), leaf);
                } else {
                    let found = leaf.profile();
                    assert_eq!(judged, Err(PathError::Profile { depth: 0, expected: purpose, found }));
                }
            }
        }
        let path = judge(&[&sample.seal, &sample.issuing], &[&sample.root], NOW, Profile::Seal).unwrap();
        assert_eq!((path.code(), path.organization()), (DEPARTMENT, "示例市市场监督管理局"));
        assert_eq!(path.root(), sample.root.public_key().id());
        assert_eq!(path.validity(), years(1, 3));
    }

    #[test]
    fn nothing_missing_and_nothing_to_spare() {
        let sample = Hierarchy::new();
        let Hierarchy { root, issuing, credential, .. } = &sample;
        let judged = |chain: &[&Certificate]| judge(chain, &[root], NOW, Profile::Credential).unwrap_err();
        assert_eq!(judged(&[]), PathError::Length { given: 0 });
        assert_eq!(judged(&[credential]), PathError::Length { given: 1 });
        assert_eq!(judged(&[credential, issuing, root]), PathError::Length { given: 3 });
        assert_eq!(judged(&[credential, issuing, issuing]), PathError::Length { given: 3 });
        assert_eq!(judged(&[credential, root]), PathError::RootGiven { depth: 1 });
        assert_eq!(judged(&[root]), PathError::RootGiven { depth: 0 });
        assert!(matches!(judged(&[issuing, credential]), PathError::Profile { depth: 0, .. }));
        assert!(matches!(judged(&[credential, credential]), PathError::Profile { depth: 1, .. }));
        assert!(matches!(
            judge(&[credential, issuing], &[], NOW, Profile::Credential),
            Err(PathError::UnknownRoot { depth: 1, .. })
        ));
        let pinned_issuing = judge(&[credential, issuing], &[issuing], NOW, Profile::Credential);
        assert!(matches!(pinned_issuing, Err(PathError::UnknownRoot { depth: 1, .. })));
    }

    #[test]
    fn every_certificate_is_judged_at_the_time_asked() {
        let sample = Hierarchy::new();
        let Hierarchy { root, issuing, credential, .. } = &sample;
        let at = |at| judge(&[credential, issuing], &[root], at, Profile::Credential);
        let Validity { not_before, not_after } = credential.validity();
        assert!(at(not_before).is_ok() && at(not_after).is_ok());
        assert_eq!(
            at(not_before - 1),
            Err(PathError::NotYetValid { depth: 0, not_before, at: not_before - 1 })
        );
        assert_eq!(at(not_after + 1), Err(PathError::Expired { depth: 0, not_after, at: not_after + 1 }));
        let kept = at(not_before).unwrap();
        assert!(kept.holds_at(not_after) && !kept.holds_at(not_after + 1) && !kept.holds_at(not_before - 1));
        let reissued = |validity| self_signed(root.subject(), &sample.root_key, validity, &Counter).unwrap();
        let (early, late) = (reissued(years(0, 1)), reissued(years(2, 30)));
        let with = |roots: &[&Certificate]| judge(&[credential, issuing], roots, NOW, Profile::Credential);
        assert!(matches!(with(&[&early]), Err(PathError::Expired { depth: 2, .. })));
        assert_eq!(with(&[&early, &late]).unwrap().validity().not_before, START + 2 * YEAR);
    }

    #[test]
    fn another_issuer_of_the_same_name() {
        let (sample, other) = (Hierarchy::new(), Hierarchy::new());
        let judged = judge(&[&sample.seal, &other.issuing], &[&other.root], NOW, Profile::Seal);
        assert_eq!(judged, Err(PathError::NotTheIssuer { depth: 0 }));
        let judged = judge(&[&sample.seal, &sample.issuing], &[&other.root], NOW, Profile::Seal);
        let key = sample.root.public_key().id();
        assert_eq!(judged, Err(PathError::UnknownRoot { depth: 1, key }));
        let renamed = issue((&sample.root, &sample.root_key), Profile::Issuing, "另一个签发证书");
        let judged = judge(&[&sample.seal, &renamed], &[&sample.root], NOW, Profile::Seal);
        assert_eq!(judged, Err(PathError::NotTheIssuer { depth: 0 }));
    }

    #[test]
    fn forged_signatures() {
        let sample = Hierarchy::new();
        let mut forged = odd_leaf(&sample, |_| ());
        let judged = |leaf: &[u8]| {
            let chain = [leaf, sample.issuing.der()];
            validate(&chain, std::slice::from_ref(&sample.root), NOW - YEAR / 2, Profile::Credential)
        };
        assert!(judged(&forged).is_ok());
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(judged(&forged), Err(PathError::Signature { depth: 0 }));
        let other = Hierarchy { issuing_key: key(Algorithm::P256), ..Hierarchy::new() };
        let other = Hierarchy { issuing: sample.issuing.clone(), ..other };
        assert_eq!(judged(&odd_leaf(&other, |_| ())), Err(PathError::Signature { depth: 0 }));
    }

    /// An issuing certificate under an issuing one, and a leaf that signs: what path lengths and CA flags are for.
    #[test]
    fn nobody_below_the_issuing_certificate_issues() {
        let sample = Hierarchy::new();
        let sub_ca = odd_leaf(&sample, |parameters| {
            parameters.is_ca = Profile::Issuing.basic_constraints();
            parameters.key_usages = Profile::Issuing.key_usages();
            parameters.extended_key_usages.clear();
        });
        let roots = std::slice::from_ref(&sample.root);
        let judged = validate(&[sub_ca.as_slice(), sample.issuing.der()], roots, NOW, Profile::Issuing);
        let (expected, found) = (Profile::Root, Profile::Issuing);
        assert_eq!(judged, Err(PathError::Profile { depth: 1, expected, found }));
        let judged = validate(&[sample.credential.der(), sub_ca.as_slice()], roots, NOW, Profile::Credential);
        assert!(matches!(judged, Err(PathError::UnknownRoot { depth: 1, .. })));
        let judged = judge(&[&sample.credential, &sample.seal], &[&sample.root], NOW, Profile::Credential);
        assert!(matches!(judged, Err(PathError::Profile { depth: 1, found: Profile::Seal, .. })));
    }

    #[test]
    fn an_odd_certificate_says_where_it_stands() {
        let sample = Hierarchy::new();
        let trailing = [sample.issuing.der(), &[0]].concat();
        let chain = [sample.credential.der(), &trailing];
        let judged = validate(&chain, std::slice::from_ref(&sample.root), NOW, Profile::Credential);
        let source = CertificateError::Encoding;
        assert_eq!(judged, Err(PathError::Unreadable { depth: 1, source }));
    }
}
