//! The authorize endpoint: what it checks, what it shows, and where it leads back to (RFC 6749, 4.1.1 and 4.1.2).

use std::collections::BTreeSet;

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::Refusal;
use super::ledger::ScopeSet;
use super::pkce;
use super::profile::{Endpoint, GrantType, Missing, Presence, Profile, Scopes};
use super::request::Parameters;

/// An authorization request that passed every check.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) scopes: ScopeSet,
    pub(super) challenge: Option<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) refreshable: bool,
}

/// Where the answer goes, known before the rest is checked.
#[derive(Debug)]
pub(super) struct Return {
    uri: String,
    state: Option<String>,
}

impl Return {
    /// The redirect with these parameters, then `state`, then what the profile adds.
    pub(super) fn with(&self, parameters: &[(&str, &str)], profile: &Profile, url: &str) -> String {
        let mut target = self.uri.clone();
        let mut add = |name: &str, value: &str| {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(&format!("{}={}", encode(name), encode(value)));
        };
        parameters.iter().for_each(|(name, value)| add(name, value));
        if let Some(state) = &self.state {
            add("state", state);
        }
        for (name, value) in &profile.redirect_extra {
            add(name, &value.replace("{url}", url));
        }
        if profile.issuer_in_redirect {
            add("iss", url);
        }
        target
    }
}

/// Finds out where an answer may go.
///
/// # Errors
/// When the client or the redirect URI is not registered: nobody is redirected then (RFC 6749, 4.1.2.1).
pub(super) fn way_back(profile: &Profile, parameters: &Parameters) -> Result<Return, Refusal> {
    if parameters.get("client_id") != Some(&profile.client_id) {
        return Err(Refusal::client("Unknown client_id", false));
    }
    let registered = profile.redirect_uris.first();
    let uri = match (parameters.get("redirect_uri"), profile.redirect_uri) {
        (Some(_), Presence::Forbidden) => {
            return Err(Refusal::request("redirect_uri is not a parameter: the registered one is taken"));
        }
        (None, Presence::Required) => return Err(Refusal::request("redirect_uri is missing")),
        (Some(uri), _) if profile.redirect_uris.iter().any(|known| same(known, uri, profile.loopback_port_free)) => uri,
        (None, _) => registered.ok_or_else(|| Refusal::request("The client has no registered redirect URI"))?,
        (Some(_), _) => return Err(Refusal::request("redirect_uri is not a registered one")),
    };
    Ok(Return { uri: uri.clone(), state: parameters.get("state").cloned() })
}

/// Checks the rest of an authorization request.
///
/// # Errors
/// The code the redirect carries.
pub(super) fn check(profile: &Profile, parameters: &Parameters) -> Result<Asked, Refusal> {
    const KNOWN: [&str; 7] =
        ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];
    let own: BTreeSet<_> = profile.parameters_at(Endpoint::Authorize).map(|known| known.name.as_str()).collect();
    let get = |name: &str| parameters.get(name).map(String::as_str);
    if let Some(name) = parameters.keys().find(|name| !KNOWN.contains(&name.as_str()) && !own.contains(name.as_str())) {
        return Err(Refusal::request(format!("Unknown parameter '{name}'")));
    }
    if !profile.allows(GrantType::AuthorizationCode) {
        return Err(Refusal::new("unauthorized_client", "This client may not use the code flow"));
    }
    match get("response_type") {
        Some("code") => {}
        Some(_) => return Err(Refusal::new("unsupported_response_type", "response_type must be 'code'")),
        None => return Err(Refusal::request("response_type is missing")),
    }
    match (profile.state, get("state")) {
        (Presence::Required, None) => return Err(Refusal::request("state is missing")),
        (Presence::Forbidden, Some(_)) => return Err(Refusal::request("state is not a parameter")),
        _ => {}
    }
    let refreshable = own_parameters(profile, Endpoint::Authorize, parameters)?;
    let challenge = pkce::challenge(profile.pkce, get("code_challenge"), get("code_challenge_method"))?;
    let scopes = scopes(&profile.scopes, get("scope"))?;
    Ok(Asked { scopes, challenge, redirect_uri: parameters.get("redirect_uri").cloned(), refreshable })
}

/// Checks the vendor's own parameters; tells whether a refresh token comes.
///
/// # Errors
/// `invalid_request` for a value it does not know, and for one that is missing.
pub(super) fn own_parameters(profile: &Profile, at: Endpoint, parameters: &Parameters) -> Result<bool, Refusal> {
    let mut refreshable = true;
    for own in profile.parameters_at(at) {
        match (parameters.get(&own.name), own.missing) {
            (Some(value), missing) => {
                if !own.values.is_empty() && !own.values.contains(value) {
                    return Err(Refusal::request(format!("'{value}' is no value of '{}'", own.name)));
                }
                // The first value is the one that asks for the refresh token.
                refreshable &= missing != Missing::NoRefreshToken || own.values.first() == Some(value);
            }
            (None, Missing::Refused) => return Err(Refusal::request(format!("'{}' is missing", own.name))),
            (None, Missing::NoRefreshToken) => refreshable = false,
            (None, Missing::Fine) => {}
        }
    }
    Ok(refreshable)
}

