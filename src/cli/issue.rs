//! `vidimus issue --type T --csv FILE --to URL --token FILE`: issuing a table of records. Each row's idempotency key
//! comes from its content and the type, so a broken run is just run again, today or tomorrow: nothing is issued twice.
//! Rows that are refused stand, with the reason, in `FILE.refused.csv`.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use serde_json::{Value, json};

use super::exit::Exit;
use super::output::Output;
use crate::audit::replay::Progress;
use crate::catalogue::{ColumnMapping, LicenceType, content_key};
use crate::values::canonical::parse_strict;
use crate::values::lang::Lang;
use crate::wiring::assembly::catalogue;

/// Rows of one request.
const ROWS: usize = 256;
/// How often rows that could not be taken just now are sent again.
const TRIES: u32 = 8;
/// What the service says when it could not take a row just now: the same row is good later.
const LATER: [&str; 3] = ["busy", "not-ready", "in-flight"];

/// Issue a table of records.
#[derive(Debug, Args)]
pub(super) struct Issue {
    /// The licence type: slug or 21-character code.
    #[arg(long = "type", value_name = "TYPE")]
    licence_type: String,
    /// The table: CSV with a header line, UTF-8.
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
    /// The service's address.
    #[arg(long, value_name = "URL")]
    to: String,
    /// The department's token file.
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// Another column mapping than the type's own.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Licence types of a directory instead of the built-in ones.
    #[arg(long, value_name = "DIR")]
    schemas: Option<PathBuf>,
}

/// A row on its way.
struct Row {
    line: u64,
    cells: csv::StringRecord,
    request: Value,
}

/// A row that was refused.
struct Refused {
    line: u64,
    cells: csv::StringRecord,
    problem: String,
    pointer: String,
    detail: String,
}

#[derive(Default)]
struct Tally {
    rows: u64,
    issued: u64,
    refused: Vec<Refused>,
}

impl Issue {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let catalogue = catalogue(self.schemas.as_deref())?;
        let licence_type = catalogue.find(&self.licence_type).ok_or_else(|| {
            anyhow!("there is no licence type {:?}; see `vidimus types list`", self.licence_type)
        })?;
        let own;
        let mapping = match &self.map {
            None => licence_type.columns(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                own = ColumnMapping::read(&text, licence_type.schema()).map_err(|errors| {
                    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
                    anyhow!("{}: {}", path.display(), told.join("; "))
                })?;
                &own
            }
        };
        let token = std::fs::read_to_string(&self.token).with_context(|| self.token.display().to_string())?;
        let service = Service::new(&self.to, token.trim(), out.lang);
        let total = count_rows(&self.csv)?;
        let mut shown = out.progress();

        let mut reader = open(&self.csv)?;
        let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        let mut tally = Tally::default();
        let mut waiting = Vec::with_capacity(ROWS);
        for record in reader.records() {
            tally.rows += 1;
            match row(licence_type, mapping, &header, record, tally.rows + 1) {
                Ok(row) => waiting.push(row),
                Err(refused) => tally.refused.push(refused),
            }
            if waiting.len() == ROWS {
                send(&service, std::mem::take(&mut waiting), &mut tally, out)?;
                shown.step(Progress { done: tally.rows, total });
            }
        }
        send(&service, waiting, &mut tally, out)?;
        drop(shown);
        self.conclude(&header, tally, out)
    }

    /// Writes the refused rows and the summary.
    fn conclude(&self, header: &[String], mut tally: Tally, out: &Output) -> anyhow::Result<Exit> {
        let path = refused_path(&self.csv);
        tally.refused.sort_by_key(|refused| refused.line);
        if tally.refused.is_empty() {
            // What an earlier run left there is true no more.
            if path.exists() {
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
            }
        } else {
            write_refused(&path, header, &tally.refused).with_context(|| path.display().to_string())?;
        }
        let Tally { rows, issued, refused } = &tally;
        let count = refused.len();
        let file = (count > 0).then(|| path.display().to_string());
        let summary =
            json!({"summary": true, "rows": rows, "issued": issued, "refused": count, "refused_file": file});
        out.result(&summary, |lang| {
            let mut text = lang.choose(
                format!("{rows} 行:签发 {issued}(含此前已签发的),拒绝 {count}。"),
                format!("{rows} rows: {issued} issued (those of earlier runs included), {count} refused."),
            );
            if let Some(file) = &file {
                text.push_str(&lang.choose(
                    format!("\n被拒绝的行和原因在 {file}"),
                    format!("\nThe refused rows and why: {file}"),
                ));
            }
            text
        })?;
        Ok(if count > 0 { Exit::Partial } else { Exit::Good })
    }
}

