//! The HTTP API of a running service, from the other side.

use futures::stream::{Stream, try_unfold};
use moulin_host::model::adapter::Health;
use moulin_host::operations::{Answer, Kind, Operation};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use url::Url;

use super::failure::Failure;
use crate::http::{AdapterStatus, Authorisation, ConnectionView, Items};
use crate::problem::Problem;

/// A running service.
pub(crate) struct Remote {
    client: Client,
    base: Url,
}

/// The members of a list's answer.
#[derive(Deserialize)]
struct List {
    items: Vec<Box<RawValue>>,
    #[serde(default)]
    next: Option<String>,
}

impl Remote {
    /// A service at this URL.
    ///
    /// # Errors
    /// The URL is not one of HTTP.
    pub(crate) fn new(url: &Url) -> Result<Self, Failure> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::Usage(format!("{url} is not the URL of a service; write http://127.0.0.1:8080")));
        }
        // Another part of the program may have installed one already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().build().map_err(|error| Failure::Other(describe(&error)))?;
        Ok(Self { client, base: url.clone() })
    }

    /// Adapters in service and files that were refused.
    pub(crate) async fn adapters(&self) -> Result<Vec<AdapterStatus>, Problem> {
        let list: Items<AdapterStatus> = self.read(self.client.get(self.url(&["v1", "adapters"])?)).await?;
        Ok(list.items)
    }

    /// Every connection.
    pub(crate) async fn connections(&self) -> Result<Vec<ConnectionView>, Problem> {
        let list: Items<ConnectionView> = self.read(self.client.get(self.url(&["v1", "connections"])?)).await?;
        Ok(list.items)
    }

    /// One connection.
    pub(crate) async fn connection(&self, name: &str) -> Result<ConnectionView, Problem> {
        self.read(self.client.get(self.url(&["v1", "connections", name])?)).await
    }

    /// Proves that a connection works.
    pub(crate) async fn check(&self, name: &str) -> Result<Health, Problem> {
        self.read(self.client.post(self.url(&["v1", "connections", name, "check"])?)).await
    }

    /// A link by which a person connects the account.
    pub(crate) async fn authorise(&self, name: &str) -> Result<Authorisation, Problem> {
        self.read(self.client.post(self.url(&["v1", "connections", name, "authorisation"])?)).await
    }

    /// One page of a list, or the one answer.
    pub(crate) async fn call(
        &self,
        connection: &str,
        operation: &'static Operation,
        params: &Map<String, Value>,
    ) -> Result<Answer, Problem> {
        let url = self.url(&["v1", "connections", connection, operation.domain.name(), operation.function])?;
        let request = match operation.kind {
            Kind::Read => self.client.get(with_query(url, params)),
            Kind::Write => self.client.post(url).json(params),
        };
        let body: Box<RawValue> = self.read(request).await?;
        answer(body, operation).map_err(|error| unreadable(&error))
    }

    /// Every page.
    pub(crate) fn pages<'a>(
        &'a self,
        connection: &'a str,
        operation: &'static Operation,
        params: Map<String, Value>,
    ) -> impl Stream<Item = Result<Answer, Problem>> + Send + 'a {
        try_unfold(Some(params), move |params| async move {
            let Some(mut params) = params else { return Ok(None) };
            let page = self.call(connection, operation, &params).await?;
            let after = match page.next() {
                Some(next) if params.get("cursor").is_some_and(|cursor| cursor == next) => {
                    return Err(Problem::new("api", "the vendor's pages go round in a circle (a cursor came twice)")
                        .of_call(connection, operation.name));
                }
                Some(next) => {
                    params.insert("cursor".to_owned(), next.into());
                    Some(params)
                }
                None => None,
            };
            Ok(Some((page, after)))
        })
    }

    fn url(&self, segments: &[&str]) -> Result<Url, Problem> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Problem::new("internal", format!("{} is not the URL of a service", self.base)))?
            .pop_if_empty()
            .extend(segments);
        Ok(url)
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Problem> {
        let unreachable = |error: reqwest::Error| {
            Problem::new("connection", format!("no answer from the service: {}", describe(&error)))
                .hint(format!("is `moulin serve` running at {}?", self.base))
        };
        let response = request.send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(problem(response).await);
        }
        let body = response.bytes().await.map_err(unreachable)?;
        serde_json::from_slice(&body).map_err(|error| unreadable(&error))
    }
}

/// What the service said went wrong.
async fn problem(response: Response) -> Problem {
    let status = response.status();
    match response.json().await {
        Ok(problem) => problem,
        Err(_) => Problem::new("internal", format!("the service answered {status} and not in Moulin's way")),
    }
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::new("internal", format!("the service's answer cannot be read: {error}; is it the same version?"))
}

/// An answer as the host gives it.
fn answer(body: Box<RawValue>, operation: &Operation) -> Result<Answer, serde_json::Error> {
    if operation.paged {
        let List { items, next } = serde_json::from_str(body.get())?;
        return Ok(Answer::Page { items, next });
    }
    if operation.list {
        let List { items, .. } = serde_json::from_str(body.get())?;
        return Ok(Answer::List { items });
    }
    Ok(Answer::Record(body))
}

/// Parameters as a query string; lists as repeated names.
fn with_query(mut url: Url, params: &Map<String, Value>) -> Url {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    {
        let mut pairs = url.query_pairs_mut();
        for (name, value) in params {
            match value {
                Value::Array(values) => {
                    pairs.extend_pairs(values.iter().map(|value| (name, text(value))));
                }
                Value::Null => {}
                value => {
                    pairs.append_pair(name, &text(value));
                }
            }
        }
    }
    url
}

/// An error with its causes: reqwest's own text stops at "error sending request".
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use moulin_host::operations;
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_become_a_query() {
        let params = json!({"from": "2025-04-01T00:00:00+02:00", "with_lines": true, "limit": 5, "ids": ["a", "b c"]});
        let url = with_query("http://127.0.0.1:8080/x".parse().unwrap(), params.as_object().unwrap());
        assert_eq!(url.query(), Some("from=2025-04-01T00%3A00%3A00%2B02%3A00&with_lines=true&limit=5&ids=a&ids=b+c"));
    }

    #[test]
    fn a_service_may_live_below_a_path() {
        let remote = Remote::new(&"http://127.0.0.1:8080/moulin/".parse().unwrap()).unwrap();
        let url = remote.url(&["v1", "connections", "a/b"]).unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:8080/moulin/v1/connections/a%2Fb");
    }

    #[test]
    fn pages_lists_and_records_are_told_apart() {
        let read = |name: &str, body: Value| {
            let body = RawValue::from_string(body.to_string()).unwrap();
            answer(body, operations::find(name).unwrap()).unwrap()
        };
        let page = read("pos.list-transactions", json!({"items": [{"vendor": "a"}], "next": "2"}));
        assert!(matches!(&page, Answer::Page { items, next: Some(next) } if items.len() == 1 && next == "2"));
        let list = read("suppliers.check-availability", json!({"items": [{"vendor": "a"}, {"vendor": "a"}]}));
        assert!(matches!(&list, Answer::List { items } if items.len() == 2));
        let order = read("suppliers.get-order", json!({"vendor": "a", "id": "1", "items": [{"product_id": "1"}]}));
        assert!(matches!(order, Answer::Record(_)));
    }
}
