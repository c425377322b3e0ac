//! Beside other people's programs, where `benches/peers/run` has installed them: two SD-JWT libraries, and PostgreSQL.
//!
//! Libraries are compared with what they do: making and reading a credential, by one core's seconds, all with the claims and
//! headers of the same real licences and one Ed25519 key. The service's own figure stands beside, for each second that its
//! process had a core: HTTP, law, ledger, disk and seven findings are in that, and in no library's.
//!
//! PostgreSQL is compared with what the ledger does to a disk: one transaction a group, durable. Neither it nor the floor
//! signs, hashes, or proves anything.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use vidimus::crypto::{Entropy, PrivateKey};
use vidimus::jose::{jwk, jws};
use vidimus::sd_jwt::{CredentialDraft, CredentialHeader, Presentation, combine};
use vidimus::wiring::entropy::SystemEntropy;

use super::client;
use super::floor;
use super::house::{House, Process, Scale};
use super::issue;
use super::records::Records;
use super::told;
use super::verify;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
/// Different licences.
const LICENCES: usize = 500;
/// Where the peers are installed.
const TOOLS: &str = "VIDIMUS_PEERS";

/// Every peer that is there.
pub fn all(scale: Scale) {
    let Some(tools) = std::env::var_os(TOOLS).map(PathBuf::from) else {
        return eprintln!("  {TOOLS} is not set: benches/peers/run installs the peers and sets it");
    };
    let (house, mut records) = (House::found(), Records::open());
    let shown = verify::credentials(&house, &mut records, LICENCES);
    let seconds = if scale == Scale::Long { 5.0 } else { 1.0 };
    libraries(&Cases::of(&shown), &tools, &house.folder.path().join("cases.json"), seconds);
    service(&house, &mut records, &shown);
    append(&house, &mut records, &tools, if scale == Scale::Long { 1_000 } else { 100 });
}

/// What all make and read: drafts, and the same as credentials of one key.
struct Cases {
    key: PrivateKey,
    entropy: SystemEntropy,
    drafts: Vec<Draft>,
    credentials: Vec<String>,
}

impl Cases {
    /// Of these verification requests.
    fn of(shown: &[String]) -> Self {
        let key = PrivateKey::from_seed(&[7; 32]).unwrap();
        let entropy = SystemEntropy::default();
        let drafts: Vec<Draft> = shown.iter().map(|body| draft(body)).collect();
        let credentials = drafts.iter().map(|draft| make(draft, &key, &entropy)).collect();
        Self { key, entropy, drafts, credentials }
    }

    /// The same for a peer.
    fn write(&self, to: &Path) {
        let drafts: Vec<Value> =
            self.drafts.iter().map(|draft| json!({"header": draft.header, "claims": draft.claims})).collect();
        let public = jwk::to_jwk(self.key.public());
        let pkcs8: String = self.key.pkcs8().iter().map(|byte| format!("{byte:02x}")).collect();
        let cases = json!({"jwk": public, "pkcs8": pkcs8, "drafts": drafts, "credentials": self.credentials});
        std::fs::write(to, cases.to_string()).unwrap();
    }

    fn issue(&self, number: usize) {
        std::hint::black_box(make(&self.drafts[number % LICENCES], &self.key, &self.entropy));
    }

    /// Signature and claims, as the peers give them.
    fn verify(&self, number: usize) {
        let presentation = Presentation::parse(&self.credentials[number % LICENCES]).unwrap();
        presentation.verify(self.key.public()).unwrap();
        std::hint::black_box(presentation.disclosed().unwrap());
    }
}

/// Header and claims, as the peers are given them.
struct Draft {
    header: Value,
    claims: Map<String, Value>,
}

/// Header and claims of a credential that the service issued; of a business licence nothing is hidden.
fn draft(body: &str) -> Draft {
    let asked: Value = serde_json::from_str(body).unwrap();
    let presentation = Presentation::parse(asked["evidence"].as_str().unwrap()).unwrap();
    assert!(presentation.disclosures().is_empty(), "the peers are given claims that are all plain");
    let header = presentation.jws().header().members().clone().into();
    Draft { header, claims: presentation.disclosed().unwrap().into_map() }
}

