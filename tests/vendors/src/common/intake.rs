//! Strict readers of JSON bodies: what is not documented, missing or of the wrong kind is refused with its name.

use bytes::Bytes;
use http::header;
use http::request::Parts;
use jiff::civil::{Date, Time};
use serde_json::{Map, Value};

/// What is wrong, in words for the vendor's error answer.
pub(crate) type Wrong = String;

/// An object read strictly.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The JSON object of a request, which has these members and no others.
    pub(crate) fn of(parts: &Parts, body: &Bytes, known: &[&str]) -> Result<Self, Wrong> {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err("Content-Type must be application/json".to_owned());
        }
        let value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
        Self::from_value("the body", value, known)
    }

    fn from_value(name: &str, value: Value, known: &[&str]) -> Result<Self, Wrong> {
        let Value::Object(map) = value else { return Err(format!("{name} must be an object")) };
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!("{key} is not known")),
            None => Ok(Self(map)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text, if it is there. `null` is not a text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Wrong> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{name} must be a text")),
        }
    }

    /// A text that must be there and not be blank.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, Wrong> {
        self.text(name)?.filter(|text| !text.trim().is_empty()).ok_or_else(|| format!("{name} is required"))
    }

    /// A whole number from `least` on, if it is there.
    pub(crate) fn number(&self, name: &str, least: u32) -> Result<Option<u32>, Wrong> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number >= least);
        number.map(Some).ok_or_else(|| format!("{name} must be a whole number of at least {least}"))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Wrong> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(format!("{name} must be true or false")),
        }
    }

    /// `2025-04-15`, if it is there.
    pub(crate) fn date(&self, name: &str) -> Result<Option<Date>, Wrong> {
        self.text(name)?.map(|text| date(name, text)).transpose()
    }

    /// `19:30`, if it is there; with `:00` behind when `seconds` allows it.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Time>, Wrong> {
        self.text(name)?.map(|text| time(name, text)).transpose()
    }

    /// An object in this one, if it is there.
    pub(crate) fn object(&self, name: &str, known: &[&str]) -> Result<Option<Self>, Wrong> {
        self.0.get(name).map(|value| Self::from_value(name, value.clone(), known)).transpose()
    }

    /// A list of objects that must be there and have something in it.
    pub(crate) fn objects(&self, name: &str, known: &[&str]) -> Result<Vec<Self>, Wrong> {
        match self.0.get(name) {
            Some(Value::Array(list)) if !list.is_empty() => {
                list.iter().map(|value| Self::from_value(name, value.clone(), known)).collect()
            }
            _ => Err(format!("{name} must be a list with something in it")),
        }
    }
}

/// `2025-04-15` and nothing else.
pub(crate) fn date(name: &str, text: &str) -> Result<Date, Wrong> {
    let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| format!("{name} must be a date, YYYY-MM-DD"))
}

/// `19:30` or `19:30:00`.
pub(crate) fn time(name: &str, text: &str) -> Result<Time, Wrong> {
    let time = matches!(text.len(), 5 | 8).then(|| text.parse().ok()).flatten();
    time.ok_or_else(|| format!("{name} must be a time of day, HH:MM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &'static str, known: &[&str]) -> Result<Fields, Wrong> {
        let request = http::Request::post("/").header("content-type", "application/json; charset=utf-8").body(());
        Fields::of(&request.unwrap().into_parts().0, &Bytes::from_static(body.as_bytes()), known)
    }

    #[test]
    fn a_body_is_an_object_of_known_members() {
        assert!(fields(r#"{"a":1}"#, &["a"]).is_ok());
        assert_eq!(fields(r#"{"b":1}"#, &["a"]).unwrap_err(), "b is not known");
        for body in ["[]", "", "{", "null"] {
            assert!(fields(body, &["a"]).is_err(), "{body}");
        }
        let bare = http::Request::post("/").body(()).unwrap().into_parts().0;
        assert!(Fields::of(&bare, &Bytes::from_static(b"{}"), &[]).unwrap_err().contains("Content-Type"));
    }

    #[test]
    fn members_have_their_kind() {
        let read = fields(
            r#"{"t":"x","n":2,"d":"2025-04-15","c":"19:30","o":{"k":true},"l":[{"k":1}]}"#,
            &["t", "n", "d", "c", "o", "l"],
        )
        .unwrap();
        assert_eq!((read.needed("t").unwrap(), read.number("n", 1).unwrap()), ("x", Some(2)));
        assert!(read.number("n", 3).is_err() && read.text("n").is_err() && read.needed("none").is_err());
        assert_eq!(read.date("d").unwrap().unwrap().to_string(), "2025-04-15");
        assert_eq!(read.time("c").unwrap().unwrap().to_string(), "19:30:00");
        assert!(read.date("c").is_err() && read.time("d").is_err());
        assert_eq!(read.object("o", &["k"]).unwrap().unwrap().flag("k").unwrap(), Some(true));
        assert!(read.object("o", &[]).is_err() && read.objects("o", &[]).is_err());
        assert_eq!(read.objects("l", &["k"]).unwrap().len(), 1);
    }
}
