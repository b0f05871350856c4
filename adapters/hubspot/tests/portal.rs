//! Every operation in both flavours against the simulated portal: the request on the wire and the typed answer.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod ask;

use std::collections::BTreeSet;

use ask::{FLAVORS, list, lookup, new_contact, patch, search};
use hubspot::HubSpot;
use moulin_adapter::crm::{
    ContactPage, CrmTransactionQuery, DeleteRequest, LoyaltyKind, NewCampaign, NewCrmTransaction, NewLoyaltyEntry,
    NewNote, NoteQuery,
};
use moulin_adapter::http::Method;
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use moulin_vendors::hubspot::Limits;
use moulin_vendors::testing::InProcess;
use moulin_vendors::{HubSpotOptions, Options, World};

const TOKEN: &str = "Bearer demo-hubspot-token";

fn portal_with(flavor: &str, options: HubSpotOptions) -> Host {
    let router = moulin_vendors::HubSpot::router(World::new(Options::default()), options);
    let vendor = InProcess::new(router).header("authorization", TOKEN);
    Host::new(flavor)
        .now(time::parse_instant("2025-04-12T10:30:00Z").unwrap())
        .vendor(move |request| vendor.answer(request))
}

fn portal(flavor: &str) -> Host {
    portal_with(flavor, HubSpotOptions { limits: Limits::scaled(0), ..HubSpotOptions::default() })
}

fn body(host: &Host, index: usize) -> String {
    let requests = host.requests();
    String::from_utf8(requests[index].body_bytes().unwrap_or_default().to_vec()).unwrap()
}

fn wire(host: &Host) -> Vec<(Method, String)> {
    host.requests().iter().map(|request| (request.method(), request.target().to_owned())).collect()
}

fn objects(flavor: &str, name: &str) -> String {
    match (flavor, name) {
        ("2026-03", "deals") => "/crm/objects/2026-03/0-3".to_owned(),
        ("2026-03", name) => format!("/crm/objects/2026-03/{name}"),
        (_, name) => format!("/crm/v3/objects/{name}"),
    }
}

/// All contacts, page by page.
fn all(page: impl Fn(Option<String>) -> Result<ContactPage>) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let found = page(cursor).unwrap();
        ids.extend(found.items.into_iter().map(|contact| contact.id));
        cursor = found.next;
        if cursor.is_none() {
            return ids;
        }
    }
}

#[test]
fn contacts_are_listed_to_the_end_twice_the_same() {
    for flavor in FLAVORS {
        let host = portal(flavor);
        let walk = || host.run(|| all(|cursor| HubSpot::list_contacts(list(Some(15), cursor))));
        let (first, second) = (walk(), walk());
        assert_eq!((first.len(), first.iter().collect::<BTreeSet<_>>().len()), (40, 40));
        assert_eq!(first, second);
        let request = &host.requests()[1];
        assert_eq!((request.method(), request.target()), (Method::Get, objects(flavor, "contacts").as_str()));
        assert_eq!((request.query_value("limit"), request.query_value("after")), (Some("15"), Some("66")));
        assert_eq!(
            request.query_value("properties"),
            Some("email,firstname,lastname,phone,company,loyalty_points,last_visit_date")
        );
    }
}

