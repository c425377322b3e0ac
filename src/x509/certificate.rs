//! A certificate of ours, read strictly (RFC 5280 section 4.1): DER throughout, version 3, exactly one [`Profile`],
//! the name form of [`Subject`], key identifiers that are our key ids. Not here: paths, and whether anyone trusts it.

use pkcs8::der::pem;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser as _;
use x509_parser::prelude::{TbsCertificate, X509Certificate, X509Version};
use x509_parser::time::ASN1Time;

use super::extensions::Extensions;
use super::{Profile, Subject, SubjectError, Validity, der, ecdsa};
use crate::crypto::key::KeyError;
use crate::crypto::{Algorithm, KeyId, PublicKey};
use crate::values::identifiers::TypeCode;

/// The longest certificate that is looked at, in bytes.
pub const MAXIMUM_SIZE: usize = 8 * 1024;

const PEM_LABEL: &str = "CERTIFICATE";
/// RFC 5280 section 4.1.2.2.
const MAXIMUM_SERIAL: usize = 20;
/// AlgorithmIdentifier of ecdsa-with-SHA256, without parameters (RFC 5758 section 3.2).
const ECDSA_WITH_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// 2050-01-01T00:00:00Z: times before it are UTCTime, later ones GeneralizedTime (RFC 5280 section 4.1.2.5).
const FIRST_GENERALIZED: i64 = 2_524_608_000;

/// Why bytes are not one of our certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Too long to be looked at.
    #[error("{length} bytes; at most {MAXIMUM_SIZE} are read")]
    Size {
        /// Bytes given.
        length: usize,
    },
    /// Not PEM, or another label.
    #[error("not one PEM block labelled CERTIFICATE")]
    Pem,
    /// Not DER, or not the eight parts of a version 3 certificate, or something follows.
    #[error("not exactly one version 3 certificate in DER")]
    Encoding,
    /// Negative, zero or longer than 20 bytes.
    #[error("a serial number of {length} bytes that is not positive or longer than {MAXIMUM_SERIAL}")]
    Serial {
        /// Bytes of the number.
        length: usize,
    },
    /// Inside or outside, the signature is not ecdsa-with-SHA256, or its value is not two integers in DER.
    #[error("not signed with ecdsa-with-SHA256")]
    SignatureAlgorithm,
    /// Not writable, out of order, or in the wrong of the two forms.
    #[error("the validity {not_before}..{not_after} is out of order or written in the wrong form")]
    Validity {
        /// Seconds since 1970.
        not_before: i64,
        /// Seconds since 1970.
        not_after: i64,
    },
    /// The subject's name.
    #[error("subject: {0}")]
    Subject(#[from] SubjectError),
    /// The subject's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key of an algorithm that the profile does not use.
    #[error("a {profile} certificate with a key of algorithm {algorithm:?}")]
    KeyAlgorithm {
        /// The certificate's profile.
        profile: Profile,
        /// The key's algorithm.
        algorithm: Algorithm,
    },
    /// The same extension twice.
    #[error("extension {0} stands there twice")]
    RepeatedExtension(String),
    /// Critical and unknown, or known and of the wrong criticality.
    #[error("extension {0} is critical and unknown, or known and marked wrongly")]
    Criticality(String),
    /// basicConstraints, keyUsage and extKeyUsage together are those of no profile.
    #[error("the extensions are those of no profile")]
    Profile,
    /// Subject or authority key identifier missing, malformed or not the key's id.
    #[error("the key identifiers are not those of the certificate's keys")]
    KeyIdentifier,
    /// Type codes in another form than ours, or in a certificate that is not for credentials.
    #[error("subjectDirectoryAttributes that are not type codes, or not in a credential certificate")]
    TypeCodes,
    /// A root that another name or key issued.
    #[error("a root certificate that is not signed by itself")]
    NotSelfSigned,
}

/// One of our certificates; its signature is checked by [`Certificate::is_signed_by`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Vec<u8>,
    signature: [u8; 64],
    serial: Vec<u8>,
    profile: Profile,
    subject: Subject,
    subject_name: Vec<u8>,
    issuer_name: Vec<u8>,
    authority_key: Option<KeyId>,
    public_key: PublicKey,
    validity: Validity,
    type_codes: Option<Vec<TypeCode>>,
}

