//! The contact: fields in both directions.

use moulin_adapter::crm::{Contact, ContactPatch, NewContact};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;

use crate::record::Record;
use crate::write::{Field, Fields};
use crate::{api, describe};

/// Names of the restaurant's own fields.
pub(crate) struct Names {
    pub(crate) points: String,
    pub(crate) last_visit: String,
    extra: Vec<String>,
}

impl Names {
    pub(crate) fn configured() -> Self {
        let extra = connection::setting("extra_fields").unwrap_or_default();
        Self {
            points: api::setting(describe::POINTS),
            last_visit: api::setting(describe::LAST_VISIT),
            extra: extra.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// What is asked for: version 8 of the API answers no list without it.
    pub(crate) fn all(&self) -> String {
        let fixed = ["Email", "First_Name", "Last_Name", "Phone", "Account_Name", &self.points, &self.last_visit];
        let times = ["Created_Time", "Modified_Time"];
        let names: Vec<&str> = fixed.into_iter().chain(times).chain(self.extra.iter().map(String::as_str)).collect();
        names.join(",")
    }
}

/// A contact of the vendor. Of its further fields those that the operator named.
pub(crate) fn contact(row: &Row<'_, Record<'_>>, names: &Names) -> Result<Contact> {
    let record = &row.record;
    let extra = |name: &String| Some((name.clone(), record.lookup_name(name)?));
    Ok(Contact {
        id: record.id()?,
        email: record.get("Email").text(),
        first_name: record.get("First_Name").text(),
        last_name: record.get("Last_Name").text(),
        phone: record.get("Phone").text(),
        company: record.lookup_name("Account_Name"),
        loyalty_points: points(record.get(&names.points), &names.points)?,
        last_visit: record.get(&names.last_visit).parse_with(&names.last_visit, day)?,
        created_at: record.get("Created_Time").instant("Created_Time")?,
        updated_at: record.get("Modified_Time").instant("Modified_Time")?,
        extra: names.extra.iter().filter_map(extra).collect(),
        raw: row.raw(),
    })
}

/// Whole points: `85`, or `85.0` out of a decimal field.
fn points(value: Scalar<'_>, name: &str) -> Result<Option<i64>> {
    value.parse_with(name, |text| {
        let number = text.parse::<Decimal>()?.normalized();
        if number.scale == 0 { Ok(number.mantissa) } else { Err(Error::unexpected("not a whole number")) }
    })
}

/// A date field, or a date and time where the restaurant made it one.
fn day(text: &str) -> Result<Date> {
    time::parse_date(text).or_else(|_| Ok(calendar::to_local(time::parse_instant(text)?).0))
}

/// The fields of a new contact. The vendor insists on a last name: without one it is what stands before the `@`, or
/// the telephone number.
pub(crate) fn created(new: &NewContact, account: Option<String>, names: &Names) -> Result<Fields> {
    let filled =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (email, phone) = (filled(&new.email), filled(&new.phone));
    let last_name = filled(&new.last_name).or_else(|| stand_in(email.as_deref(), phone.as_deref()));
    let mut fields = Fields::default();
    fields.text("First_Name", filled(&new.first_name).as_deref());
    fields.text("Last_Name", last_name.as_deref());
    fields.text("Email", email.as_deref());
    fields.text("Phone", phone.as_deref());
    if let Some(id) = account {
        fields.put("Account_Name", Field::Id(id));
    }
    own(&mut fields, new.loyalty_points, new.last_visit, &new.extra, names)?;
    Ok(fields)
}

/// The last name that `created` sends when there is none.
pub(crate) fn stand_in(email: Option<&str>, phone: Option<&str>) -> Option<String> {
    let local = email.and_then(|email| email.split('@').next()).filter(|local| !local.is_empty());
    local.or(phone).map(str::to_owned)
}

/// The fields of a change: absent ones are not sent, an empty text clears. `account` is the number of the company.
pub(crate) fn changed(patch: &ContactPatch, account: Option<String>, names: &Names) -> Result<Fields> {
    if patch.last_name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Error::invalid("last_name", "must not be empty: Zoho CRM insists on it"));
    }
    let mut fields = Fields::default();
    let texts = [
        ("First_Name", &patch.first_name),
        ("Last_Name", &patch.last_name),
        ("Email", &patch.email),
        ("Phone", &patch.phone),
    ];
    for (name, text) in texts {
        match text.as_deref().map(str::trim) {
            Some("") => fields.put(name, Field::Null),
            text => fields.text(name, text),
        }
    }
    match (account, &patch.company) {
        (Some(id), _) => fields.put("Account_Name", Field::Id(id)),
        (None, Some(_)) => fields.put("Account_Name", Field::Null),
        (None, None) => {}
    }
    own(&mut fields, patch.loyalty_points, patch.last_visit, &patch.extra, names)?;
    Ok(fields)
}

