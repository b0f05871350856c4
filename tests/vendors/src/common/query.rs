//! A strict reader of query strings.

use percent_encoding::percent_decode_str;

/// The parameters of a query, in order, decoded once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// What is wrong with a query, in words for the vendor's error answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Query {
    /// Decodes `a=b&c=d`. A `+` is a blank, as in a form. Refuses a parameter without `=`, one that comes twice, a broken
    /// percent sign and what is not UTF-8.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Malformed> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in text.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| Malformed(format!("parameter '{part}' has no value")))?;
            let (name, value) = (decode(name)?, decode(value)?);
            if pairs.iter().any(|(have, _)| *have == name) {
                return Err(Malformed(format!("parameter '{name}' is given twice")));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first parameter that is not in the list.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.iter().map(|(name, _)| name).find(|name| !known.contains(name))
    }
}

fn decode(text: &str) -> Result<String, Malformed> {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    let broken =
        bytes.iter().enumerate().any(|(at, byte)| *byte == b'%' && !(hex(bytes.get(at + 1)) && hex(bytes.get(at + 2))));
    if broken {
        return Err(Malformed(format!("'{text}' is not percent-encoded correctly")));
    }
    let blanks = text.replace('+', " ");
    percent_decode_str(&blanks)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| Malformed(format!("'{text}' is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once() {
        let query = Query::parse(Some("a=%3E%3C%2C1%2B2&b=x+y&c=%2525")).unwrap();
        assert_eq!((query.get("a"), query.get("b"), query.get("c")), (Some("><,1+2"), Some("x y"), Some("%25")));
        assert_eq!(query.unknown(&["a", "b"]), Some("c"));
    }

    #[test]
    fn a_wrong_query_is_refused() {
        for wrong in ["a", "a=1&a=2", "a=%zz", "a=%4", "a=%ff"] {
            assert!(Query::parse(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