/// The scopes a text names.
///
/// # Errors
/// `invalid_scope` for one that is unknown or malformed (RFC 6749, 3.3), or when the parameter is missing or not welcome.
pub(super) fn scopes(rule: &Scopes, text: Option<&str>) -> Result<ScopeSet, Refusal> {
    let wrong = |why: String| Refusal::new("invalid_scope", why);
    let text = match (text, rule.presence) {
        (Some(_), Presence::Forbidden) => return Err(wrong("scope is not a parameter of this server".to_owned())),
        (None, Presence::Required) => return Err(wrong("scope is missing".to_owned())),
        (None, _) => return Ok(ScopeSet::new()),
        (Some(text), _) => text,
    };
    let is_token =
        |scope: &str| !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    let mut scopes = ScopeSet::new();
    for scope in text.split(rule.separator) {
        if !is_token(scope) || !(rule.known.is_empty() || rule.known.iter().any(|known| known == scope)) {
            return Err(wrong(format!("'{scope}' is no scope; they are separated by '{}'", rule.separator)));
        }
        scopes.insert(scope.to_owned());
    }
    Ok(scopes)
}

/// Byte for byte; with a free port when the registered one is a loopback address over `http` (RFC 8252, 7.3).
pub(super) fn same(registered: &str, uri: &str, port_free: bool) -> bool {
    if registered == uri {
        return true;
    }
    let loopback = ["http://127.0.0.1", "http://[::1]"];
    port_free
        && loopback.iter().any(|host| match (after_port(registered, host), after_port(uri, host)) {
            (Some(registered), Some(uri)) => registered == uri,
            _ => false,
        })
}

/// What follows host and port.
fn after_port<'u>(uri: &'u str, host: &str) -> Option<&'u str> {
    let rest = uri.strip_prefix(host)?;
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let path = port.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let digits = port.len() - path.len();
            (1..=5).contains(&digits).then_some(path)?
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}

/// The page that asks. Its form posts the decision to the address it was shown at, which keeps the query.
pub(super) fn page(profile: &Profile, asked: &Asked) -> Response {
    let scopes: String = asked.scopes.iter().map(|scope| format!("<li>{}</li>", escape(scope))).collect();
    let (name, client) = (escape(&profile.name), escape(&profile.client_id));
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{name}</title><h1>{name}</h1>\
         <p>The application <b>{client}</b> asks for:</p><ul>{scopes}</ul><form method=\"post\">\
         <button name=\"consent\" value=\"allow\">Allow</button>\
         <button name=\"consent\" value=\"deny\">Deny</button></form></html>"
    );
    Html(body).into_response()
}

/// A redirect the browser follows with GET.
pub(super) fn redirect(target: &str) -> Response {
    match HeaderValue::try_from(target) {
        Ok(target) => (StatusCode::FOUND, [(header::LOCATION, target)]).into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "the redirect URI cannot be a header").into_response(),
    }
}

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_compared_byte_for_byte() {
        let registered = "http://127.0.0.1:8080/oauth/callback";
        for (uri, exact, free) in [
            (registered, true, true),
            ("http://127.0.0.1:53211/oauth/callback", false, true),
            ("http://127.0.0.1/oauth/callback", false, true),
            ("http://127.0.0.1:8080/oauth/callback/", false, false),
            ("http://127.0.0.1:8080/oauth/Callback", false, false),
            ("http://127.0.0.1:8080/oauth/callback?x=1", false, false),
            ("http://127.0.0.1:/oauth/callback", false, false),
            ("http://127.0.0.1:80a/oauth/callback", false, false),
            ("http://127.0.0.1:8080@evil.example/oauth/callback", false, false),
            ("http://127.0.0.1.evil.example/oauth/callback", false, false),
            ("http://localhost:8080/oauth/callback", false, false),
            ("https://127.0.0.1:8080/oauth/callback", false, false),
            ("http://[::1]:8080/oauth/callback", false, false),
        ] {
            assert_eq!((same(registered, uri, false), same(registered, uri, true)), (exact, free), "{uri}");
        }
        assert!(same("http://[::1]/cb", "http://[::1]:4000/cb", true));
        assert!(!same("https://shop.example/cb", "https://shop.example:444/cb", true));
        assert!(!same("http://localhost/cb", "http://localhost:4000/cb", true));
    }

    #[test]
    fn scopes_have_their_vendors_separator() {
        fn code(profile: &Profile, text: Option<&str>) -> Result<ScopeSet, &'static str> {
            scopes(&profile.scopes, text).map_err(|refusal| refusal.code)
        }
        let both = |a: &str, b: &str| Ok(ScopeSet::from([a.to_owned(), b.to_owned()]));
        let wrong = Err("invalid_scope");
        assert_eq!(code(&Profile::strict(), Some("read write")), both("read", "write"));
        for text in [None, Some(""), Some("read,write"), Some("read  write"), Some("read admin"), Some(" read")] {
            assert_eq!(code(&Profile::strict(), text), wrong, "{text:?}");
        }
        let (all, search) = ("ZohoCRM.modules.ALL", "ZohoSearch.securesearch.READ");
        assert_eq!(code(&Profile::zoho(), Some(&format!("{all},{search}"))), both(all, search));
        assert_eq!(code(&Profile::zoho(), Some(&format!("{all} {search}"))), wrong);
        assert_eq!(code(&Profile::thefork(), Some("any")), wrong);
        assert_eq!(code(&Profile::thefork(), None), Ok(ScopeSet::new()));
        assert_eq!(code(&Profile::transgourmet(), Some("any thing")), both("any", "thing"));
        assert_eq!(code(&Profile::transgourmet(), Some("a\"b")), wrong);
    }
}