/// The header is written anew each time, as by the peers.
fn make(draft: &Draft, key: &PrivateKey, entropy: &dyn Entropy) -> String {
    let header = CredentialHeader::new(&draft.header).unwrap();
    let draft = CredentialDraft { header, claims: draft.claims.clone(), disclosable: Vec::new() };
    let fixed = draft.fix(entropy).unwrap();
    let signature = key.sign(fixed.signing_input.as_bytes()).unwrap();
    combine(&jws::complete(&fixed.signing_input, &signature), &fixed.disclosures)
}

/// Credentials for each second of a core.
fn libraries(cases: &Cases, tools: &Path, file: &Path, seconds: f64) {
    cases.write(file);
    let peers = [
        ("javascript", Peer::start(Command::new("node").arg(tools.join("credentials.mjs")).arg(file))),
        (
            "python",
            Peer::start(Command::new(tools.join("venv/bin/python")).arg(script("credentials.py")).arg(file)),
        ),
    ];
    for (language, mut peer) in peers {
        for (what, ours) in [("issue", Cases::issue as fn(&Cases, usize)), ("verify", Cases::verify)] {
            let rounds: Vec<(f64, f64)> = (0..ROUNDS)
                .map(|_| (a_core(seconds, |number| ours(cases, number)), peer.ask(what, seconds)))
                .collect();
            told::beside(&format!("peers.{what}.{language}"), &peer.name, "credentials/s/core", &rounds);
        }
    }
}

/// How often it is done in a second of this thread's.
fn a_core(seconds: f64, mut work: impl FnMut(usize)) -> f64 {
    let (begun, cpu, mut count) = (Instant::now(), thread_cpu(), 0);
    while begun.elapsed().as_secs_f64() < seconds {
        work(count);
        count += 1;
    }
    count as f64 / (thread_cpu() - cpu).as_secs_f64()
}

fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap()
}

/// What the service does for each second that it had a core.
fn service(house: &House, records: &mut Records, shown: &[String]) {
    let process = house.process();
    let told = |bench: &str, unit: &str, rounds: Vec<f64>| told::alone(bench, unit, told::median(rounds));
    let issued = |_| of_its_cpu(process, 4_000, || issue::many(house, records, 4_000));
    told("peers.issue.service", "licences/s/core", (0..ROUNDS).map(issued).collect());
    let verified = |_| {
        let load = verify::load(&house.address, "/v1/verifications", shown, 10_000);
        of_its_cpu(process, 10_000, || client::closed(load, CONNECTIONS))
    };
    told("peers.verify.service", "verifications/s/core", (0..ROUNDS).map(verified).collect());
}

fn of_its_cpu(process: Process, count: usize, work: impl FnOnce() -> f64) -> f64 {
    let before = process.cpu();
    // How long it took says more about the machine than about the service.
    let _rate = work();
    count as f64 / (process.cpu() - before)
}

/// Records a second in transactions of a group; the product's are licences, with all that belongs to them.
fn append(house: &House, records: &mut Records, tools: &Path, groups: usize) {
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut server = Command::new(tools.join("venv/bin/python"));
    let mut peer = Peer::start(server.arg(script("postgres.py")).arg(folder.path()));
    for how in ["copy", "insert"] {
        let rounds: Vec<(f64, f64)> =
            (0..ROUNDS).map(|_| (issue::many(house, records, 4_000), peer.ask(how, groups as f64))).collect();
        told::beside(&format!("peers.append.{how}"), &peer.name, "records/s", &rounds);
    }
    let rounds: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (issue::many(house, records, 4_000), floor::append(groups))).collect();
    told::beside("peers.append.file", "a file and fdatasync", "records/s", &rounds);
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}

/// A program that goes on between rounds: asked by a line, it answers by one. It ends when its input does.
struct Peer {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// As it calls itself, with its version.
    name: String,
}

impl Peer {
    fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer is installed");
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut peer = Self { child, to, from, name: String::new() };
        peer.name = peer.line();
        peer
    }

    /// Lets it do something for so long, or so often; how much it did in a second.
    fn ask(&mut self, what: &str, much: f64) -> f64 {
        writeln!(self.to.as_mut().unwrap(), "{what} {much}").unwrap();
        self.line().parse().unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.to = None;
        drop(self.child.wait());
    }
}
