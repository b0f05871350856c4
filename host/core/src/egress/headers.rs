//! Which headers a guest may set.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::EgressError;

/// Credentials, and what belongs to the connection rather than to the request (RFC 9110 section 7.6.1).
const REFUSED: [HeaderName; 10] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
];

/// Checks a guest's headers; `own` is the header that carries the connection's credentials.
pub(super) fn check(headers: &[(String, String)], own: Option<&HeaderName>) -> Result<HeaderMap, EgressError> {
    let mut checked = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid(format!("{name:?} is not a header name")))?;
        let refused = REFUSED.contains(&name)
            || matches!(name.as_str(), "keep-alive" | "cookie2")
            || name.as_str().starts_with("proxy-")
            || own == Some(&name);
        if refused {
            let reason = format!("the header {name} of the adapter; it is the host's to set");
            return Err(EgressError::Denied { reason });
        }
        // The transport negotiates compression and undoes it.
        if name == header::ACCEPT_ENCODING {
            continue;
        }
        // Rejects CR, LF and NUL, with which one request could become two.
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| invalid(format!("the value of the header {name} has a control character")))?;
        checked.try_append(name, value).map_err(|_| invalid("too many headers".to_owned()))?;
    }
    Ok(checked)
}

fn invalid(reason: String) -> EgressError {
    EgressError::InvalidRequest { reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<HeaderMap, EgressError> {
        check(&[(name.to_owned(), value.to_owned())], Some(&HeaderName::from_static("x-api-key")))
    }

    #[test]
    fn the_hosts_headers_are_refused() {
        for name in [
            "authorization",
            "Authorization",
            "cookie",
            "host",
            "Proxy-Authorization",
            "proxy-connection",
            "connection",
            "content-length",
            "transfer-encoding",
            "te",
            "trailer",
            "upgrade",
            "keep-alive",
            "expect",
            "X-Api-Key",
        ] {
            assert!(matches!(one(name, "x"), Err(EgressError::Denied { .. })), "{name}");
        }
    }

    #[test]
    fn a_header_cannot_become_two() {
        for (name, value) in [("a b", "x"), ("", "x"), ("a:", "x"), ("a\r\nb", "x"), ("a", "x\r\nb: c"), ("a", "x\0")] {
            assert!(matches!(one(name, value), Err(EgressError::InvalidRequest { .. })), "{name:?} {value:?}");
        }
    }

    #[test]
    fn ordinary_headers_pass_repeated_ones_too() {
        let headers = [("Square-Version", "2026-01-22"), ("x-note", "crème"), ("x-note", "b")];
        let headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let checked = check(&headers, None).unwrap();
        assert_eq!(checked["square-version"], "2026-01-22");
        assert_eq!(checked.get_all("x-note").iter().count(), 2);
        assert!(one("Accept-Encoding", "br").unwrap().is_empty());
    }
}