#[test]
fn raw_and_further_properties_come_when_asked_for() {
    let host = portal("v3").setting("extra_properties", "allergies, nowhere");
    let mut query = list(None, None);
    query.include_raw = true;
    let page = host.run(|| HubSpot::list_contacts(query)).unwrap();
    assert_eq!(page.items[2].extra, [("allergies".to_owned(), "noix".to_owned())]);
    assert!(page.items[0].raw.as_ref().unwrap().starts_with(r#"{"id":"51""#));
    assert!(page.items[8].loyalty_points.is_none(), "the ninth never joined");
    assert!(portal("v3").run(|| HubSpot::list_contacts(list(None, None))).unwrap().items[0].raw.is_none());
}

#[test]
fn a_contact_is_found_by_address_number_and_words() {
    for flavor in FLAVORS {
        let host = portal(flavor);
        let known = host.run(|| HubSpot::get_contact(lookup("51"))).unwrap();
        let (email, phone) = (known.email.clone().unwrap(), known.phone.clone().unwrap());
        let upper = email.to_uppercase();
        let spaced = format!("{} {}", &phone[..6], &phone[6..]);
        let words = format!("{} {}", known.first_name.clone().unwrap(), known.last_name.clone().unwrap());
        for query in [search("email", &upper), search("phone", &spaced), search("text", &words)] {
            let found = host.run(|| HubSpot::search_contacts(query)).unwrap();
            assert!(found.items.iter().any(|contact| contact.id == "51"), "{flavor}");
        }
        assert_eq!(
            body(&host, 1),
            format!(
                r#"{{"filterGroups":[{{"filters":[{{"propertyName":"email","operator":"EQ","value":"{email}"}}]}}],"properties":["email","firstname","lastname","phone","company","loyalty_points","last_visit_date"],"sorts":[],"limit":100,"after":"0"}}"#
            )
        );
        assert_eq!(wire(&host)[1], (Method::Post, objects(flavor, "contacts") + "/search"));
        let none = host.run(|| HubSpot::search_contacts(search("email", "nobody@example.org"))).unwrap();
        assert!(none.items.is_empty() && none.next.is_none());
        let walk = |cursor| {
            let mut query = search("text", "client");
            (query.limit, query.cursor) = (Some(7), cursor);
            HubSpot::search_contacts(query)
        };
        let found = host.run(|| all(walk));
        assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (40, 40));
    }
}

#[test]
fn a_contact_is_created_changed_and_deleted() {
    for flavor in FLAVORS {
        let host = portal(flavor);
        let made = host.run(|| HubSpot::create_contact(new_contact("Nadia.Benali@example.org"))).unwrap();
        assert_eq!(
            body(&host, 0),
            r#"{"properties":{"email":"Nadia.Benali@example.org","firstname":"Nadia","lastname":"Benali","phone":"+33645678901","loyalty_points":"0","last_visit_date":"2025-04-12"},"associations":[]}"#
        );
        assert_eq!((made.email.as_deref(), made.loyalty_points), (Some("nadia.benali@example.org"), Some(0)));
        let again = host.run(|| HubSpot::create_contact(new_contact("nadia.benali@EXAMPLE.org"))).unwrap_err();
        let Error::Validation(error) = again else { panic!("{again:?}") };
        assert!(error.fields[0].field == "email" && error.message.contains(&made.id), "{error:?}");

        let mut change = patch(&made.id);
        (change.loyalty_points, change.last_name) = (Some(150), Some(String::new()));
        let changed = host.run(|| HubSpot::update_contact(change)).unwrap();
        assert_eq!(
            (changed.loyalty_points, changed.last_name, changed.first_name.as_deref()),
            (Some(150), None, Some("Nadia"))
        );
        assert_eq!(wire(&host)[2], (Method::Patch, format!("{}/{}", objects(flavor, "contacts"), made.id)));
        assert_eq!(body(&host, 2), r#"{"properties":{"lastname":"","loyalty_points":"150"}}"#);

        let request = DeleteRequest { id: made.id.clone(), idempotency_key: None };
        assert_eq!(host.run(|| HubSpot::delete_contact(request.clone())).unwrap().id, made.id);
        assert!(matches!(host.run(|| HubSpot::get_contact(lookup(&made.id))), Err(Error::NotFound(_))));
        assert!(matches!(host.run(|| HubSpot::delete_contact(request)), Err(Error::NotFound(_))));
        assert!(matches!(host.run(|| HubSpot::update_contact(patch("999"))), Err(Error::NotFound(_))));
    }
}

#[test]
fn what_the_vendor_refuses_names_the_field() {
    let host = portal("v3");
    let mut wrong = new_contact("not an address");
    wrong.extra.push(("shoe_size".into(), "43".into()));
    let Err(Error::Validation(error)) = host.run(|| HubSpot::create_contact(wrong)) else { panic!() };
    let fields: Vec<_> = error.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["email", "extra.shoe_size"]);
    let bare = portal_with("v3", HubSpotOptions { custom_properties: false, ..HubSpotOptions::default() });
    let Err(Error::Validation(error)) = bare.run(|| HubSpot::create_contact(new_contact("a@example.org"))) else {
        panic!()
    };
    assert_eq!(error.fields[0].field, "loyalty_points");
    assert!(error.message.contains("create it"), "{}", error.message);
}

fn entry(contact: &str, points: i64, kind: LoyaltyKind) -> NewLoyaltyEntry {
    NewLoyaltyEntry {
        contact_id: contact.into(),
        points,
        kind,
        occurred_on: None,
        description: None,
        idempotency_key: Some("k".into()),
        include_raw: false,
    }
}

#[test]
fn points_are_added_taken_and_never_below_zero() {
    for flavor in FLAVORS {
        let host = portal(flavor);
        // The ninth regular has no points yet: null is none.
        let book = |points, kind| host.run(|| HubSpot::record_loyalty(entry("59", points, kind)));
        assert_eq!(host.run(|| HubSpot::get_loyalty(lookup("59"))).unwrap().points, 0);
        let earned = book(25, LoyaltyKind::Earn).unwrap();
        assert_eq!(
            (earned.balance, earned.points, earned.occurred_on.to_string().as_str()),
            (Some(25), 25, "2025-04-12")
        );
        assert_eq!(body(&host, 2), r#"{"properties":{"loyalty_points":"25","last_visit_date":"2025-04-12"}}"#);
        assert_eq!(book(10, LoyaltyKind::Redeem).unwrap().balance, Some(15));
        assert_eq!(book(-5, LoyaltyKind::Adjust).unwrap().balance, Some(10));
        let sent = host.requests().len();
        let Err(Error::Validation(error)) = book(11, LoyaltyKind::Redeem) else { panic!() };
        assert_eq!(error.fields[0].field, "points");
        assert_eq!(host.requests().len(), sent + 1, "read, and not written");
        assert!(book(0, LoyaltyKind::Earn).is_err());
        let after = host.run(|| HubSpot::get_loyalty(lookup("59"))).unwrap();
        assert_eq!((after.points, after.last_visit), (10, Some(time::parse_date("2025-04-12").unwrap())));
    }
}

#[test]
fn the_reason_of_points_becomes_a_note() {
    let host = portal("v3");
    let described =
        NewLoyaltyEntry { description: Some("Visite <restaurant>".into()), ..entry("52", 25, LoyaltyKind::Earn) };
    host.run(|| HubSpot::record_loyalty(described)).unwrap();
    let query = NoteQuery { contact_id: "52".into(), limit: None, cursor: None, include_raw: false };
    let notes = host.run(|| HubSpot::list_notes(query)).unwrap().items;
    assert_eq!((notes[0].title.as_deref(), notes[0].text.as_str()), (Some("+25 points"), "Visite <restaurant>"));
}

fn purchase() -> NewCrmTransaction {
    NewCrmTransaction {
        contact_id: Some("51".into()),
        name: "Transaction 4711".into(),
        currency: None,
        amount: "45.50".parse().unwrap(),
        occurred_at: Some(time::parse_instant("2025-04-01T12:30:05Z").unwrap()),
        description: None,
        items_text: None,
        external_id: None,
        idempotency_key: None,
        include_raw: false,
    }
}

#[test]
fn a_purchase_is_a_deal() {
    for flavor in FLAVORS {
        let host = portal(flavor);
        let made = host.run(|| HubSpot::record_transaction(purchase())).unwrap();
        assert_eq!(
            body(&host, 0),
            concat!(
                r#"{"properties":{"dealname":"Transaction 4711","amount":"45.50","dealstage":"closedwon","pipeline":"default","closedate":"2025-04-01T12:30:05.000Z","deal_currency_code":"EUR"},"#,
                r#""associations":[{"to":{"id":"51"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":3}]}]}"#
            )
        );
        assert_eq!(wire(&host)[0], (Method::Post, objects(flavor, "deals")));
        assert_eq!((made.amount, made.currency.as_str()), ("45.5".parse().unwrap(), "EUR"));
        assert_eq!(made.occurred_at, time::parse_instant("2025-04-01T12:30:05Z").unwrap());
        let whole = NewCrmTransaction {
            description: Some("Carte".into()),
            items_text: Some("2 × Café".into()),
            external_id: Some("lvm-1".into()),
            occurred_at: None,
            ..purchase()
        };
        host.run(|| HubSpot::record_transaction(whole.clone())).unwrap();
        let Err(Error::Validation(error)) = host.run(|| HubSpot::record_transaction(whole)) else { panic!("twice") };
        assert_eq!(error.fields[0].field, "external_id");

        let from = time::parse_instant("2025-04-12T00:00:00Z").unwrap();
        let query = CrmTransactionQuery {
            contact_id: Some("51".into()),
            from: Some(from),
            to: Some(from + 86_400_000),
            limit: None,
            cursor: None,
            include_raw: true,
        };
        let found = host.run(|| HubSpot::list_transactions(query)).unwrap().items;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].items_text.as_deref(), found[0].external_id.as_deref()),
            (Some("2 × Café"), Some("lvm-1"))
        );
        assert_eq!((found[0].contact_id.as_deref(), found[0].description.as_deref()), (Some("51"), Some("Carte")));
        assert!(found[0].raw.is_some());
    }
}