fn own(
    fields: &mut Fields,
    loyalty_points: Option<i64>,
    last_visit: Option<Date>,
    extra: &[(String, String)],
    names: &Names,
) -> Result<()> {
    if let Some(points) = loyalty_points {
        if points < 0 {
            return Err(Error::invalid("loyalty_points", "must not be below zero"));
        }
        fields.put(&names.points, Field::Integer(points));
    }
    fields.day(&names.last_visit, last_visit);
    for (name, value) in extra {
        fields.put(name, if value.is_empty() { Field::Null } else { Field::Text(value.clone()) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;
    use crate::record;

    fn read(body: &'static str) -> Result<Contact> {
        let answer = Response::new(200, &[], body);
        Host::new("vendor")
            .setting("extra_fields", "Owner, Tier")
            .run(|| contact(&record::one(&answer, false)?, &Names::configured()))
    }

    #[test]
    fn the_contact_of_the_sheet() {
        let found = read(
            r#"{"data":[{"id":"771200000000527002","Email":"jeanne.martin@example.org","First_Name":"Jeanne","Last_Name":"Martin","Phone":"+33612345678","Loyalty_Points":85,"Last_Visit_Date":"2025-04-05",
            "Owner":{"name":"Chef","id":"771200000000235011"},"Account_Name":null,"Created_Time":"2025-01-10T09:22:45+01:00","Modified_Time":"2025-04-05T19:30:15+02:00","$approved":true}],
            "info":{"per_page":200,"count":1,"page":1,"more_records":false}}"#,
        )
        .unwrap();
        assert_eq!((found.id.as_str(), found.loyalty_points, found.company), ("771200000000527002", Some(85), None));
        assert_eq!(found.last_visit, Some(time::parse_date("2025-04-05").unwrap()));
        assert_eq!(found.created_at, Some(time::parse_instant("2025-01-10T08:22:45Z").unwrap()));
        assert_eq!(found.updated_at, Some(time::parse_instant("2025-04-05T17:30:15Z").unwrap()));
        assert_eq!(found.extra, [("Owner".to_owned(), "Chef".to_owned())]);
    }

    #[test]
    fn fields_come_in_every_form() {
        let found = read(
            r#"{"data":[{"id":7,"Email":"","Loyalty_Points":"85.0","Last_Visit_Date":"2025-04-05T23:30:00+00:00","Account_Name":{"name":"Atelier","id":"9"},"Tier":"Or"}]}"#,
        )
        .unwrap();
        assert_eq!((found.id.as_str(), found.email, found.loyalty_points), ("7", None, Some(85)));
        assert_eq!(found.last_visit, Some(time::parse_date("2025-04-06").unwrap()), "the restaurant's day");
        assert_eq!((found.company.as_deref(), found.extra.len()), (Some("Atelier"), 1));
        assert!(read(r#"{"data":[{"id":"7","Loyalty_Points":8.5}]}"#).is_err());
        assert!(read(r#"{"data":[{"id":"7","Created_Time":"yesterday"}]}"#).is_err());
    }

    #[test]
    fn a_last_name_is_found() {
        assert_eq!(stand_in(Some("jeanne@example.org"), None).as_deref(), Some("jeanne"));
        assert_eq!(stand_in(None, Some("+33 6")).as_deref(), Some("+33 6"));
        assert_eq!(stand_in(None, None), None);
    }
}
