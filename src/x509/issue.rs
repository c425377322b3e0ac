//! Making certificates with rcgen (RFC 5280 section 4). Whatever is made is read again by the strict reader before it
//! is given out, so nothing leaves that a verifier of ours would refuse.
//! Not here: who asks and who approves, and where keys lie.

use rcgen::{CertificateParams, KeyIdMethod, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey};
use x509_parser::time::ASN1Time;

use super::{Certificate, CertificateError, Profile, Subject, Validity, ecdsa, type_codes};
use crate::crypto::entropy::random;
use crate::crypto::{Algorithm, Entropy, KeyId, PrivateKey, PublicKey};
use crate::values::identifiers::TypeCode;

/// Why a certificate was not made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The issuer's certificate is for another key than the one given.
    #[error("the issuer's certificate is for key {certified}, the key given is {given}")]
    IssuerKey {
        /// Key the certificate is for.
        certified: KeyId,
        /// Key given.
        given: KeyId,
    },
    /// A profile that this issuer does not sign.
    #[error("a {issuer} certificate does not issue {requested} certificates")]
    Profile {
        /// The issuer's profile.
        issuer: Profile,
        /// The profile asked for.
        requested: Profile,
    },
    /// A validity that cannot be written or leaves the issuer's.
    #[error("the validity {}..{} is out of order, not writable or not within the issuer's", .0.not_before, .0.not_after)]
    Validity(Validity),
    /// The issuer's own name for something else.
    #[error("the subject is the issuer's own name")]
    IssuersName,
    /// Type codes that cannot be written.
    #[error("the type codes could not be written: {0}")]
    TypeCodes(#[from] pkcs8::der::Error),
    /// rcgen could not write or sign it.
    #[error("the certificate could not be written: {0}")]
    Writing(#[from] rcgen::Error),
    /// What was written is refused by the strict reader.
    #[error("what was written is not a certificate of ours: {0}")]
    Unreadable(#[from] CertificateError),
    /// What was written does not name the issuer or is not signed by it.
    #[error("what was written does not lead to its issuer")]
    Misled,
}

/// What is asked of an issuer.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What the certificate is for.
    pub profile: Profile,
    /// Whom it names.
    pub subject: &'a Subject,
    /// The key it certifies; that the subject holds it is for the caller to know (law 0, section 4).
    pub public_key: &'a PublicKey,
    /// When it can be used, within the issuer's own.
    pub validity: Validity,
    /// Of a credential certificate: what its department may issue now, as a hint (at most [`super::MOST_TYPE_CODES`], else
    /// none is named). Empty for every other.
    pub type_codes: &'a [TypeCode],
}

/// A CA certificate together with its private key.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    certificate: &'a Certificate,
    key: &'a PrivateKey,
}

/// A root certificate for `key`, a P-256 key. The serial comes from `entropy`.
pub fn self_signed(
    subject: &Subject,
    key: &PrivateKey,
    validity: Validity,
    entropy: &dyn Entropy,
) -> Result<Certificate, IssueError> {
    let request =
        Request { profile: Profile::Root, subject, public_key: key.public(), validity, type_codes: &[] };
    let made = parameters(&request, entropy)?.self_signed(&Signer(key))?;
    Ok(Certificate::from_der(made.der())?)
}

impl<'a> Issuer<'a> {
    /// `key` must be the one that `certificate` is for.
    pub fn new(certificate: &'a Certificate, key: &'a PrivateKey) -> Result<Self, IssueError> {
        if certificate.public_key() == key.public() {
            return Ok(Self { certificate, key });
        }
        Err(IssueError::IssuerKey { certified: certificate.public_key().id(), given: key.id() })
    }

    /// The certificate asked for. The serial comes from `entropy`.
    pub fn issue(&self, request: &Request<'_>, entropy: &dyn Entropy) -> Result<Certificate, IssueError> {
        let (issuer, requested) = (self.certificate.profile(), request.profile);
        if requested == Profile::Root || requested.issued_by() != issuer {
            return Err(IssueError::Profile { issuer, requested });
        }
        if !self.certificate.validity().covers(&request.validity) {
            return Err(IssueError::Validity(request.validity));
        }
        if self.certificate.subject() == request.subject {
            return Err(IssueError::IssuersName);
        }
        let mut own = CertificateParams::default();
        own.distinguished_name = self.certificate.subject().to_name()?;
        own.key_identifier_method = key_identifier(self.key.public());
        own.key_usages = issuer.key_usages();
        let signer = rcgen::Issuer::from_params(&own, Signer(self.key));
        let made = parameters(request, entropy)?.signed_by(&Certified(request.public_key), &signer)?;
        let made = Certificate::from_der(made.der())?;
        if made.names_as_issuer(self.certificate) && made.is_signed_by(self.key.public()) {
            return Ok(made);
        }
        Err(IssueError::Misled)
    }
}

fn parameters(request: &Request<'_>, entropy: &dyn Entropy) -> Result<CertificateParams, IssueError> {
    let Validity { not_before, not_after } = request.validity;
    if !request.validity.is_writable() {
        return Err(IssueError::Validity(request.validity));
    }
    let time = |seconds| {
        ASN1Time::from_timestamp(seconds)
            .map(|time| time.to_datetime())
            .map_err(|_| IssueError::Validity(request.validity))
    };
    let mut parameters = CertificateParams::default();
    parameters.not_before = time(not_before)?;
    parameters.not_after = time(not_after)?;
    parameters.serial_number = Some(serial(entropy));
    parameters.distinguished_name = request.subject.to_name()?;
    parameters.is_ca = request.profile.basic_constraints();
    parameters.key_usages = request.profile.key_usages();
    parameters.extended_key_usages = request.profile.extended_key_usages();
    parameters.use_authority_key_identifier_extension = request.profile != Profile::Root;
    parameters.key_identifier_method = key_identifier(request.public_key);
    parameters.custom_extensions.extend(type_codes::write(request.type_codes)?);
    Ok(parameters)
}

