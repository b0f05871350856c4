use moulin_adapter::http::Response;
use moulin_adapter::testing::Host;

use super::*;

const GUESTS: &str = r#"{"hasNextPage":true,"nextPageUrl":"https://x","offset":0,"limit":1000,"items":[
  {"id":"g-1","first_name":"Michel","last_name":"Durand","email":"Michel.Durand@Example.org","phone":"611223344","phone_numbers":[{"number":"6 99","country_code":"44"},{"number":"611223344","country_code":"33","primary":true}],"created_date_utc":"2024-12-20T16:09:19Z"},
  {"id":"g-2","first_name":"Élodie","last_name":null,"email":null,"phone":"06 39 98 12 34","phone_numbers":[]},
  {"id":"g-3","first_name":"Michel","forgotten":true},
  {"id":"g-4","first_name":"Anne","last_name":"Michelet"}]}"#;

fn answers(body: &'static str) -> Host {
    Host::new("platform").setting("restaurant_id", "770042").vendor(move |_| Ok(Response::new(200, &[], body)))
}

fn ids(text: &str, limit: Option<u32>) -> (Vec<String>, Option<String>) {
    let query = CustomerSearch { text: text.into(), limit, cursor: None, include_raw: false };
    let page = answers(GUESTS).run(|| search(&query)).unwrap();
    (page.items.into_iter().map(|found| found.id).collect(), page.next)
}

#[test]
fn guests_are_compared_without_case_by_name_mail_and_phone() {
    for (text, expected) in [
        ("michel", &["g-1", "g-4"][..]),
        (" MICHEL.durand@example.ORG ", &["g-1"]),
        ("élodie", &["g-2"]),
        ("06 11 22 33 44", &["g-1"]),
        ("+33 611223344", &["g-1"]),
        ("611", &[]),
        ("nobody", &[]),
    ] {
        assert_eq!(ids(text, None), (expected.iter().map(|id| (*id).to_owned()).collect(), Some("4".into())), "{text}");
    }
    assert_eq!(ids("michel", Some(1)), (vec!["g-1".into()], Some("1".into())));
}

#[test]
fn a_phone_number_comes_with_its_country_where_that_is_known() {
    let read = |json: &'static str| answers(json).run(|| national("g")).unwrap();
    let national = |number: &str, country| Some(National { number: number.into(), country });
    assert_eq!(
        read(r#"{"phone":"1","phone_numbers":{"number":"06-11","country_code":33}}"#),
        national("0611", Some(33))
    );
    assert_eq!(read(r#"{"phone":"06 11","phone_numbers":null}"#), national("0611", None));
    assert_eq!(read(r#"{"phone":"","phone_numbers":[]}"#), None);
    let host = answers(r#"{"id":"g-1","phone":"06 11","created_date_utc":"2024-12-20T16:09:19Z","notes":"habitué"}"#);
    let found = host.run(|| get(&CustomerLookup { id: "g/1".into(), include_raw: true })).unwrap();
    assert_eq!((found.phone.as_deref(), found.vip, found.visits), (Some("06 11"), None, None));
    assert!(found.raw.is_some() && found.created_at.is_some());
    assert_eq!(host.requests()[0].target(), "/sync/v2/guests/g%2F1");
}

#[test]
fn the_restaurant_is_looked_for_through_the_directory() {
    let host = Host::new("platform").setting("restaurant_id", "770042").vendor(|request| {
        let body = match request.query_value("offset") {
            Some("0") => r#"{"offset":0,"total_items":2,"items":[{"rid":4,"name":"One Market"}]}"#,
            _ => r#"{"offset":1,"total_items":2,"items":[{"rid":770042,"name":"Le Vieux Moulin","country":"FR","address":""}]}"#,
        };
        Ok(Response::new(200, &[], body))
    });
    let found = host.run(|| restaurant(&RestaurantQuery { include_raw: false })).unwrap();
    assert_eq!((found.id.as_str(), found.name.as_str(), found.address), ("770042", "Le Vieux Moulin", None));
    assert_eq!(host.requests().len(), 2);
    for body in [r#"{"items":[],"total_items":9}"#, r#"{"items":[{"rid":4,"name":"x"}],"total_items":1}"#] {
        let Err(Error::Validation(error)) = answers(body).run(|| restaurant(&RestaurantQuery { include_raw: false }))
        else {
            panic!("{body}")
        };
        assert_eq!(error.fields[0].field, "settings.restaurant_id");
    }
    // A directory that never ends is not read for ever.
    let endless = answers(r#"{"items":[{"rid":4,"name":"x"}],"total_items":1000000}"#);
    assert!(endless.run(|| restaurant(&RestaurantQuery { include_raw: false })).is_err());
    assert_eq!(endless.requests().len(), 20);
}
