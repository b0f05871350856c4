//! What an answer of 3xx asks for.

use http::{Method, header};
use url::Url;

use super::transport::Outgoing;
use super::{EgressError, Grants, Origin, Response};

/// How many redirects in a row are followed.
pub(super) const MAX_REDIRECTS: u8 = 5;

/// The request that follows a redirect (RFC 9110 section 15.4), or `None` if the answer is not one.
///
/// # Errors
/// [`EgressError::RedirectDenied`] if it leads outside the grants.
pub(super) fn next(sent: &Outgoing, answer: &Response, grants: &Grants) -> Result<Option<Outgoing>, EgressError> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.header("location") else {
        return Ok(None);
    };
    let denied = |to: String, reason: String| EgressError::RedirectDenied { to, reason };
    let mut url =
        sent.url.join(location).map_err(|error| denied("something that is not a URL".to_owned(), error.to_string()))?;
    url.set_fragment(None);
    if let Err(reason) = grants.check(&url) {
        return Err(denied(shown(&url), reason));
    }
    let mut next = Outgoing { url, ..sent.clone() };
    let to_get = match answer.status {
        303 => sent.method != Method::HEAD,
        // Permitted by RFC 9110 for POST alone, and what every browser does.
        301 | 302 => sent.method == Method::POST,
        _ => false,
    };
    if to_get {
        next.method = Method::GET;
        next.body = None;
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION]
        {
            next.headers.remove(name);
        }
    }
    Ok(Some(next))
}

fn shown(url: &Url) -> String {
    Origin::of(url).map_or_else(|| format!("{}:…", url.scheme()), |origin| origin.to_string())
}
