//! Connecting an account in a browser: `/connect/{connection}`, `/oauth/callback`; and a link for other programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use moulin_host::ConnectionStatus;
use moulin_host::auth::{AccountState, Callback, ConnectError, LINK_LIFETIME};
use tracing::Instrument;
use url::Url;

use super::Service;
use super::guard::is_this_machine;
use super::views::Authorisation;
use crate::pages::{self, Again, Begin, Failed, Language, Page};
use crate::problem::Problem;
use crate::random;

/// Binds the vendor's redirect to the browser that began: a link alone, sent to somebody else, connects nothing.
const COOKIE_NAME: &str = "moulin_connect";

/// Where vendors send people back to, below the service's public URL.
pub(super) const CALLBACK: &str = "/oauth/callback";

/// Says what will happen.
pub(super) async fn page(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    look(&service, path, query.as_deref(), &headers).unwrap_or_else(IntoResponse::into_response)
}

/// The page to begin on, or the one that says why not.
fn look(
    service: &Service,
    path: Result<Path<String>, PathRejection>,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Page> {
    let language = language(query, headers);
    let name = path.map(|Path(name)| name).unwrap_or_default();
    let connection = service.host.connection(&name).map_err(|_| pages::unknown_connection(language, &name))?;
    let status = connection.status();
    can_begin(&status).map_err(|error| failed(service, language, &error))?;
    let base = service.base(connection.redirect_uri());
    let base = base.map_err(|elsewhere| pages::elsewhere(language, &name, elsewhere.as_str()))?;
    let action = format!("{}?lang={}", address(&base, &name), language.code());
    if by_another_name(&base, headers) {
        return Ok(Redirect::temporary(&action).into_response());
    }
    let account = status.account.filter(|account| account.state == AccountState::Connected);
    let connected = account.and_then(|account| account.connected_at).map(|at| {
        let day = at.to_string();
        day.split('T').next().unwrap_or_default().to_owned()
    });
    let vendor = status.vendor.as_deref().unwrap_or(&name);
    Ok(pages::begin(language, &Begin { connection: &name, vendor, connected, action }).into_response())
}

/// Sends the person to the vendor.
pub(super) async fn begin(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let language = language(query.as_deref(), &headers);
    let name = path.map(|Path(name)| name).unwrap_or_default();
    let Ok(connection) = service.host.connection(&name) else {
        return pages::unknown_connection(language, &name).into_response();
    };
    let base = match service.base(connection.redirect_uri()) {
        Ok(base) => base,
        Err(elsewhere) => return pages::elsewhere(language, &name, elsewhere.as_str()).into_response(),
    };
    if !is_own_page(&headers, [&base, &service.public]) {
        return pages::foreign_page(language, address(&base, &name)).into_response();
    }
    let browser = format!("{}.{}", language.code(), random::hex::<32>());
    match connection.authorise(&callback_url(&base), Some(&browser)).await {
        Ok(link) => {
            let cookie = cookie(&base, &browser, LINK_LIFETIME.as_secs());
            let location = HeaderValue::from_str(link.url.as_str()).ok();
            let headers = [(SET_COOKIE, cookie), (LOCATION, location)];
            (StatusCode::SEE_OTHER, NO_STORE, present(headers)).into_response()
        }
        Err(error) => failed(&service, language, &error).into_response(),
    }
}

const NO_STORE: [(&str, &str); 2] = [("cache-control", "no-store"), ("referrer-policy", "no-referrer")];

/// Takes the vendor's answer, and says what became of it.
pub(super) async fn callback(
    State(service): State<Arc<Service>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let browser = cookie_of(&headers);
    // The language in which the person began stands in the cookie, because the vendor does not bring it back.
    let begun_in = browser.as_deref().and_then(|browser| Language::of_code(browser.split('.').next()?));
    let language = begun_in.unwrap_or_else(|| language(query.as_deref(), &headers));
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let callback = Callback::new(pairs.into_owned());
    // In a task of its own: what the vendor grants is kept even if the browser does not wait for it.
    let host = service.host.clone();
    let given = browser.clone();
    let complete = async move { host.complete_authorisation(&callback, given.as_deref()).await };
    let completed = match tokio::spawn(complete.in_current_span()).await {
        Ok(completed) => completed,
        Err(error) => Err(ConnectError::Unavailable(error.to_string())),
    };
    let connection = match &completed {
        Ok(connection) => Some(connection.as_str()),
        Err(error) => error.connection(),
    };
    let bound = connection.and_then(|name| service.host.connection(name).ok());
    let base = service.base(bound.as_ref().and_then(|bound| bound.redirect_uri())).unwrap_or(service.public.clone());
    let page = match &completed {
        Ok(connection) => {
            let status = bound.map(|bound| bound.status());
            let vendor = status.and_then(|status| status.vendor).unwrap_or_else(|| connection.clone());
            pages::connected(language, connection, &vendor, false)
        }
        Err(error) => {
            tracing::warn!(connection, "an account was not connected: {error}");
            failed(&service, language, error)
        }
    };
    // A callback that is none of ours must not end what this browser began.
    let foreign = matches!(completed, Err(ConnectError::NoState | ConnectError::UnknownState));
    let cleared = (browser.is_some() && !foreign).then(|| cookie(&base, "", 0)).flatten();
    (present([(SET_COOKIE, cleared)]), page).into_response()
}

/// A link for another program to show to a person. It is not bound to a browser.
pub(super) async fn link(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(|error| Problem::new("malformed", error.body_text()))?;
    let connection = service.host.connection(&name)?;
    let base = service.base(connection.redirect_uri()).map_err(|elsewhere| {
        let problem = format!("for {name} the vendor sends people to {elsewhere}, where this service does not answer");
        Problem::new("unavailable", problem)
            .hint(format!("run `moulin connect {name}` on the machine of the service"))
            .of_connection(&name)
    })?;
    let link = connection.authorise(&callback_url(&base), None).await;
    let link = link.map_err(|error| Problem::from(error).of_connection(&name))?;
    let body = Authorisation { url: link.url.to_string(), expires_at: link.expires_at };
    Ok((NO_STORE, Json(body)).into_response())
}

impl Service {
    /// The service's public URL as this connection's vendor sees it.
    ///
    /// # Errors
    /// The redirect URI, if it is none of this service's.
    fn base(&self, redirect_uri: Option<&Url>) -> Result<Url, Url> {
        let Some(redirect_uri) = redirect_uri else { return Ok(self.public.clone()) };
        let Some(path) = redirect_uri.path().strip_suffix(CALLBACK) else { return Err(redirect_uri.clone()) };
        // A name out in the world may lead here by a proxy; another port of this machine is another program's.
        let same_port = redirect_uri.port_or_known_default() == self.public.port_or_known_default();
        if is_this_machine(redirect_uri.as_str()) && !same_port {
            return Err(redirect_uri.clone());
        }
        let mut base = redirect_uri.clone();
        base.set_path(path);
        base.set_query(None);
        Ok(base)
    }
}

/// Whether a person can connect this connection at all.
fn can_begin(status: &ConnectionStatus) -> Result<(), ConnectError> {
    if status.auth_method != "oauth2_authorization_code" {
        let (connection, method) = (status.name.clone(), status.auth_method.clone());
        return Err(ConnectError::NoConsentNeeded { connection, method });
    }
    match &status.reason {
        Some(reason) => Err(ConnectError::Unavailable(format!("{} is not available: {reason}", status.name))),
        None => Ok(()),
    }
}

/// The address of the page for a connection.
fn address(base: &Url, connection: &str) -> String {
    below(base, &format!("/connect/{connection}")).to_string()
}

fn callback_url(base: &Url) -> Url {
    below(base, CALLBACK)
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

fn failed(service: &Service, language: Language, error: &ConnectError) -> Page {
    let connection = error.connection().and_then(|name| service.host.connection(name).ok());
    let again = connection.as_ref().and_then(|connection| {
        let base = service.base(connection.redirect_uri()).ok()?;
        Some(Again::At(format!("{}?lang={}", address(&base, connection.name()), language.code())))
    });
    let vendor = connection.and_then(|connection| connection.status().vendor);
    pages::failed(language, &Failed { error, vendor: vendor.as_deref(), again: again.unwrap_or(Again::Unknown) })
}

/// The language asked for in the query, or else the browser's.
fn language(query: Option<&str>, headers: &HeaderMap) -> Language {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let wanted = pairs.filter(|(name, _)| name == "lang").find_map(|(_, code)| Language::of_code(&code));
    wanted.unwrap_or_else(|| {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::preferred(accepted.unwrap_or_default())
    })
}

/// Whether a browser of this machine came by another of its names, such as `localhost` for 127.0.0.1: the cookie would be
/// kept for that name, and the vendor sends people to the one in the redirect URI. Behind a proxy nothing is known of
/// names.
fn by_another_name(base: &Url, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let Some(came) = host.and_then(|host| Url::parse(&format!("http://{host}")).ok()) else { return false };
    let same_port = came.port_or_known_default() == base.port_or_known_default();
    same_port && came.host() != base.host() && [&came, base].iter().all(|url| is_this_machine(url.as_str()))
}

/// Whether a form was sent from a page of ours. Programs that are no browsers send no `Origin`.
fn is_own_page(headers: &HeaderMap, own: [&Url; 2]) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = text(HOST).unwrap_or_default();
    own.iter().any(|url| url.origin().ascii_serialization() == origin)
        || ["http", "https"].iter().any(|scheme| origin.strip_prefix(scheme) == Some(&format!("://{host}")))
}

/// `Set-Cookie` for the callback below `base`.
fn cookie(base: &Url, value: &str, seconds: u64) -> Option<HeaderValue> {
    let path = format!("{}/oauth", base.path().trim_end_matches('/'));
    let secure = if base.scheme() == "https" { "; Secure" } else { "" };
    let text = format!("{COOKIE_NAME}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn cookie_of(headers: &HeaderMap) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == COOKIE_NAME && !value.is_empty()).map(|(_, value)| value.to_owned())
}

/// The headers that have a value.
fn present<const N: usize>(headers: [(HeaderName, Option<HeaderValue>); N]) -> HeaderMap {
    headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_cookie_is_for_the_callback_alone() {
        let text = |base: &str| cookie(&base.parse().unwrap(), "v", 600).unwrap().to_str().unwrap().to_owned();
        let plain = "moulin_connect=v; Path=/oauth; Max-Age=600; HttpOnly; SameSite=Lax";
        assert_eq!(text("http://127.0.0.1:8080"), plain);
        assert_eq!(text("https://moulin.example"), format!("{plain}; Secure"));
        assert!(text("https://moulin.example/m/").contains("Path=/m/oauth;"));
    }

    #[test]
    fn the_right_cookie_is_found_among_others() {
        let found = |value| cookie_of(&headers(&[(COOKIE, value)]));
        assert_eq!(found("a=b; moulin_connect=en.1; c=d").as_deref(), Some("en.1"));
        assert_eq!(found("moulin_connect="), None);
        assert_eq!(found("xmoulin_connect=1"), None);
    }

    #[test]
    fn only_forms_of_our_own_pages_count() {
        let own: [Url; 2] = ["https://moulin.example/m".parse().unwrap(), "http://127.0.0.1:8080".parse().unwrap()];
        let own = [&own[0], &own[1]];
        for (origin, allowed) in [
            ("https://moulin.example", true),
            ("http://127.0.0.1:8080", true),
            ("http://inside:8080", true),
            ("https://inside:8080", true),
            ("https://moulin.example.evil.example", false),
            ("http://moulin.example", false),
            ("http://127.0.0.1:9090", false),
            ("https://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let headers = headers(&[(HOST, "inside:8080"), (ORIGIN, origin)]);
            assert_eq!(is_own_page(&headers, own), allowed, "{origin}");
        }
        assert!(is_own_page(&HeaderMap::new(), own));
    }
}
