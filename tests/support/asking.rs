//! A request to a test service, and what was answered: every answer is held against the document.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{BASE, Service, contract};

/// What was answered.
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answered {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as one JSON value a line.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The slug of the problem, after checking its form.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["type"].as_str().unwrap().strip_prefix(&format!("{BASE}/problems/")).unwrap().to_owned()
    }

    /// Status, slug and pointer of a problem.
    pub fn refused(&self) -> (u16, String, Value) {
        (self.status.as_u16(), self.problem(), self.json()["pointer"].clone())
    }
}

/// A request being made.
pub struct Ask<'s> {
    service: &'s Service,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask<'_> {
    /// With a token.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a body of a media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// Sends it and holds the answer against the document.
    pub async fn send(self) -> Answered {
        let (method, path) = (self.method.clone(), self.path.clone());
        let answered = self.unheld().await;
        contract::hold(&method, &path, &answered);
        answered
    }

    /// Sends it, whatever the document says.
    pub async fn unheld(self) -> Answered {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        let response = self.service.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answered { status: parts.status, headers: parts.headers, body }
    }
}

impl Service {
    /// Begins a request.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask { service: self, method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answered {
        self.ask(Method::GET, path).send().await
    }

    /// Posts JSON as a department.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answered {
        self.ask(Method::POST, path).token(token).json(body).send().await
    }
}
