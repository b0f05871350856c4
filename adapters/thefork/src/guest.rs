//! Whom a reservation is for, as both APIs want them: first name, last name and e-mail.

use moulin_adapter::booking::Guest;
use moulin_adapter::prelude::*;
use serde::Serialize;

/// The person of a new reservation.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
}

/// Takes the names apart where only the full name is known; TheFork takes nobody without both and an e-mail.
pub(crate) fn person(guest: &Guest) -> Result<Person> {
    let split = guest.full_name.as_deref().and_then(|name| name.trim().split_once(' '));
    let first = filled(guest.first_name.as_deref()).or_else(|| split.map(|(first, _)| first.to_owned()));
    let last = filled(guest.last_name.as_deref()).or_else(|| split.map(|(_, last)| last.trim().to_owned()));
    let email = filled(guest.email.as_deref());
    let mut error = Error::validation("TheFork books for a guest with first name, last name and e-mail only");
    for (field, missing) in
        [("guest.first_name", first.is_none()), ("guest.last_name", last.is_none()), ("guest.email", email.is_none())]
    {
        if missing {
            error = error.field(field, "must be there");
        }
    }
    match (first, last, email) {
        (Some(first_name), Some(last_name), Some(email)) => {
            Ok(Person { first_name, last_name, email, phone: filled(guest.phone.as_deref()) })
        }
        _ => Err(error),
    }
}

fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A phone number as the B2B API takes it, `+33612345678` (E.164): separators cut, the country's code put before a
/// number without it. None for what is no phone number.
pub(crate) fn phone(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '/' | '(' | ')' | '\u{a0}')).collect();
    let digits = match plain.strip_prefix('+').or_else(|| plain.strip_prefix("00")) {
        Some(international) => international.to_owned(),
        None => {
            let country = connection::setting("phone_country_code").unwrap_or_else(|| "33".to_owned());
            format!("{country}{}", plain.strip_prefix('0')?)
        }
    };
    let right = (6..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    right.then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn guest(first: Option<&str>, last: Option<&str>, full: Option<&str>, email: Option<&str>) -> Guest {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Guest {
            id: None,
            first_name: text(first),
            last_name: text(last),
            full_name: text(full),
            email: text(email),
            phone: None,
        }
    }

    #[test]
    fn a_full_name_is_taken_apart_when_nothing_else_is_there() {
        let person = person(&guest(None, None, Some(" Jeanne de la Tour "), Some("j@example.org"))).unwrap();
        assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Jeanne", "de la Tour"));
        let given = super::person(&guest(Some("Ann"), Some("Lee"), Some("X Y"), Some("a@example.org"))).unwrap();
        assert_eq!((given.first_name.as_str(), given.last_name.as_str()), ("Ann", "Lee"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let Err(Error::Validation(error)) = person(&guest(Some(" "), None, Some("Madonna"), None)) else { panic!() };
        let fields: Vec<_> = error.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["guest.first_name", "guest.last_name", "guest.email"]);
    }

    #[test]
    fn phone_numbers_are_made_international() {
        let host = Host::new("b2b-v1");
        for (written, wanted) in [
            ("06 12 34 56 78", Some("+33612345678")),
            ("+33 6.12.34.56.78", Some("+33612345678")),
            ("0049 30 901820", Some("+4930901820")),
            ("612345678", None),
            ("Jeanne", None),
            ("j@example.org", None),
            ("+", None),
            ("+0612345678", None),
            ("+123456789012345678", None),
        ] {
            assert_eq!(host.run(|| phone(written)).as_deref(), wanted, "{written}");
        }
        let belgian = Host::new("b2b-v1").setting("phone_country_code", "32");
        assert_eq!(belgian.run(|| phone("0470/12.34.56")).as_deref(), Some("+32470123456"));
    }
}
