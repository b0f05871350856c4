//! The contact: properties in both directions.

use moulin_adapter::crm::{Contact, ContactPatch, NewContact};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde_json::{Map, Value};

use crate::page::Record;
use crate::{api, describe};

/// Properties that are answered in any case and stand elsewhere in the record.
const MADE: [&str; 3] = ["createdate", "lastmodifieddate", "hs_object_id"];

/// Names of the restaurant's own properties.
pub(crate) struct Names {
    pub(crate) points: String,
    pub(crate) last_visit: String,
}

impl Names {
    pub(crate) fn configured() -> Self {
        Self { points: api::setting(describe::POINTS), last_visit: api::setting(describe::LAST_VISIT) }
    }

    /// What is asked for: a property that is not named is not answered.
    pub(crate) fn all(&self) -> Vec<String> {
        let fixed = ["email", "firstname", "lastname", "phone", "company"].map(str::to_owned);
        let mut names: Vec<String> = fixed.into_iter().chain([self.points.clone(), self.last_visit.clone()]).collect();
        let extra = connection::setting("extra_properties").unwrap_or_default();
        for name in extra.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

/// A contact of the vendor.
pub(crate) fn contact(row: &Row<'_, Record<'_>>, names: &Names) -> Result<Contact> {
    let record = &row.record;
    let mapped = ["email", "firstname", "lastname", "phone", "company", &names.points, &names.last_visit];
    let further =
        record.properties.iter().filter(|(name, _)| !mapped.contains(&name.as_str()) && !MADE.contains(&name.as_str()));
    Ok(Contact {
        id: record.id.required_id("id")?,
        email: record.get("email").text(),
        first_name: record.get("firstname").text(),
        last_name: record.get("lastname").text(),
        phone: record.get("phone").text(),
        company: record.get("company").text(),
        loyalty_points: points(record.get(&names.points), &names.points)?,
        last_visit: record.get(&names.last_visit).parse_with(&names.last_visit, day)?,
        created_at: record.created_at.instant("createdAt")?,
        updated_at: record.updated_at.instant("updatedAt")?,
        extra: further.filter_map(|(name, value)| Some((name.clone(), value.text()?))).collect(),
        raw: row.raw(),
    })
}

/// Whole points: `120`, or `120.0` out of a number property.
pub(crate) fn points(value: Scalar<'_>, name: &str) -> Result<Option<i64>> {
    value.parse_with(name, |text| {
        let number = text.parse::<Decimal>()?.normalized();
        if number.scale == 0 { Ok(number.mantissa) } else { Err(Error::unexpected("not a whole number")) }
    })
}

/// A date property: `2025-04-01`, midnight UTC in milliseconds, or a time where the restaurant made it one.
pub(crate) fn day(text: &str) -> Result<Date> {
    let at = match text.parse::<i64>() {
        Ok(at) => at,
        Err(_) => match time::parse_date(text) {
            Ok(date) => return Ok(date),
            Err(_) => time::parse_instant(text)?,
        },
    };
    Ok(if at.rem_euclid(86_400_000) == 0 { time::utc_date(at) } else { calendar::to_local(at).0 })
}

/// The properties of a new contact.
pub(crate) fn created(new: &NewContact, names: &Names) -> Result<Map<String, Value>> {
    let texts = [
        ("email", &new.email),
        ("firstname", &new.first_name),
        ("lastname", &new.last_name),
        ("phone", &new.phone),
        ("company", &new.company),
    ];
    // Nothing is cleared in what does not exist yet.
    let texts = texts.map(|(name, text)| (name, text.as_deref().filter(|text| !text.trim().is_empty())));
    written(texts, new.loyalty_points, new.last_visit, &new.extra, names)
}

/// The properties of a change: absent fields are not sent, an empty text clears.
pub(crate) fn changed(patch: &ContactPatch, names: &Names) -> Result<Map<String, Value>> {
    let texts = [
        ("email", patch.email.as_deref()),
        ("firstname", patch.first_name.as_deref()),
        ("lastname", patch.last_name.as_deref()),
        ("phone", patch.phone.as_deref()),
        ("company", patch.company.as_deref()),
    ];
    written(texts, patch.loyalty_points, patch.last_visit, &patch.extra, names)
}

fn written(
    texts: [(&str, Option<&str>); 5],
    loyalty_points: Option<i64>,
    last_visit: Option<Date>,
    extra: &[(String, String)],
    names: &Names,
) -> Result<Map<String, Value>> {
    if loyalty_points.is_some_and(i64::is_negative) {
        return Err(Error::invalid("loyalty_points", "must not be below zero"));
    }
    let mut properties = Map::new();
    for (name, text) in texts {
        if let Some(text) = text {
            properties.insert(name.to_owned(), text.trim().into());
        }
    }
    if let Some(points) = loyalty_points {
        properties.insert(names.points.clone(), points.to_string().into());
    }
    // A date property refuses a time of day.
    if let Some(day) = last_visit {
        properties.insert(names.last_visit.clone(), day.to_string().into());
    }
    for (name, value) in extra {
        properties.entry(name.clone()).or_insert_with(|| value.as_str().into());
    }
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;
    use crate::page;

    fn read(body: &'static str) -> Result<Contact> {
        let answer = Response::new(200, &[], body);
        Host::new("v3").run(|| contact(&page::one(&answer, false)?, &Names::configured()))
    }

    #[test]
    fn the_contact_of_the_sheet() {
        let found = read(
            r#"{"id":"51","properties":{"createdate":"2024-12-15T10:30:45.120Z","email":"jeanne.martin@example.org","firstname":"Jeanne","hs_object_id":"51","lastmodifieddate":"2025-04-01T18:15:22.004Z","lastname":"Martin","phone":"+33612345678","loyalty_points":"120","last_visit_date":"2025-04-01","allergies":"noix"},
            "createdAt":"2024-12-15T10:30:45.120Z","updatedAt":"2025-04-01T18:15:22.004Z","archived":false,"url":"https://app.hubspot.com/contacts/24681357/record/0-1/51"}"#,
        )
        .unwrap();
        assert_eq!((found.id.as_str(), found.email.as_deref()), ("51", Some("jeanne.martin@example.org")));
        assert_eq!((found.first_name.as_deref(), found.last_name.as_deref()), (Some("Jeanne"), Some("Martin")));
        assert_eq!((found.loyalty_points, found.company), (Some(120), None));
        assert_eq!(found.last_visit, Some(time::parse_date("2025-04-01").unwrap()));
        assert_eq!(found.created_at, Some(time::parse_instant("2024-12-15T10:30:45.120Z").unwrap()));
        assert_eq!(found.extra, [("allergies".to_owned(), "noix".to_owned())]);
    }

    #[test]
    fn null_and_empty_properties_are_none() {
        let found =
            read(r#"{"id":51,"properties":{"email":"","loyalty_points":null,"last_visit_date":null,"x":null}}"#)
                .unwrap();
        assert_eq!((found.id.as_str(), found.email, found.loyalty_points, found.last_visit), ("51", None, None, None));
        assert!(found.extra.is_empty() && found.created_at.is_none());
        assert!(read(r#"{"id":"51","properties":{"loyalty_points":"12.5"}}"#).is_err());
        assert!(read(r#"{"properties":{}}"#).is_err());
    }

    #[test]
    fn a_day_comes_in_every_form() {
        Host::new("v3").run(|| {
            for text in ["2025-04-01", "1743465600000", "2025-04-01T00:00:00.000Z", "2025-03-31T23:30:00Z"] {
                assert_eq!(day(text).unwrap().to_string(), "2025-04-01", "{text}");
            }
            assert!(day("yesterday").is_err());
            assert_eq!(points(Scalar::from_json("\"120.0\""), "p").unwrap(), Some(120));
        });
    }

    #[test]
    fn absent_fields_are_not_sent_and_empty_ones_clear() {
        let patch = ContactPatch {
            id: "51".into(),
            email: None,
            first_name: None,
            last_name: Some(String::new()),
            phone: None,
            company: None,
            loyalty_points: Some(150),
            last_visit: Some(time::parse_date("2025-04-12").unwrap()),
            extra: vec![("allergies".into(), String::new()), ("loyalty_points".into(), "9".into())],
            idempotency_key: None,
            include_raw: false,
        };
        let names = Names { points: "loyalty_points".into(), last_visit: "last_visit_date".into() };
        assert_eq!(
            serde_json::to_string(&changed(&patch, &names).unwrap()).unwrap(),
            r#"{"lastname":"","loyalty_points":"150","last_visit_date":"2025-04-12","allergies":""}"#
        );
        let wrong = ContactPatch { loyalty_points: Some(-1), ..patch };
        assert!(matches!(changed(&wrong, &names), Err(Error::Validation(_))));
    }
}
