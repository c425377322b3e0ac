//! The frame of every page: which page was asked for and in which language, the ways to the others, and what must be
//! said on all of them. Languages are told apart by path (`/zh/…`, `/en/…`), so that an address means one page and the
//! switch keeps page and query. Not here: what a page tells.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;

use crate::authority::Published;
use crate::http::HttpState;
use crate::http::problem::Problem;
use crate::http::request::{Params, tongue};
use crate::ledger::witnessed::Witnessed;
use crate::values::lang::Lang;

/// Where pickups are, below a language or below none.
const PICKUP: &str = "/pickup/";

/// Which page is visited: its language, its path below the language, its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// By path, or what the browser prefers where the path names none.
    pub lang: Lang,
    path: String,
}

impl Visit {
    /// An address in a language; of an address that names none, the other language is the front page, but for a pickup,
    /// whose address is the same below each language. Its code, should it stand there, is not carried on.
    pub fn new(uri: &Uri, lang: Lang) -> Self {
        let path = uri.path();
        let below = Lang::ALL.iter().find_map(|lang| {
            let rest = path.strip_prefix('/')?.strip_prefix(lang.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        });
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let path = match below {
            Some(rest) if rest.starts_with(PICKUP) => rest.to_owned(),
            Some(rest) => format!("{}{query}", rest.trim_end_matches('/')),
            None if path == "/" => query,
            None if path.starts_with(PICKUP) => path.to_owned(),
            None => String::new(),
        };
        Self { lang, path }
    }

    /// The front page, for an answer that has no address of its own.
    pub fn front(lang: Lang) -> Self {
        Self { lang, path: String::new() }
    }
}

/// The language that a path names.
pub fn of_path(path: &str) -> Option<Lang> {
    path.split('/').nth(1)?.parse().ok()
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lang = of_path(parts.uri.path()).unwrap_or_else(|| tongue(&parts.headers));
        Ok(Self::new(&parts.uri, lang))
    }
}

/// A visit to a page that takes no parameters, at what is published then.
pub struct Plain {
    /// What pages look at.
    pub state: Arc<HttpState>,
    /// Which page.
    pub visit: Visit,
    /// What is published.
    pub published: Arc<Published>,
}

impl FromRequestParts<Arc<HttpState>> for Plain {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<HttpState>) -> Result<Self, Problem> {
        Params::of(&parts.uri)?.finish()?;
        let Ok(visit) = Visit::from_request_parts(parts, state).await;
        Ok(Self { published: state.authority.published(), state: Arc::clone(state), visit })
    }
}

/// The parts of the portal that every page leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// 核验.
    Verify,
    /// 目录.
    Types,
    /// 权力清单.
    Powers,
    /// 部门.
    Departments,
    /// 签发账本.
    Ledger,
    /// 服务状态.
    Service,
    /// 帮助.
    Help,
}

impl Section {
    /// In the order of the navigation.
    const ALL: [Self; 7] =
        [Self::Verify, Self::Types, Self::Powers, Self::Departments, Self::Ledger, Self::Service, Self::Help];

    /// Its path below the language.
    pub fn path(self) -> &'static str {
        match self {
            Self::Verify => "",
            Self::Types => "/types",
            Self::Powers => "/powers",
            Self::Departments => "/departments",
            Self::Ledger => "/ledger",
            Self::Service => "/service",
            Self::Help => "/help",
        }
    }

    /// Its name in a language.
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Verify => lang.choose("核验", "Verify"),
            Self::Types => lang.choose("目录", "Catalogue"),
            Self::Powers => lang.choose("权力清单", "Power list"),
            Self::Departments => lang.choose("部门", "Departments"),
            Self::Ledger => lang.choose("签发账本", "Ledger"),
            Self::Service => lang.choose("服务状态", "Service"),
            Self::Help => lang.choose("帮助", "Help"),
        }
    }
}

/// One link of the navigation.
pub struct Way {
    /// Where to.
    pub href: String,
    /// What it is called.
    pub name: &'static str,
    /// `page` on the page itself, `true` on one below it.
    pub current: Option<&'static str>,
}

/// What surrounds a page.
pub struct Frame {
    /// The authority's name.
    pub authority: String,
    /// What must be said on every page of such an authority (law 0, section 4).
    pub notice: Option<&'static str>,
    /// Whether outsiders vouch for the ledger, said on every page too; how far they do stands on the ledger's.
    pub witnessed: String,
    /// The navigation.
    pub ways: Vec<Way>,
    /// Where the authority's addresses begin.
    pub base_url: String,
    visit: Visit,
}

impl Frame {
    /// The frame of a page in a section, or in none.
    pub fn new(state: &HttpState, visit: &Visit, section: Option<Section>) -> Self {
        let published = state.authority.published();
        let name = published.charter.authority().map(|authority| &authority.founded.name);
        let ways = Section::ALL.iter().map(|way| Way {
            href: format!("/{}{}", visit.lang, way.path()),
            name: way.name(visit.lang),
            current: (section == Some(*way)).then(|| {
                let itself = visit.path.split('?').next() == Some(way.path());
                if itself { "page" } else { "true" }
            }),
        });
        Self {
            authority: name.map_or_else(String::new, |name| visit.lang.choose(&name.zh, &name.en).clone()),
            notice: state.authority.notice().map(|notice| notice.text(visit.lang)),
            witnessed: match state.authority.witnessed() {
                // Who and when changes with every round, and would make every page another one.
                Witnessed::By(_) => visit.lang.choose("经外部见证", "Witnessed by outsiders").to_owned(),
                un => un.text(visit.lang),
            },
            ways: ways.collect(),
            base_url: state.base_url(),
            visit: visit.clone(),
        }
    }

    /// This page in a language.
    pub fn in_lang(&self, lang: &Lang) -> String {
        format!("/{lang}{}", self.visit.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_page_and_query() {
        let path = |uri: &str| Visit::new(&uri.parse().unwrap(), Lang::En).path;
        for (uri, below) in [
            ("/", ""),
            ("/?n=1&c=2", "?n=1&c=2"),
            ("/en", ""),
            ("/en/", ""),
            ("/en?n=1", "?n=1"),
            ("/zh/powers?at=2026-11-22&q=%E8%90%A5", "/powers?at=2026-11-22&q=%E8%90%A5"),
            ("/english/powers", ""),
            ("/pickup/abc?code=1", "/pickup/abc"),
            ("/zh/pickup/abc", "/pickup/abc"),
            ("/en/pickup/abc?code=1", "/pickup/abc"),
        ] {
            assert_eq!(path(uri), below, "{uri}");
        }
        assert_eq!(
            (of_path("/zh/x"), of_path("/en"), of_path("/v1/types")),
            (Some(Lang::Zh), Some(Lang::En), None)
        );
    }
}