/// 20 bytes, of which 158 bits are chance: the first two are 01, so that the number is positive and always as long.
fn serial(entropy: &dyn Entropy) -> SerialNumber {
    let mut bytes: [u8; 20] = random(entropy);
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    SerialNumber::from_slice(&bytes)
}

/// Key identifiers are our key ids, so that a certificate and the ledger name a key alike.
fn key_identifier(key: &PublicKey) -> KeyIdMethod {
    KeyIdMethod::PreSpecified(key.id().0.to_vec())
}

/// A public key as rcgen sees it.
struct Certified<'a>(&'a PublicKey);

/// A private key as rcgen sees it.
struct Signer<'a>(&'a PrivateKey);

impl PublicKeyData for Certified<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.raw()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.0.algorithm() {
            Algorithm::Ed25519 => &rcgen::PKCS_ED25519,
            Algorithm::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public().raw()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        Certified(self.0.public()).algorithm()
    }
}

impl SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)?;
        match self.0.public().algorithm() {
            Algorithm::Ed25519 => Ok(signature.to_vec()),
            Algorithm::P256 => ecdsa::to_der(&signature).map_err(|_| rcgen::Error::RemoteKeyError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Counter, Hierarchy, authority, department, key, years};
    use super::*;

    #[test]
    fn an_issuer_refuses_what_is_not_its_own() {
        let sample = Hierarchy::new();
        let (subject, leaf) = (department(), key(Algorithm::P256));
        let request = |profile, validity| Request {
            profile,
            subject: &subject,
            public_key: leaf.public(),
            validity,
            type_codes: &[],
        };
        let root = Issuer::new(&sample.root, &sample.root_key).unwrap();
        let issuing = Issuer::new(&sample.issuing, &sample.issuing_key).unwrap();
        let refused = |issuer: &Issuer<'_>, profile| {
            matches!(issuer.issue(&request(profile, years(1, 2)), &Counter), Err(IssueError::Profile { .. }))
        };
        assert!(refused(&root, Profile::Root) && refused(&root, Profile::Seal));
        assert!(refused(&issuing, Profile::Issuing) && refused(&issuing, Profile::Root));
        for validity in [years(1, 11), years(-1, 1), years(2, 1)] {
            let made = issuing.issue(&request(Profile::Seal, validity), &Counter);
            assert!(matches!(made, Err(IssueError::Validity(_))), "{validity:?}");
        }
        let codes = ["11100000MB0143028R001".parse().unwrap()];
        let named = |profile| Request { type_codes: &codes, ..request(profile, years(1, 2)) };
        let seal = issuing.issue(&named(Profile::Seal), &Counter);
        assert!(matches!(seal, Err(IssueError::Unreadable(CertificateError::TypeCodes))), "{seal:?}");
        let credential = issuing.issue(&named(Profile::Credential), &Counter).unwrap();
        assert_eq!(credential.type_codes(), Some(codes.as_slice()));
        assert_eq!(sample.credential.type_codes(), None);
        let own = Request { subject: sample.issuing.subject(), ..request(Profile::Status, years(1, 2)) };
        assert!(matches!(issuing.issue(&own, &Counter), Err(IssueError::IssuersName)));
        assert!(matches!(Issuer::new(&sample.root, &leaf), Err(IssueError::IssuerKey { .. })));
    }

    #[test]
    fn keys_of_the_wrong_algorithm() {
        let sample = Hierarchy::new();
        let issuing = Issuer::new(&sample.issuing, &sample.issuing_key).unwrap();
        for (algorithm, profile, good) in [
            (Algorithm::Ed25519, Profile::Seal, false),
            (Algorithm::P256, Profile::Credential, true),
            (Algorithm::P256, Profile::Status, true),
        ] {
            let leaf = key(algorithm);
            let request = Request {
                profile,
                subject: &department(),
                public_key: leaf.public(),
                validity: years(1, 2),
                type_codes: &[],
            };
            assert_eq!(issuing.issue(&request, &Counter).is_ok(), good, "{profile}");
        }
        let root = self_signed(&authority("x"), &key(Algorithm::Ed25519), years(0, 1), &Counter);
        assert!(root.is_err());
    }

    #[test]
    fn times_are_written_exactly() {
        let last = Validity { not_before: 2_524_607_999, not_after: Validity::LAST_SECOND };
        let later = Validity { not_before: 2_524_608_000, not_after: 2_524_608_001 };
        for validity in [last, later, Validity { not_before: 0, not_after: 0 }] {
            let root = self_signed(&authority("x"), &key(Algorithm::P256), validity, &Counter);
            assert_eq!(root.unwrap().validity(), validity);
        }
        let none = Validity { not_before: 0, not_after: i64::MAX };
        let root = self_signed(&authority("x"), &key(Algorithm::P256), none, &Counter);
        assert!(matches!(root, Err(IssueError::Validity(_))));
    }
}
