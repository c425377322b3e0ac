//! How commands call a service: time limits, and which certificate authorities are believed. Those are the public ones,
//! or the ones in the file that `SSL_CERT_FILE` names, as for openssl and curl: a department's own network has its own.
//!
//! Not here: what is asked and what an answer means, and belief in a ledger, which rests on its root and never on TLS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::told::Told;
use crate::audit::source::{Address, Directory, Source};

/// Names a file of certificate authorities, PEM.
const AUTHORITIES: &str = "SSL_CERT_FILE";
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a file of a ledger may take.
const FILE: Duration = Duration::from_secs(60);

/// A caller whose every answer has come whole within that time, or, without one, however long it streams. A status that
/// is no success is an answer, not an error.
pub fn agent(within: Option<Duration>) -> anyhow::Result<Agent> {
    let roots = match std::env::var_os(AUTHORITIES).filter(|path| !path.is_empty()) {
        None => RootCerts::WebPki,
        Some(path) => RootCerts::Specific(Arc::new(authorities(&PathBuf::from(path))?)),
    };
    Ok(Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(within)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .new_agent())
}

/// A ledger at a server's address (`http://`, `https://`) or in an exported directory.
pub fn source(from: &str) -> anyhow::Result<Box<dyn Source>> {
    if is_address(from) { Ok(Box::new(server(from)?)) } else { Ok(Box::new(Directory::open(from)?)) }
}

/// The same; a server that is away or busy is waited for so long, for each file.
pub fn patient_source(from: &str, patience: Duration) -> anyhow::Result<Box<dyn Source>> {
    if is_address(from) { Ok(Box::new(server(from)?.patient(patience))) } else { source(from) }
}

/// Whether this names a server, and not a path.
pub fn is_address(from: &str) -> bool {
    from.starts_with("http://") || from.starts_with("https://")
}

/// A ledger at a server's address.
pub fn server(from: &str) -> anyhow::Result<Address> {
    Ok(Address::new(from, agent(Some(FILE))?))
}

fn authorities(path: &PathBuf) -> anyhow::Result<Vec<Certificate<'static>>> {
    let named = || format!("{AUTHORITIES}={}", path.display());
    let text = std::fs::read(path).with_context(named)?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.with_context(named)? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        let named = named();
        bail!(Told::new(
            format!("{named} 中没有 PEM 格式的证书：请写入所信任的根证书，或取消这个环境变量"),
            format!("{named} holds no PEM certificate: put the authorities you trust into it, or unset it"),
        ));
    }
    Ok(found)
}
