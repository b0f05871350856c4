//! `GET …/search`: by criteria, e-mail, phone or word.

use super::error::ApiError;
use super::fields::Module;
use super::store::Record;
use crate::common::query::Query;

/// What a search asks for; of several parameters the first of this order wins.
pub(super) enum Wanted {
    Criteria(Vec<Condition>),
    Email(String),
    Phone(String),
    Words(String),
}

pub(super) struct Condition {
    field: String,
    begins: bool,
    value: String,
}

impl Wanted {
    pub(super) fn of(module: Module, query: &Query) -> Result<Self, ApiError> {
        if let Some(text) = query.get("criteria") {
            return Ok(Self::Criteria(conditions(module, text)?));
        }
        if let Some(email) = query.get("email") {
            return Ok(Self::Email(email.to_lowercase()));
        }
        if let Some(phone) = query.get("phone") {
            return Ok(Self::Phone(phone.to_owned()));
        }
        match query.get("word") {
            Some(word) if word.chars().count() >= 2 => Ok(Self::Words(word.to_lowercase())),
            Some(_) => Err(ApiError::query("word must have at least 2 characters")),
            None => Err(ApiError::missing("criteria, email, phone or word")),
        }
    }

    pub(super) fn holds(&self, record: &Record) -> bool {
        let text =
            |name: &str| record.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_lowercase();
        match self {
            Self::Criteria(all) => all.iter().all(|condition| {
                let have = text(&condition.field);
                if condition.begins { have.starts_with(&condition.value) } else { have == condition.value }
            }),
            Self::Email(email) => text("Email") == *email,
            Self::Phone(phone) => text("Phone") == *phone || text("Mobile") == *phone,
            Self::Words(words) => {
                let all: Vec<_> = record.module.fields().iter().map(|(name, _)| text(name)).collect();
                words.split_whitespace().all(|word| {
                    all.iter()
                        .any(|text| text.split([' ', '@', '.']).any(|part| part.starts_with(word)) || text == word)
                })
            }
        }
    }
}

/// `(Email:equals:a@b.c)` or `((…)and(…))`; brackets, commas and backslashes in values are escaped.
fn conditions(module: Module, text: &str) -> Result<Vec<Condition>, ApiError> {
    let wrong = || ApiError::query("invalid query formed");
    let inner = text.strip_prefix("((").and_then(|rest| rest.strip_suffix("))"));
    let parts: Vec<&str> = match inner {
        Some(inner) => inner.split(")and(").collect(),
        None => vec![text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(wrong)?],
    };
    if parts.len() > 10 {
        return Err(ApiError::bad("LIMIT_EXCEEDED", "the criteria has more than 10 conditions"));
    }
    let condition = |part: &&str| {
        let mut pieces = part.splitn(3, ':');
        let (field, operator, value) = (pieces.next()?, pieces.next()?, pieces.next()?);
        let begins = match operator {
            "equals" => false,
            "starts_with" => true,
            _ => return None,
        };
        module.field(field)?;
        let value = value.replace("\\(", "(").replace("\\)", ")").replace("\\,", ",").to_lowercase();
        Some(Condition { field: field.to_owned(), begins, value })
    };
    parts.iter().map(|part| condition(part).ok_or_else(wrong)).collect()
}
