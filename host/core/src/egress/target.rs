//! From a guest's target and parameters to the URL on the wire.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::EgressError;

/// RFC 3986 section 2.3: everything but unreserved characters is encoded, so that no vendor's reading of `+`, `,`, `[`
/// or `>` matters.
const PARAMETER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URL of a request. Whether it may be reached is not decided here.
pub(super) fn resolve(base: &Url, target: &str, query: &[(String, String)]) -> Result<Url, EgressError> {
    let invalid = |reason: &str| EgressError::InvalidRequest { reason: reason.to_owned() };
    let path_end = target.find(['?', '#']).unwrap_or(target.len());
    let (path, rest) = target.split_at_checked(path_end).unwrap_or((target, ""));
    // URL parsers drop tabs and line breaks and read a backslash as a slash: what is checked would not be what is meant.
    if target.chars().any(|c| c.is_control()) || path.contains('\\') {
        return Err(invalid("the target has a control character or a backslash"));
    }
    let mut url = if path.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme)) {
        Url::parse(target).map_err(|error| invalid(&format!("the target is not a URL: {error}")))?
    } else {
        if path.starts_with("//") {
            return Err(invalid("the target begins with //; write a path or a whole URL"));
        }
        if path.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err(invalid("the target is neither a path nor a URL; begin a path with /"));
        }
        let mut url = base.clone();
        url.set_path(&join(base.path(), path));
        let own = rest.strip_prefix('?').map(|rest| rest.split('#').next().unwrap_or_default());
        url.set_query(own);
        url
    };
    url.set_fragment(None);
    if !query.is_empty() {
        let mut text = url.query().unwrap_or_default().to_owned();
        for (name, value) in query {
            if !text.is_empty() {
                text.push('&');
            }
            text.extend(utf8_percent_encode(name, PARAMETER));
            text.push('=');
            text.extend(utf8_percent_encode(value, PARAMETER));
        }
        url.set_query(Some(&text));
    }
    Ok(url)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Appends a path to the base's path. What the base ends with and the path begins with is written once, so that an
/// adapter can use the paths of the vendor's documentation whether or not the base URL has the version in it already.
fn join(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    let base: Vec<&str> = base.split('/').filter(|segment| !segment.is_empty()).collect();
    let path: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let common = (0..=base.len().min(path.len()))
        .rev()
        .find(|&n| base.get(base.len() - n..) == path.get(..n))
        .unwrap_or_default();
    let joined: Vec<&str> = base.iter().chain(path.iter().skip(common)).copied().collect();
    format!("/{}", joined.join("/"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn joined(base: &str, target: &str) -> String {
        resolve(&base.parse().unwrap(), target, &[]).unwrap().to_string()
    }

    #[test]
    fn base_and_path_join_without_doubling() {
        for (base, target, url) in [
            ("https://api.metro.fr/api/v1/", "/api/v1/products", "https://api.metro.fr/api/v1/products"),
            ("https://api.metro.fr/api/v1", "/api/v1/products", "https://api.metro.fr/api/v1/products"),
            ("https://api.metro.fr/api/v1/", "/products", "https://api.metro.fr/api/v1/products"),
            ("https://api.metro.fr/api/v1/", "products/", "https://api.metro.fr/api/v1/products/"),
            ("https://api.metro.fr", "/api/v1/products", "https://api.metro.fr/api/v1/products"),
            ("https://x.com/API/", "/API/V3/Account/1/Sale.json", "https://x.com/API/V3/Account/1/Sale.json"),
            ("https://x.com/API/V3/", "/V3/Account.json", "https://x.com/API/V3/Account.json"),
            ("https://x.com/API/", "/api/v1", "https://x.com/API/api/v1"),
            ("https://x.com/apia/", "/api", "https://x.com/apia/api"),
            ("http://127.0.0.1:9/metro/api/v1", "/api/v1/orders", "http://127.0.0.1:9/metro/api/v1/orders"),
            ("https://x.com/a/", "", "https://x.com/a/"),
            ("https://x.com/a/", "?p=1", "https://x.com/a/?p=1"),
            ("https://x.com/a/", "/b?p=1#frag", "https://x.com/a/b?p=1"),
            ("https://x.com/a?key=base", "/b", "https://x.com/a/b"),
            ("https://x.com/a/", "https://y.com/c?d=e", "https://y.com/c?d=e"),
            ("https://x.com/", "/with space/é", "https://x.com/with%20space/%C3%A9"),
            ("https://x.com/", "/redirect?to=https://y.com", "https://x.com/redirect?to=https://y.com"),
        ] {
            assert_eq!(joined(base, target), url, "{base} + {target}");
        }
    }

    #[test]
    fn parameters_are_encoded_and_added() {
        let query = [("timeStamp".to_owned(), "><,2026-01-01T00:00:00+00:00,b c".to_owned())];
        let url = resolve(&"https://x.com/".parse().unwrap(), "/Sale?limit=100", &query).unwrap();
        assert_eq!(
            url.as_str(),
            "https://x.com/Sale?limit=100&timeStamp=%3E%3C%2C2026-01-01T00%3A00%3A00%2B00%3A00%2Cb%20c"
        );
        let query = [("load_relations".to_owned(), "[\"SaleLines\"]".to_owned()), ("é".to_owned(), "~a".to_owned())];
        let url = resolve(&"https://x.com/".parse().unwrap(), "/Sale", &query).unwrap();
        assert_eq!(url.as_str(), "https://x.com/Sale?load_relations=%5B%22SaleLines%22%5D&%C3%A9=~a");
    }

    #[test]
    fn what_is_neither_path_nor_url_is_refused() {
        let base = "https://x.com/".parse().unwrap();
        for target in [
            "//evil.com/x",
            "https:evil.com",
            "https:/evil.com",
            "javascript:alert(1)",
            "/\\evil.com",
            "\\\\evil.com",
            "/a\r\nb",
            "/a\tb",
            "\u{0}",
            "https://",
            "https://a b/",
        ] {
            assert!(
                matches!(resolve(&base, target, &[]), Err(EgressError::InvalidRequest { .. })),
                "{target:?} became {:?}",
                resolve(&base, target, &[])
            );
        }
    }
}
