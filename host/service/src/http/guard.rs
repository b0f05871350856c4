//! While there is no access control, a server on the loopback address answers to programs of this machine only. Web pages
//! are not among them: a page of any site can make the browser beside us send requests here, under a name of its own that
//! resolves to 127.0.0.1, and would otherwise read the answers.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use crate::problem::Problem;

/// Refuses requests that name another host than this machine, or come from a page of another host. The host of the
/// service's public URL is let through: a proxy in front of it stands on this machine, and its name is the operator's own.
pub(super) async fn only_this_machine(State(public): State<Url>, request: Request, next: Next) -> Response {
    // HTTP/2 has the host in the URI instead.
    let authority = request.uri().authority().map(|authority| format!("http://{authority}"));
    match refusal(authority.as_deref(), request.headers(), &public) {
        None => next.run(request).await,
        Some(name) => Problem::new(
            "forbidden_origin",
            format!("the request is for {name}, and this service is for this machine only"),
        )
        .hint("call it as 127.0.0.1 or localhost, from a program of this machine")
        .into_response(),
    }
}

/// The name that is not of this machine.
fn refusal(authority: Option<&str>, headers: &HeaderMap, public: &Url) -> Option<String> {
    let text = |name| headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let hosts = text(HOST).map(|host| format!("http://{host}"));
    let named =
        authority.map(str::to_owned).into_iter().chain(hosts).chain(text(ORIGIN).map(|origin| origin.into_owned()));
    named.into_iter().find(|url| !is_this_machine(url) && !is_host_of(url, public))
}

fn is_host_of(url: &str, public: &Url) -> bool {
    Url::parse(url).is_ok_and(|url| url.host().is_some() && url.host() == public.host())
}

/// Whether a URL leads to this machine.
pub(super) fn is_this_machine(url: &str) -> bool {
    match Url::parse(url).as_ref().map(Url::host) {
        Ok(Some(Host::Ipv4(address))) => address.is_loopback(),
        Ok(Some(Host::Ipv6(address))) => address.is_loopback(),
        Ok(Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        Ok(None) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_names_of_this_machine_and_of_the_public_url_pass() {
        let public = "https://moulin.example/m".parse().unwrap();
        for (host, origin, passes) in [
            ("127.0.0.1:8080", None, true),
            ("localhost:8080", None, true),
            ("[::1]:8080", None, true),
            ("127.0.0.1:8080", Some("http://127.0.0.1:8080"), true),
            ("127.0.0.1:8080", Some("https://evil.example"), false),
            ("127.0.0.1:8080", Some("null"), false),
            ("rebound.evil.example:8080", None, false),
            ("127.0.0.1.evil.example", None, false),
            ("", None, false),
            ("moulin.example", Some("https://moulin.example"), true),
            ("moulin.example.evil.example", None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(refusal(None, &headers, &public).is_none(), passes, "{host} {origin:?}");
        }
        assert!(refusal(Some("http://evil.example"), &HeaderMap::new(), &public).is_some());
        assert!(
            refusal(None, &HeaderMap::new(), &public).is_none(),
            "HTTP/1.0 names no host, and browsers do not speak it"
        );
    }
}
