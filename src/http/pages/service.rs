//! 服务状态: whether the service is ready and, if not, what is not and since when that was noticed; the head and its
//! age; the status lists; certificates about to end. Not here: deciding it (`http::health`), and files or reasons,
//! which are for the log.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Section, Visit};
use super::wording::{When, number, span};
use super::{names, page};
use crate::authority::Published;
use crate::crypto::KeyId;
use crate::http::HttpState;
use crate::http::health::{Condition, condition};
use crate::http::problem::Problem;
use crate::http::request::Params;
use crate::ledger::body::Owner;
use crate::values::lang::Lang;
use crate::values::time::{Time, UtcOffset};

#[derive(Template)]
#[template(path = "service.html")]
struct Page {
    lang: Lang,
    frame: Frame,
    ready: bool,
    noticed: Option<When>,
    checked: When,
    items: Vec<Item>,
    size: String,
    last: Option<(When, String)>,
    lists: Vec<List>,
    ending: Vec<End>,
}

/// One thing that must be so.
struct Item {
    good: bool,
    name: &'static str,
    text: &'static str,
}

/// A certificate about to end.
struct End {
    purpose: &'static str,
    owner: String,
    when: When,
}

/// A status list.
struct List {
    address: String,
    signed: When,
    until: Option<When>,
    lapsed: bool,
    ledger_size: Option<String>,
}

/// `GET /{lang}/service`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let lang = visit.lang;
    let now = state.clock.now();
    let condition = condition(&state);
    let published = state.authority.published();
    let offset = published.charter.offset();
    let last = published.charter.time();
    page(&Page {
        lang,
        frame: Frame::new(&state, &visit, Some(Section::Service)),
        ready: condition.ready,
        noticed: condition.noticed.map(|at| When::time(lang, at, offset)),
        checked: When::time(lang, now, offset),
        items: items(lang, &condition),
        size: number(condition.readiness.size),
        last: last.map(|last| (When::time(lang, last, offset), span(lang, now.since(last)))),
        lists: lists(&state, lang, now, offset)?,
        ending: condition
            .readiness
            .ending(now)
            .filter_map(|ending| end(&published, lang, &ending.key, ending.ends))
            .collect(),
    })
}

fn items(lang: Lang, condition: &Condition) -> Vec<Item> {
    let item = |good, name, fine, wrong| Item { good, name, text: if good { fine } else { wrong } };
    vec![
        item(
            condition.ledger,
            lang.choose("签发账本", "Ledger"),
            lang.choose("可以新增记录。", "Takes new entries."),
            lang.choose(
                "暂不能新增记录：不能签发，也不能变更状态；查询与核验不受影响。",
                "Takes no new entries: nothing is issued and no standing changes; reading and verifying go on.",
            ),
        ),
        item(
            condition.clock,
            lang.choose("时钟", "Clock"),
            lang.choose("可信。", "Believed."),
            lang.choose(
                "与先前不一致，在核实之前不签发、不核验。",
                "Disagrees with what it showed before; until that is settled nothing is issued or verified.",
            ),
        ),
        item(
            condition.keys,
            lang.choose("密钥", "Keys"),
            lang.choose("已全部就位。", "All present."),
            lang.choose(
                "缺少在用密钥，有的部门不能签发。",
                "A key in force is missing; some departments cannot issue.",
            ),
        ),
    ]
}

/// Of whose key, and for what it is.
fn end(published: &Published, lang: Lang, key: &KeyId, ends: Time) -> Option<End> {
    let charter = &published.charter;
    let held = &charter.key(key)?.value;
    let name = match &held.owner {
        Owner::Authority => &charter.authority()?.founded.name,
        Owner::Department(code) => &charter.department(code)?.value.name,
    };
    Some(End {
        purpose: names::purpose(lang, held.purpose),
        owner: lang.choose(&name.zh, &name.en).clone(),
        when: When::time(lang, ends, charter.offset()),
    })
}

fn lists(state: &HttpState, lang: Lang, now: Time, offset: Option<UtcOffset>) -> Result<Vec<List>, Problem> {
    let lists = state.authority.lists_out()?.into_iter().map(|list| List {
        address: list.address,
        signed: When::time(lang, list.signed, offset),
        until: list.until.map(|until| When::time(lang, until, offset)),
        lapsed: list.until.is_some_and(|until| until <= now),
        ledger_size: list.ledger_size.map(number),
    });
    Ok(lists.collect())
}