#[test]
fn purchases_are_listed_to_the_end() {
    let host = portal("v3");
    let (mut ids, mut cursor) = (BTreeSet::new(), None);
    loop {
        let query =
            CrmTransactionQuery { contact_id: None, from: None, to: None, limit: Some(25), cursor, include_raw: false };
        let page = host.run(|| HubSpot::list_transactions(query)).unwrap();
        for deal in page.items {
            assert!(deal.currency == "EUR" && !deal.amount.is_negative() && !deal.amount.is_zero());
            assert!(ids.insert(deal.id));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 60);
}

#[test]
fn a_lost_answer_is_looked_up_and_never_asked_for_twice() {
    for flavor in FLAVORS {
        let options = HubSpotOptions { limits: Limits::scaled(0), ..HubSpotOptions::default() };
        let router = moulin_vendors::HubSpot::router(World::new(Options::default()), options);
        let real = InProcess::new(router).header("authorization", TOKEN);
        let host = Host::new(flavor).now(time::parse_instant("2025-04-12T10:30:00Z").unwrap()).vendor(move |request| {
            let answer = real.answer(request)?;
            if request.method() == Method::Post { Err(Error::connection("reset", true)) } else { Ok(answer) }
        });
        let made = host.run(|| HubSpot::create_contact(new_contact("Lost@example.org"))).unwrap();
        assert_eq!(made.email.as_deref(), Some("lost@example.org"));
        let deal = NewCrmTransaction { external_id: Some("lvm/7".into()), ..purchase() };
        assert_eq!(host.run(|| HubSpot::record_transaction(deal)).unwrap().external_id.as_deref(), Some("lvm/7"));
        let posts = host.requests().iter().filter(|request| request.method() == Method::Post).count();
        assert_eq!(posts, 2);
        // Without a number of the till there is nothing to look for; an old contact is not the new one.
        assert!(host.run(|| HubSpot::record_transaction(purchase())).unwrap_err().is_ambiguous());
        let old = host.run(|| HubSpot::create_contact(new_contact("client05@example.fr"))).unwrap_err();
        assert!(old.is_ambiguous());
    }
}

#[test]
fn notes_campaigns_and_segments() {
    for flavor in FLAVORS {
        let host = portal(flavor);
        let new = NewNote {
            contact_id: "53".into(),
            title: Some("Allergie".into()),
            text: "noix & sésame\n< 3".into(),
            idempotency_key: None,
            include_raw: false,
        };
        let made = host.run(|| HubSpot::create_note(new)).unwrap();
        assert!(body(&host, 0).contains(r#""associationTypeId":202"#));
        assert_eq!(wire(&host)[0], (Method::Post, objects(flavor, "notes")));
        let query = NoteQuery { contact_id: "53".into(), limit: None, cursor: None, include_raw: false };
        let notes = host.run(|| HubSpot::list_notes(query)).unwrap().items;
        assert_eq!(notes, [made]);
        let query = NoteQuery { contact_id: "51".into(), limit: None, cursor: None, include_raw: false };
        let old = host.run(|| HubSpot::list_notes(query)).unwrap().items;
        assert_eq!(old[0].text, "Préfère la table près de la fenêtre & le service tardif");

        let campaign = NewCampaign {
            name: "Fête des mères".into(),
            kind: Some("E-mail".into()),
            description: Some("Menu du 25 mai".into()),
            starts_on: Some(time::parse_date("2025-05-01").unwrap()),
            ends_on: None,
            idempotency_key: None,
            include_raw: false,
        };
        let made = host.run(|| HubSpot::create_campaign(campaign)).unwrap();
        assert_eq!((made.name.as_str(), made.status.as_deref()), ("Fête des mères", Some("planned")));
        let at = host.requests().len() - 1;
        assert_eq!(
            body(&host, at),
            r#"{"properties":{"hs_name":"Fête des mères","hs_start_date":"2025-05-01","hs_notes":"E-mail\nMenu du 25 mai"}}"#
        );

        let (mut names, mut cursor) = (Vec::new(), None);
        loop {
            let page = host.run(|| HubSpot::list_segments(list(Some(2), cursor))).unwrap();
            names.extend(page.items.into_iter().map(|segment| (segment.name, segment.size)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(names.len(), 4, "the list of companies is none of contacts");
        assert!(names.contains(&("Newsletter".to_owned(), Some(40))));
    }
}

#[test]
fn a_wrong_token_a_missing_scope_and_a_full_limit() {
    let world = || World::new(Options::default());
    let router = moulin_vendors::HubSpot::router(world(), HubSpotOptions::default());
    let vendor = InProcess::new(router).header("authorization", "Bearer wrong");
    let host = Host::new("v3").vendor(move |request| vendor.answer(request));
    assert!(matches!(host.run(HubSpot::check), Err(Error::Authentication(error)) if error.status == Some(401)));
    let limits = Limits { burst: 2, ..Limits::default() };
    let host = portal_with("v3", HubSpotOptions { limits, ..HubSpotOptions::default() });
    host.run(HubSpot::check).unwrap();
    host.run(HubSpot::check).unwrap();
    assert!(matches!(host.run(HubSpot::check), Err(Error::RateLimit(error)) if error.retry_after_ms == Some(10_000)));
}
