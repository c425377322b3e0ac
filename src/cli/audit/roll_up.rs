//! `vidimus audit roll-up`: signed reports of several ledgers, added up by region.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::report::measured;
use super::signing::{self, Signed, Signing};
use crate::audit::Verdict;
use crate::audit::roll_up::{
    GivenError, LedgerRow, Report, ReportRow, RollUp, RollUpError, page, roll_up, total,
};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::crypto::PublicKey;
use crate::supervision::Rules;
use crate::supervision::scorecard::{Figure, Scorecard};
use crate::values::lang::Lang;
use crate::wiring::told::Told;

/// Which reports, and whose signatures count.
#[derive(Debug, Args)]
pub(super) struct AskRollUp {
    /// Reports, as `audit report --json --key` writes them.
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// An auditor's public key (PEM), from elsewhere than the reports; one file each.
    #[arg(long, value_name = "FILE", required = true)]
    auditor: Vec<PathBuf>,
    #[command(flatten)]
    signing: Signing,
    /// Writes the roll-up as a page that stands alone, in both languages.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl AskRollUp {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        let key = self.signing.key()?;
        let auditors = self.auditor.iter().map(|path| public_key(path)).collect::<Result<Vec<_>, _>>()?;
        let mut reports = Vec::new();
        for path in &self.reports {
            let name = path.display().to_string();
            let bytes = fs::read(path).with_context(|| name.clone())?;
            match Report::read(&name, &bytes, &auditors) {
                Ok(report) => reports.push(report),
                Err(error) => {
                    out.error(&refused(&name, &error).into());
                    return Ok(Exit::NotValid);
                }
            }
        }
        let (rules, scorecard) = (Rules::built_in()?, Scorecard::built_in()?);
        let found = match roll_up(reports, &scorecard) {
            Ok(found) => found,
            Err(error) => {
                let (exit, told) = clash(&error);
                out.error(&told.into());
                return Ok(exit);
            }
        };
        let Signed { document, signature } =
            signing::signed("roll-up", serde_json::to_value(&found)?, key.as_ref())?;
        if let Some(path) = &self.html {
            let page = page(&found, (&rules, &scorecard), signature.is_some())?;
            fs::write(path, page).with_context(|| path.display().to_string())?;
        }
        out.document(&document, |lang| told(&found, &scorecard, signature.as_deref(), lang))?;
        Ok(found.verdict.into())
    }
}

fn public_key(path: &Path) -> anyhow::Result<PublicKey> {
    let named = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(named)?;
    PublicKey::from_pem(&text).with_context(named)
}

/// Why a report is not taken.
fn refused(name: &str, error: &GivenError) -> Told {
    let zh = match error {
        GivenError::Json(_) => "不是规范 JSON".to_owned(),
        GivenError::Form(_) => "不是签名的审计报告：请用 audit report --json --key 生成".to_owned(),
        GivenError::Signature(_) => "签名无效".to_owned(),
        GivenError::Stranger(key) => {
            format!("签名密钥 {key} 不属于所给的任何审计员：请给出该审计员的公钥，或去掉此报告")
        }
        GivenError::Other => "签名所指并非所示的审计结果".to_owned(),
    };
    Told::new(format!("{name}：{zh}"), format!("{name}: {error}"))
}

/// Why reports do not fit together.
fn clash(error: &RollUpError) -> (Exit, Told) {
    let (exit, zh) = match error {
        RollUpError::Roots { first, second, origin, size } => (
            Exit::DoesNotHold,
            format!(
                "{first} 与 {second} 所示 {origin} 在 {size} 条记录处的根哈希不同：请保存二者，合在一起即为证据"
            ),
        ),
        RollUpError::Regions { first, second, origin } => (
            Exit::DoesNotHold,
            format!("{first} 与 {second} 所示 {origin} 的行政区划不同：请保存二者，其中之一属于另一账本"),
        ),
        RollUpError::Overlap { first, second, origin, from } => {
            (Exit::Usage, format!("{first} 与 {second} 都计入了 {origin} 自第 {from} 条起的记录：请去掉其一"))
        }
        RollUpError::Rules { first, second } => {
            (Exit::Usage, format!("{first} 与 {second} 所依监察规则或测评表不同：请用同一版本的程序重新生成"))
        }
    };
    (exit, Told::new(zh, error.to_string()))
}

/// Where several ranges of a ledger were added up.
const UNTOLD: (&str, &str) = ("须由一份覆盖全部范围的报告给出", "told only by one report over all of it");

/// What has to be said beside the figures of a ledger.
fn marks(ledger: &LedgerRow) -> [(bool, &'static str, &'static str); 4] {
    let any = |is: fn(&ReportRow) -> bool| ledger.reports.iter().any(is);
    [
        (
            any(|report| report.verdict == Verdict::DoesNotHold),
            "；有报告称不成立，未计入",
            "; a report says that it does not hold, not added up",
        ),
        (
            any(|report| report.verdict == Verdict::UpgradeNeeded),
            "；有报告须更新程序方可判断，未计入",
            "; a report needs a newer program to judge it, not added up",
        ),
        (ledger.noticed(), "；示例账本", "; a sample"),
        (!ledger.vouched(), "；未经外部见证", "; un-witnessed"),
    ]
}

/// The roll-up as people read it: every ledger, then every region.
fn told(found: &RollUp, scorecard: &Scorecard, signature: Option<&str>, lang: Lang) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for ledger in &found.ledgers {
        let mut said = format!("{} ", ledger.size);
        said.push_str(ledger.root.as_deref().unwrap_or("–"));
        for range in &ledger.missing {
            let missing = lang.choose("；缺少", "; missing ");
            said.push_str(&format!("{missing}{}..{}", range.from, range.until));
        }
        for (mark, zh, en) in marks(ledger) {
            if mark {
                said.push_str(lang.choose(zh, en));
            }
        }
        rows.push((format!("{} {}", lang.choose("账本", "ledger"), ledger.origin), said));
    }
    for region in &found.regions {
        let level = lang.choose(region.region.level().zh(), region.level);
        let entries: u64 = total(&region.entries);
        let issued: u64 = total(&region.issued);
        let said = lang.choose(
            format!("{} 本账，记录 {entries}，签发 {issued}", region.ledgers),
            format!("ledgers {}, entries {entries}, issued {issued}", region.ledgers),
        );
        rows.push((format!("{level} {}", region.region), said));
    }
    // The outermost region is all of it.
    if let Some(all) = found.regions.first() {
        for place in scorecard.places() {
            let figure = all.indicators.get(&place.described.indicator).copied().unwrap_or(Figure::NoData);
            let name = lang.choose(&place.described.name.zh, &place.described.name.en).clone();
            let untold =
                all.untold.contains(&place.described.indicator).then(|| lang.choose(UNTOLD.0, UNTOLD.1));
            let figure = || measured(figure, &place.described.unit, lang);
            rows.push((name, untold.map_or_else(figure, str::to_owned)));
        }
    }
    rows.extend(signature.map(|jws| (lang.choose("签名", "signature").to_owned(), jws.to_owned())));
    let colon = lang.choose("：", ": ");
    rows.into_iter().map(|(name, value)| format!("{name}{colon}{value}\n")).collect()
}