impl Certificate {
    /// Reads DER; refuses everything that [`CertificateError`] names.
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAXIMUM_SIZE {
            return Err(CertificateError::Size { length: bytes.len() });
        }
        let parts = der::split(bytes).ok_or(CertificateError::Encoding)?;
        let parsed = parse(bytes)?;
        let signature = Some(parts.signature.as_slice())
            .filter(|_| {
                parts.algorithm == ECDSA_WITH_SHA256 && parsed.signature_algorithm == parsed.signature
            })
            .and_then(ecdsa::from_der)
            .ok_or(CertificateError::SignatureAlgorithm)?;
        let extensions = Extensions::read(parsed.extensions())?;
        let public_key = PublicKey::from_spki(parsed.public_key().raw)?;
        let certificate = Self {
            der: bytes.to_vec(),
            signed: parts.signed,
            signature,
            serial: serial(&parsed)?,
            profile: extensions.profile,
            subject: Subject::from_name(parsed.subject())?,
            subject_name: parsed.subject().as_raw().to_vec(),
            issuer_name: parsed.issuer().as_raw().to_vec(),
            authority_key: extensions.authority_key,
            validity: validity(&parsed)?,
            public_key,
            type_codes: extensions.type_codes,
        };
        certificate.check_keys(extensions.subject_key)?;
        Ok(certificate)
    }

    /// Reads one PEM block.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        match pem::decode_vec(text.as_bytes()) {
            Ok((PEM_LABEL, der)) => Self::from_der(&der),
            _ => Err(CertificateError::Pem),
        }
    }

    /// The DER, as given.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM.
    pub fn to_pem(&self) -> Result<String, CertificateError> {
        pem::encode_string(PEM_LABEL, pem::LineEnding::LF, &self.der).map_err(|_| CertificateError::Pem)
    }

    /// What it is for.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whom it names.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The key it certifies.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The id of the key that signed it; a root names its own.
    pub fn authority_key(&self) -> KeyId {
        self.authority_key.unwrap_or_else(|| self.public_key.id())
    }

    /// When it can be used.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The serial number: 1 to 20 bytes, big-endian, positive.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The types that its department might issue when it was made, ascending: a hint, not a power. `None` where it does not
    /// say.
    pub fn type_codes(&self) -> Option<&[TypeCode]> {
        self.type_codes.as_deref()
    }

    /// Whether its issuer field is, byte for byte, `issuer`'s name and its authority key identifier `issuer`'s.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.issuer_name == issuer.subject_name && self.authority_key() == issuer.public_key.id()
    }

    /// Whether its signature is good under `key`.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.algorithm() == Algorithm::P256 && key.verifies(&self.signed, &self.signature)
    }

    fn check_keys(&self, subject_key: KeyId) -> Result<(), CertificateError> {
        let (profile, algorithm) = (self.profile, self.public_key.algorithm());
        if !profile.allows(algorithm) {
            return Err(CertificateError::KeyAlgorithm { profile, algorithm });
        }
        if self.type_codes.is_some() && profile != Profile::Credential {
            return Err(CertificateError::TypeCodes);
        }
        let is_root = profile == Profile::Root;
        if subject_key != self.public_key.id() || is_root != self.authority_key.is_none() {
            return Err(CertificateError::KeyIdentifier);
        }
        if is_root && !(self.names_as_issuer(self) && self.is_signed_by(&self.public_key)) {
            return Err(CertificateError::NotSelfSigned);
        }
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509CertificateParser::new().with_deep_parse_extensions(false).parse(bytes) {
        Ok(([], parsed)) if parsed.version() == X509Version::V3 => Ok(parsed),
        _ => Err(CertificateError::Encoding),
    }
}

fn serial(parsed: &TbsCertificate<'_>) -> Result<Vec<u8>, CertificateError> {
    let bytes = parsed.raw_serial();
    let positive = bytes.first().is_some_and(|first| *first < 0x80) && bytes.iter().any(|byte| *byte != 0);
    if positive && bytes.len() <= MAXIMUM_SERIAL {
        return Ok(bytes.to_vec());
    }
    Err(CertificateError::Serial { length: bytes.len() })
}

