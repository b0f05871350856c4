//! A browser: one cookie, one language, and redirects that wait to be followed.

use std::sync::Mutex;

use reqwest::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

/// A person's browser.
pub(crate) struct Browser {
    client: Client,
    language: &'static str,
    cookie: Mutex<Option<String>>,
}

/// What it shows.
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Shown {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> String {
        assert!(self.status == 303, "{} is no redirect: {}", self.status, self.text);
        self.header(LOCATION.as_str()).to_owned()
    }

    /// Where its form posts to.
    pub(crate) fn form(&self) -> String {
        let (_, rest) = self.text.split_once("action=\"").unwrap_or_else(|| panic!("no form: {}", self.text));
        rest.split('"').next().unwrap().replace("&amp;", "&")
    }
}

impl Browser {
    pub(crate) fn new(language: &'static str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { client, language, cookie: Mutex::default() }
    }

    pub(crate) async fn open(&self, url: &str) -> Shown {
        self.send(self.client.get(url)).await
    }

    /// Presses the button of a form on a page of `origin`.
    pub(crate) async fn press(&self, url: &str, origin: &str) -> Shown {
        self.send(self.client.post(url).header(ORIGIN, origin)).await
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    async fn send(&self, request: RequestBuilder) -> Shown {
        let mut request = request.header(ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        let response = request.send().await.unwrap();
        if let Some(set) = response.headers().get(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap().to_owned();
            *self.cookie.lock().unwrap() = (!set.contains("Max-Age=0")).then_some(pair);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Shown { status, headers, text: response.text().await.unwrap() }
    }
}
