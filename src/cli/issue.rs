//! `vidimus issue --type T --csv FILE --to URL --token FILE`: issuing a table of records, or with `--legacy` recording what
//! was granted before the ledger. Each row's idempotency key comes from its content and the type, so a broken run is just
//! run again, today or tomorrow: nothing is entered twice. Rows that are refused stand, with the reason, in
//! `FILE.refused.csv`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::existing::Existing;
use super::exit::Exit;
use super::issuer::Issuer;
use super::output::Output;
use super::records::Records;
use super::table::{Table, forget};
use crate::audit::replay::Progress;
use crate::catalogue::{ColumnMapping, LicenceType, content_key};
use crate::values::lang::Lang;

/// Rows of one request.
const ROWS: usize = 256;
/// How often rows that could not be taken just now are sent again.
const TRIES: u32 = 8;
/// What the service says when it could not take a row just now: the same row is good later.
const LATER: [&str; 3] = ["busy", "not-ready", "in-flight"];

/// Issue a table of records.
#[derive(Debug, Args)]
pub(super) struct Issue {
    #[command(flatten)]
    records: Records,
    #[command(flatten)]
    existing: Existing,
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
    entered: u64,
    refused: Vec<Refused>,
}

impl Issue {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let catalogue = self.records.catalogue()?;
        let (licence_type, mapping) = self.records.type_and_mapping(&catalogue)?;
        let table = self.records.table()?;
        let mapping = self.existing.mapping(mapping, &table.header)?;
        let service = self.records.issuer(out.lang)?;
        let path = table.beside(".refused.csv");
        forget(&path)?;
        let mut tally = Tally::default();
        let sent = send_all(&service, &table, (licence_type, &mapping), &mut tally, out);
        // Whatever stopped it: what is known to be refused is told.
        let kept = write_refused(&path, &table.header, &mut tally.refused);
        let count = tally.refused.len();
        let file = (count > 0 && kept.is_ok()).then(|| path.display().to_string());
        match &file {
            None => sent?,
            Some(file) => sent.with_context(|| {
                out.lang.choose(
                    format!("此前被拒绝的 {count} 行在 {file}"),
                    format!("rows refused so far ({count}) are in {file}"),
                )
            })?,
        }
        kept?;
        self.conclude(&tally, file.as_deref(), out)
    }

    /// The summary.
    fn conclude(&self, tally: &Tally, file: Option<&str>, out: &Output) -> anyhow::Result<Exit> {
        let Tally { rows, entered, refused } = tally;
        let count = refused.len();
        let (issued, recorded) = if self.existing.legacy { (0, *entered) } else { (*entered, 0) };
        let summary = json!({
            "summary": true, "rows": rows, "issued": issued, "recorded": recorded, "refused": count,
            "refused_file": file,
        });
        let (zh, en) = if self.existing.legacy { ("补录", "recorded") } else { ("签发", "issued") };
        out.result(&summary, |lang| {
            let mut text = lang.choose(
                format!("{rows} 行：{zh} {entered}（含此前已{zh}的），拒绝 {count}。"),
                format!("{rows} rows: {entered} {en} (those of earlier runs included), {count} refused."),
            );
            if let Some(file) = file {
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

/// Sends every row of the table that can be read.
fn send_all(
    service: &Issuer,
    table: &Table,
    (licence_type, mapping): (&LicenceType, &ColumnMapping),
    tally: &mut Tally,
    out: &Output,
) -> anyhow::Result<()> {
    let mut shown = out.progress();
    let mut reader = table.reader()?;
    let mut waiting = Vec::with_capacity(ROWS);
    for record in reader.records() {
        tally.rows += 1;
        match row(licence_type, mapping, &table.header, record, tally.rows + 1, out.lang) {
            Ok(row) => waiting.push(row),
            Err(refused) => tally.refused.push(refused),
        }
        if waiting.len() == ROWS {
            send(service, std::mem::take(&mut waiting), tally, out)?;
            shown.step(Progress { done: tally.rows, total: table.rows });
        }
    }
    send(service, waiting, tally, out)
}

/// A record as a request, under the key of its content.
fn row(
    licence_type: &LicenceType,
    mapping: &ColumnMapping,
    header: &[String],
    record: Result<csv::StringRecord, csv::Error>,
    line: u64,
    lang: Lang,
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
        Err(error) => return Err(refused(cells, lang.choose(error.zh(), error.to_string()))),
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
fn send(service: &Issuer, mut rows: Vec<Row>, tally: &mut Tally, out: &Output) -> anyhow::Result<()> {
    for attempt in 0..TRIES {
        if rows.is_empty() {
            return Ok(());
        }
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(200) * 2_u32.pow(attempt));
        }
        let answers = service.batch(rows.iter().map(|row| &row.request))?;
        let mut again = Vec::new();
        for (row, answer) in rows.into_iter().zip(answers) {
            let done = ["issued", "recorded"].into_iter().find_map(|done| Some((done, answer.get(done)?)));
            if let Some((done, entered)) = done {
                tally.entered += 1;
                out.line(&json!({"line": row.line, done: entered}))?;
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
            "the service cannot take entries now; run the same command again later: nothing is entered twice"
        )
    }
}

/// The rows as they came, then line, problem, pointer and reason; no file where none was refused.
fn write_refused(path: &Path, header: &[String], refused: &mut [Refused]) -> anyhow::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    refused.sort_by_key(|refused| refused.line);
    let writer = csv::WriterBuilder::new().flexible(true).from_path(path);
    let mut writer = writer.with_context(|| path.display().to_string())?;
    let added = ["line", "problem", "pointer", "detail"];
    writer.write_record(header.iter().map(String::as_str).chain(added))?;
    for one in refused {
        let line = one.line.to_string();
        let cells = one.cells.iter().chain(std::iter::repeat("")).take(header.len().max(one.cells.len()));
        writer.write_record(cells.chain([line.as_str(), &one.problem, &one.pointer, &one.detail]))?;
    }
    Ok(writer.flush()?)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Sends a table, beside which an earlier run left refused rows, to where nobody answers; what is left beside it.
    fn broken_off(csv: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (path, token) = (at("t.csv"), at("token"));
        std::fs::write(&path, csv).unwrap();
        std::fs::write(&token, "t").unwrap();
        std::fs::write(at("t.csv.refused.csv"), "of an earlier run").unwrap();
        let asked = Issue {
            records: Records::of("business-licence", path, "http://127.0.0.1:1", token),
            existing: Existing::default(),
        };
        let out = Output::to(std::sync::Arc::new(Mutex::new(Vec::new())));
        let told = asked.run(&out).unwrap_err().to_string();
        let left = std::fs::read_to_string(at("t.csv.refused.csv")).ok();
        assert_eq!(told.contains("t.csv.refused.csv"), left.is_some(), "{told}");
        left
    }

    #[test]
    fn what_was_refused_before_it_broke_off_is_written() {
        let left = broken_off("name,uscc\n甲,1\nx\n").unwrap();
        let lines: Vec<&str> = left.lines().collect();
        assert_eq!(lines[0], "name,uscc,line,problem,pointer,detail");
        assert!(lines.len() == 2 && lines[1].starts_with("x,,3,row,,"), "{left}");
    }

    #[test]
    fn what_an_earlier_run_refused_is_forgotten() {
        assert_eq!(broken_off("name,uscc\n甲,1\n"), None);
    }
}