fn validity(parsed: &TbsCertificate<'_>) -> Result<Validity, CertificateError> {
    let (from, to) = (parsed.validity().not_before, parsed.validity().not_after);
    let right_form = |time: ASN1Time| time.is_utctime() == (time.timestamp() < FIRST_GENERALIZED);
    let validity = Validity { not_before: from.timestamp(), not_after: to.timestamp() };
    if right_form(from) && right_form(to) && validity.is_writable() {
        return Ok(validity);
    }
    Err(CertificateError::Validity { not_before: validity.not_before, not_after: validity.not_after })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Hierarchy, START, odd_leaf};
    use super::*;
    use rcgen::{CustomExtension, DnType, IsCa, KeyUsagePurpose, SerialNumber};

    #[test]
    fn every_profile_is_read_back() {
        let sample = Hierarchy::new();
        let all = [&sample.root, &sample.issuing, &sample.credential, &sample.seal, &sample.status];
        for (certificate, profile) in all.into_iter().zip(Profile::ALL) {
            assert_eq!(certificate.profile(), profile);
            assert_eq!(certificate.serial().len(), 20);
            let pem = certificate.to_pem().unwrap();
            assert_eq!(&Certificate::from_pem(&pem).unwrap(), certificate);
            assert_eq!(Certificate::from_pem(&format!("{pem}{pem}")), Err(CertificateError::Pem));
        }
        assert_eq!(sample.root.validity().not_before, START);
        assert_eq!(sample.credential.authority_key(), sample.issuing.public_key().id());
        assert_eq!(sample.credential.subject().organization(), "示例市市场监督管理局");
    }

    #[test]
    fn bytes_that_are_not_one_certificate() {
        let der = Hierarchy::new().credential.der().to_vec();
        let trailing = [&der[..], &[0]].concat();
        assert_eq!(Certificate::from_der(&trailing), Err(CertificateError::Encoding));
        assert_eq!(Certificate::from_der(&der[..der.len() - 1]), Err(CertificateError::Encoding));
        assert_eq!(Certificate::from_der(&[]), Err(CertificateError::Encoding));
        let long = vec![0; MAXIMUM_SIZE + 1];
        assert_eq!(Certificate::from_der(&long), Err(CertificateError::Size { length: MAXIMUM_SIZE + 1 }));
    }

    #[test]
    fn no_flipped_bit_goes_unseen() {
        let sample = Hierarchy::new();
        let der = sample.credential.der();
        for place in 0..der.len() {
            let mut other = der.to_vec();
            other[place] ^= 1;
            let seen = match Certificate::from_der(&other) {
                Err(_) => true,
                Ok(read) => !read.is_signed_by(sample.issuing.public_key()),
            };
            assert!(seen, "byte {place}");
        }
    }

    /// What rcgen can be made to write but no profile of ours is.
    #[test]
    fn odd_certificates_are_refused() {
        let sample = Hierarchy::new();
        let read = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
            Certificate::from_der(&odd_leaf(&sample, change)).map(|certificate| certificate.profile())
        };
        let null = |oid: &[u64], critical| {
            let mut extension = CustomExtension::from_oid_content(oid, vec![5, 0]);
            extension.set_criticality(critical);
            extension
        };
        let unknown = &[1, 3, 6, 1, 4, 1, 32473, 1][..];
        assert_eq!(read(&|_| ()), Ok(Profile::Credential));
        assert_eq!(read(&|p| p.custom_extensions = vec![null(unknown, false)]), Ok(Profile::Credential));
        assert_eq!(
            read(&|p| p.custom_extensions = vec![null(unknown, true)]),
            Err(CertificateError::Criticality("1.3.6.1.4.1.32473.1".into()))
        );
        assert!(matches!(
            read(&|p| p.custom_extensions = vec![null(&[2, 5, 29, 14], false)]),
            Err(CertificateError::RepeatedExtension(_))
        ));
        assert_eq!(read(&|p| p.is_ca = IsCa::NoCa), Err(CertificateError::Profile));
        assert_eq!(read(&|p| p.extended_key_usages.clear()), Err(CertificateError::Profile));
        assert_eq!(
            read(&|p| p.key_usages.push(KeyUsagePurpose::KeyCertSign)),
            Err(CertificateError::Profile)
        );
        assert_eq!(
            read(&|p| p.custom_extensions = vec![null(&[2, 5, 29, 9], false)]),
            Err(CertificateError::TypeCodes)
        );
        let identifier = rcgen::KeyIdMethod::PreSpecified(vec![7; 16]);
        assert_eq!(
            read(&|p| p.key_identifier_method = identifier.clone()),
            Err(CertificateError::KeyIdentifier)
        );
        assert_eq!(
            read(&|p| p.use_authority_key_identifier_extension = false),
            Err(CertificateError::KeyIdentifier)
        );
        for (serial, length) in [(vec![0], 1), (vec![1; 21], 21), (vec![0x80; 20], 21)] {
            assert_eq!(
                read(&|p| p.serial_number = Some(SerialNumber::from_slice(&serial))),
                Err(CertificateError::Serial { length })
            );
        }
        assert_eq!(
            read(&|p| p.distinguished_name.push(DnType::LocalityName, "x")),
            Err(CertificateError::Subject(SubjectError::Form))
        );
        assert_eq!(
            read(&|p| p.distinguished_name.push(DnType::CountryName, "CN")),
            Err(CertificateError::Subject(SubjectError::Form))
        );
    }
}