/// A record as a request, under the key of its content.
fn row(
    licence_type: &LicenceType,
    mapping: &ColumnMapping,
    header: &[String],
    record: Result<csv::StringRecord, csv::Error>,
    line: u64,
) -> Result<Row, Refused> {
    let refused = |cells: csv::StringRecord, detail: String| Refused {
        line,
        cells,
        problem: "row".into(),
        pointer: String::new(),
        detail,
    };
    let cells = match record {
        Ok(cells) => cells,
        Err(error) => return Err(refused(csv::StringRecord::new(), error.to_string())),
    };
    let values: Vec<String> = cells.iter().map(str::to_owned).collect();
    let mapped = mapping.request(licence_type.slug(), header, &values);
    let mut request = match mapped {
        Ok(request) => request,
        Err(error) => return Err(refused(cells, error.to_string())),
    };
    let key = match content_key(licence_type.slug(), licence_type.version(), &request) {
        Ok(key) => key,
        Err(error) => return Err(refused(cells, error.to_string())),
    };
    if let Some(members) = request.as_object_mut() {
        members.insert("key".into(), json!(key));
    }
    Ok(Row { line, cells, request })
}

/// Sends rows; those that cannot be taken just now are sent again a few times.
fn send(service: &Service, mut rows: Vec<Row>, tally: &mut Tally, out: &Output) -> anyhow::Result<()> {
    for attempt in 0..TRIES {
        if rows.is_empty() {
            return Ok(());
        }
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(200) * 2_u32.pow(attempt));
        }
        let answers = service.batch(&rows)?;
        let mut again = Vec::new();
        for (row, answer) in rows.into_iter().zip(answers) {
            if let Some(issued) = answer.get("issued") {
                tally.issued += 1;
                out.line(&json!({"line": row.line, "issued": issued}))?;
                continue;
            }
            let problem = answer.get("problem").cloned().unwrap_or_default();
            let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let slug = text("type").rsplit('/').next().unwrap_or_default().to_owned();
            if LATER.contains(&slug.as_str()) {
                again.push(row);
                continue;
            }
            out.line(&json!({"line": row.line, "problem": problem}))?;
            let (pointer, detail) = (text("pointer"), text("detail"));
            tally.refused.push(Refused { line: row.line, cells: row.cells, problem: slug, pointer, detail });
        }
        rows = again;
    }
    if rows.is_empty() {
        Ok(())
    } else {
        bail!(
            "the service cannot take entries now; run the same command again later: nothing is issued twice"
        )
    }
}

/// The service, as a department calls it.
struct Service {
    agent: ureq::Agent,
    address: String,
    authorization: String,
    lang: Lang,
}

impl Service {
    fn new(address: &str, token: &str, lang: Lang) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self {
            agent: config.into(),
            address: format!("{}/v1/licences/batch?brief=true", address.trim_end_matches('/')),
            authorization: format!("Bearer {token}"),
            lang,
        }
    }

    /// One answer a row, in order.
    fn batch(&self, rows: &[Row]) -> anyhow::Result<Vec<Value>> {
        let mut body = String::new();
        for row in rows {
            body.push_str(&row.request.to_string());
            body.push('\n');
        }
        let mut response = self
            .agent
            .post(&self.address)
            .header("authorization", &self.authorization)
            .header("content-type", "application/x-ndjson")
            .header("accept-language", self.lang.tag())
            .send(body)
            .with_context(|| {
                format!(
                    "{} cannot be reached; run the same command again: nothing is issued twice",
                    self.address
                )
            })?;
        let status = response.status();
        if !status.is_success() {
            let body = response.body_mut().read_to_string().unwrap_or_default();
            let problem: Value = serde_json::from_str(&body).unwrap_or_default();
            let detail = problem.get("detail").and_then(Value::as_str).unwrap_or(body.as_str());
            bail!("{} answered {status}: {detail}", self.address);
        }
        let lines = std::io::BufReader::new(response.body_mut().as_reader()).lines();
        let answers = lines.map(|line| Ok(parse_strict(line?.as_bytes())?));
        let answers: Vec<Value> = answers.collect::<anyhow::Result<_>>().with_context(|| {
            format!(
                "the answer of {} broke off; run the same command again: nothing is issued twice",
                self.address
            )
        })?;
        if answers.len() != rows.len() {
            bail!(
                "{} answers for {} rows; run the same command again: nothing is issued twice",
                answers.len(),
                rows.len()
            );
        }
        Ok(answers)
    }
}

fn open(path: &Path) -> anyhow::Result<csv::Reader<std::fs::File>> {
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    Ok(csv::ReaderBuilder::new().flexible(true).from_reader(file))
}

fn count_rows(path: &Path) -> anyhow::Result<u64> {
    let mut reader = open(path)?;
    let mut rows = 0;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        rows += 1;
    }
    Ok(rows)
}

fn refused_path(csv: &Path) -> PathBuf {
    let mut path = csv.as_os_str().to_owned();
    path.push(".refused.csv");
    path.into()
}

/// The rows as they came, then line, problem, pointer and reason.
fn write_refused(path: &Path, header: &[String], refused: &[Refused]) -> anyhow::Result<()> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_path(path)?;
    let added = ["line", "problem", "pointer", "detail"];
    writer.write_record(header.iter().map(String::as_str).chain(added))?;
    for one in refused {
        let line = one.line.to_string();
        let cells = one.cells.iter().chain(std::iter::repeat("")).take(header.len().max(one.cells.len()));
        writer.write_record(cells.chain([line.as_str(), &one.problem, &one.pointer, &one.detail]))?;
    }
    Ok(writer.flush()?)
}
