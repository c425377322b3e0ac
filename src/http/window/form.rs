//! A form as it was sent: read up to a limit, and its fields found by name. Not here: what they mean (`pages::window`).

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::extract::{Form, FromRequest as _, Request};

use crate::http::kind::Kind;
use crate::http::problem::Problem;
use crate::http::request;

/// Most bytes of a form: about 29,000 Chinese characters, as a browser writes them.
const FORM: usize = 256 * 1024;
/// Most fields of a form.
const FIELDS: usize = 2000;

/// What a form came with: of each name all that stands in it. In order, so that what lies below a name lies together.
pub struct Pairs {
    fields: BTreeMap<String, Vec<String>>,
    count: usize,
}

impl Pairs {
    /// The fields of a request.
    pub async fn read(request: Request) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = request::bytes(&parts.headers, body, FORM).await?;
        let malformed = |_| Problem::new(Kind::Malformed, "表单无法解析。", "The form cannot be parsed.");
        let request = Request::from_parts(parts, Body::from(body));
        let Form(sent) =
            Form::<Vec<(String, String)>>::from_request(request, &()).await.map_err(malformed)?;
        Ok(Self::of(sent))
    }

    /// These fields.
    pub fn of(sent: Vec<(String, String)>) -> Self {
        let (mut fields, count) = (BTreeMap::<String, Vec<String>>::new(), sent.len());
        for (name, text) in sent {
            fields.entry(name).or_default().push(text);
        }
        Self { fields, count }
    }

    /// Why there is more in it than is read, if there is.
    pub fn too_many(&self) -> Option<Problem> {
        let zh = format!("表单共有 {} 项，最多接受 {FIELDS} 项，所填内容未读取。", self.count);
        let en = format!("The form has {} fields, and at most {FIELDS} are read: none was.", self.count);
        (self.count > FIELDS).then(|| Problem::new(Kind::TooLarge, zh, en))
    }

    /// What stands in a field, without spaces around it; nothing where it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let first = self.all(name).first()?;
        Some(first.trim()).filter(|text| !text.is_empty())
    }

    /// Everything that stands in the fields of a name.
    pub fn all(&self, name: &str) -> &[String] {
        self.fields.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The numbers of the rows of which there is a field.
    pub fn rows(&self, name: &str) -> BTreeSet<usize> {
        let below = format!("{name}/");
        let fields = self.fields.range(below.clone()..).map_while(|(found, _)| found.strip_prefix(&below));
        fields.filter_map(|rest| rest.split('/').next()?.parse().ok()).collect()
    }
}
