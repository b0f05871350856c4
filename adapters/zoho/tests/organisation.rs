//! Every operation in both flavours and both versions against the simulated organisation: the request on the wire and
//! the typed answer.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod ask;

use std::collections::BTreeSet;

use ask::{KINDS, list, lookup, new_contact, patch, search};
use moulin_adapter::crm::{
    ContactPage, CrmTransactionQuery, DeleteRequest, LoyaltyKind, NewCampaign, NewCrmTransaction, NewLoyaltyEntry,
    NewNote, NoteQuery,
};
use moulin_adapter::http::Method;
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use moulin_vendors::testing::InProcess;
use moulin_vendors::zoho::Limits;
use moulin_vendors::{Options, World, ZohoOptions};
use zoho::Zoho;

const TOKEN: &str = "Zoho-oauthtoken demo-zoho-token";

fn organisation_with((flavor, version): (&str, &str), options: ZohoOptions) -> Host {
    let router = moulin_vendors::Zoho::router(World::new(Options::default()), options);
    let vendor = InProcess::new(router).header("authorization", TOKEN);
    Host::new(flavor)
        .setting("api_version", version)
        .now(time::parse_instant("2025-04-12T10:30:00Z").unwrap())
        .vendor(move |request| vendor.answer(request))
}

/// The vendor's own paths only take what the vendor documents.
fn organisation(kind: (&str, &str)) -> Host {
    organisation_with(kind, ZohoOptions { seed_paths: kind.0 == "seed", ..ZohoOptions::default() })
}

fn path((flavor, version): (&str, &str), rest: &str) -> String {
    let contacts = if flavor == "seed" { "contacts" } else { "Contacts" };
    format!("/crm/{version}/{}", rest.replace("{contacts}", contacts))
}

fn body(host: &Host, index: usize) -> String {
    let requests = host.requests();
    String::from_utf8(requests[index].body_bytes().unwrap_or_default().to_vec()).unwrap()
}

fn wire(host: &Host, index: usize) -> (Method, String) {
    let request = &host.requests()[index];
    (request.method(), request.target().to_owned())
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

/// The numbers of the world's contacts, in their order.
fn known(host: &Host) -> Vec<String> {
    host.run(|| all(|cursor| Zoho::list_contacts(list(None, cursor))))
}

#[test]
fn contacts_are_listed_to_the_end_twice_the_same() {
    for kind in KINDS {
        let host = organisation(kind);
        host.run(Zoho::check).unwrap();
        let walk = || host.run(|| all(|cursor| Zoho::list_contacts(list(Some(15), cursor))));
        let (first, second) = (walk(), walk());
        assert_eq!((first.len(), first.iter().collect::<BTreeSet<_>>().len()), (40, 40));
        assert_eq!(first, second);
        assert_eq!(wire(&host, 2), (Method::Get, path(kind, "{contacts}")));
        let request = &host.requests()[2];
        assert_eq!((request.query_value("per_page"), request.query_value("page")), (Some("15"), Some("2")));
        let fields =
            "Email,First_Name,Last_Name,Phone,Account_Name,Loyalty_Points,Last_Visit_Date,Created_Time,Modified_Time";
        assert_eq!(request.query_value("fields"), Some(fields));
    }
}

#[test]
fn a_contact_is_found_by_address_number_and_words() {
    for kind in KINDS {
        let host = organisation(kind);
        let id = known(&host)[0].clone();
        let contact = host.run(|| Zoho::get_contact(lookup(&id))).unwrap();
        let (email, phone) = (contact.email.clone().unwrap(), contact.phone.clone().unwrap());
        let spaced = format!("{} {}", &phone[..6], &phone[6..]);
        let words = format!("{} {}", contact.first_name.clone().unwrap(), contact.last_name.clone().unwrap());
        for query in [search("email", &email.to_uppercase()), search("phone", &spaced), search("text", &words)] {
            let found = host.run(|| Zoho::search_contacts(query)).unwrap();
            assert!(found.items.iter().any(|other| other.id == id), "{kind:?}");
        }
        assert_eq!(wire(&host, 2), (Method::Get, path(kind, "{contacts}/search")));
        assert_eq!(host.requests()[2].query_value("email"), Some(email.as_str()));
        assert_eq!(host.requests()[3].query_value("phone"), Some(phone.as_str()));
        // 204 without a body.
        let none = host.run(|| Zoho::search_contacts(search("email", "nobody@example.org"))).unwrap();
        assert!(none.items.is_empty() && none.next.is_none());
        assert!(matches!(host.run(|| Zoho::search_contacts(search("text", "x"))), Err(Error::Validation(_))));
        let walk = |cursor| {
            let mut query = search("text", "example");
            (query.limit, query.cursor) = (Some(7), cursor);
            Zoho::search_contacts(query)
        };
        let found = host.run(|| all(walk));
        assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (40, 40));
        let mut far = search("text", "example");
        (far.limit, far.cursor) = (Some(200), Some("11".into()));
        assert!(matches!(host.run(|| Zoho::search_contacts(far)), Err(Error::Validation(_))));
    }
}

#[test]
fn a_contact_is_created_changed_and_deleted() {
    for kind in KINDS {
        let host = organisation(kind);
        let made = host.run(|| Zoho::create_contact(new_contact("nadia.benali@example.org"))).unwrap();
        assert_eq!(wire(&host, 0), (Method::Post, path(kind, "{contacts}")));
        assert_eq!(
            body(&host, 0),
            r#"{"data":[{"First_Name":"Nadia","Last_Name":"Benali","Email":"nadia.benali@example.org","Phone":"+33645678901","Loyalty_Points":0,"Last_Visit_Date":"2025-04-12"}],"duplicate_check_fields":["Email"],"trigger":["workflow"]}"#
        );
        let read = host.run(|| Zoho::get_contact(lookup(&made.id))).unwrap();
        assert_eq!(read, made);
        let again = host.run(|| Zoho::create_contact(new_contact("Nadia.Benali@example.org"))).unwrap_err();
        let Error::Validation(error) = again else { panic!("{again:?}") };
        assert!(error.fields[0].field == "email" && error.message.contains(&made.id), "{error:?}");

        let mut change = patch(&made.id);
        (change.loyalty_points, change.phone) = (Some(150), Some(String::new()));
        let changed = host.run(|| Zoho::update_contact(change)).unwrap();
        assert_eq!(
            (changed.loyalty_points, changed.phone, changed.last_name.as_deref()),
            (Some(150), None, Some("Benali"))
        );
        assert_eq!(wire(&host, 3), (Method::Put, path(kind, &format!("{{contacts}}/{}", made.id))));
        assert_eq!(body(&host, 3), r#"{"data":[{"Phone":null,"Loyalty_Points":150}]}"#);

        let request = DeleteRequest { id: made.id.clone(), idempotency_key: None };
        assert_eq!(host.run(|| Zoho::delete_contact(request.clone())).unwrap().id, made.id);
        assert!(matches!(host.run(|| Zoho::get_contact(lookup(&made.id))), Err(Error::NotFound(_))));
        assert!(matches!(host.run(|| Zoho::delete_contact(request)), Err(Error::NotFound(_))));
        let mut gone = patch(&made.id);
        gone.phone = Some("1".into());
        assert!(matches!(host.run(|| Zoho::update_contact(gone)), Err(Error::NotFound(_))));
    }
}

#[test]
fn a_company_is_an_account_and_a_missing_last_name_is_found() {
    let host = organisation(("vendor", "v2"));
    let mut new = new_contact("paul@example.org");
    (new.last_name, new.company) = (None, Some("Atelier Bastille SARL".into()));
    let made = host.run(|| Zoho::create_contact(new)).unwrap();
    assert_eq!(made.last_name.as_deref(), Some("paul"));
    assert_eq!(wire(&host, 0), (Method::Post, "/crm/v2/Accounts/upsert".to_owned()));
    assert_eq!(
        host.run(|| Zoho::get_contact(lookup(&made.id))).unwrap().company.as_deref(),
        Some("Atelier Bastille SARL")
    );
    let mut change = patch(&made.id);
    change.company = Some("Nouvelle maison".into());
    assert_eq!(host.run(|| Zoho::update_contact(change)).unwrap().company.as_deref(), Some("Nouvelle maison"));
    let mut change = patch(&made.id);
    change.company = Some(String::new());
    assert_eq!(host.run(|| Zoho::update_contact(change)).unwrap().company, None);
    let mut change = patch(&made.id);
    change.last_name = Some(String::new());
    assert!(
        matches!(host.run(|| Zoho::update_contact(change)), Err(Error::Validation(error)) if error.fields[0].field == "last_name")
    );
}

#[test]
fn what_the_vendor_refuses_names_the_field() {
    for kind in KINDS {
        let host = organisation(kind);
        let Err(Error::Validation(error)) = host.run(|| Zoho::create_contact(new_contact("no address"))) else {
            panic!()
        };
        assert_eq!(error.fields[0].field, "email");
        let mut wrong = new_contact("a@example.org");
        wrong.extra.push(("Shoe_Size".into(), "43".into()));
        let Err(Error::Validation(error)) = host.run(|| Zoho::create_contact(wrong)) else { panic!() };
        assert_eq!(error.fields[0].field, "extra.Shoe_Size");
    }
}

fn entry(contact: &str, points: i64, kind: LoyaltyKind) -> NewLoyaltyEntry {
    NewLoyaltyEntry {
        contact_id: contact.into(),
        points,
        kind,
        occurred_on: None,
        description: Some("Visite restaurant".into()),
        idempotency_key: Some(format!("4711{points}")),
        include_raw: false,
    }
}

#[test]
fn an_entry_of_points_is_a_record_of_the_module() {
    for kind in KINDS {
        for lookup_field in [false, true] {
            let options = ZohoOptions { rewards_lookup: lookup_field, ..ZohoOptions::default() };
            let host = organisation_with(kind, options).setting("loyalty_contact_as_lookup", &lookup_field.to_string());
            let id = known(&host)[8].clone();
            let made = host.run(|| Zoho::record_loyalty(entry(&id, 25, LoyaltyKind::Earn))).unwrap();
            let contact = if lookup_field { format!(r#"{{"id":"{id}"}}"#) } else { format!("\"{id}\"") };
            assert_eq!(wire(&host, 1), (Method::Post, path(kind, "Rewards")));
            assert_eq!(
                body(&host, 1),
                format!(
                    r#"{{"data":[{{"Name":"LVM-2025-04-12-471125","Contact_ID":{contact},"Points":25,"Transaction_Date":"2025-04-12","Transaction_Type":"EARN","Transaction_Description":"Visite restaurant"}}]}}"#
                )
            );
            assert_eq!((made.balance, made.occurred_on.to_string().as_str()), (None, "2025-04-12"));
            // The organisation's workflow added it up.
            let points = || host.run(|| Zoho::get_loyalty(lookup(&id))).unwrap().points;
            assert_eq!(points(), 25);
            // The same entry again is the same entry.
            let again = host.run(|| Zoho::record_loyalty(entry(&id, 25, LoyaltyKind::Earn))).unwrap();
            assert_eq!((again.id, points()), (made.id, 25));
            host.run(|| Zoho::record_loyalty(entry(&id, 10, LoyaltyKind::Redeem))).unwrap();
            assert_eq!(points(), 15);
            let Err(Error::Validation(error)) = host.run(|| Zoho::record_loyalty(entry(&id, 16, LoyaltyKind::Redeem)))
            else {
                panic!()
            };
            assert_eq!(error.fields[0].field, "points");
            host.run(|| Zoho::record_loyalty(entry(&id, -5, LoyaltyKind::Adjust))).unwrap();
            assert_eq!(points(), 10);
        }
    }
}

#[test]
fn without_the_module_the_points_are_the_contacts() {
    let options = || ZohoOptions { rewards: false, ..ZohoOptions::default() };
    for kind in KINDS {
        let host = organisation_with(kind, options());
        let id = known(&host)[8].clone();
        let Err(Error::Validation(error)) = host.run(|| Zoho::record_loyalty(entry(&id, 25, LoyaltyKind::Earn))) else {
            panic!()
        };
        assert!(error.message.contains("no such module"), "{}", error.message);

        let host = organisation_with(kind, options()).setting("loyalty_mode", "contact_field");
        let book = |points, what| host.run(|| Zoho::record_loyalty(entry(&id, points, what)));
        let earned = book(25, LoyaltyKind::Earn).unwrap();
        assert_eq!((earned.id, earned.balance), (None, Some(25)));
        assert_eq!(body(&host, 1), r#"{"data":[{"Loyalty_Points":25,"Last_Visit_Date":"2025-04-12"}]}"#);
        assert_eq!(book(10, LoyaltyKind::Redeem).unwrap().balance, Some(15));
        assert!(matches!(book(16, LoyaltyKind::Redeem), Err(Error::Validation(_))));
        let query = NoteQuery { contact_id: id.clone(), limit: None, cursor: None, include_raw: false };
        let notes = host.run(|| Zoho::list_notes(query)).unwrap().items;
        assert!(
            notes.iter().any(|note| note.title.as_deref() == Some("+25 points") && note.text == "Visite restaurant")
        );
    }
}

#[test]
fn a_purchase_is_a_deal() {
    for kind in KINDS {
        let host = organisation(kind);
        let id = known(&host)[0].clone();
        let new = NewCrmTransaction {
            contact_id: Some(id.clone()),
            name: "Transaction 4711".into(),
            currency: None,
            amount: "45.50".parse().unwrap(),
            // The next day in Paris.
            occurred_at: Some(time::parse_instant("2025-04-11T22:30:05Z").unwrap()),
            description: Some("Carte".into()),
            items_text: Some("2 × Café".into()),
            external_id: Some("4711".into()),
            idempotency_key: None,
            include_raw: false,
        };
        let made = host.run(|| Zoho::record_transaction(new)).unwrap();
        assert_eq!(wire(&host, 1), (Method::Post, path(kind, "Deals")));
        assert_eq!(
            body(&host, 1),
            format!(
                r#"{{"data":[{{"Deal_Name":"Transaction 4711","Amount":45.50,"Closing_Date":"2025-04-12","Stage":"Closed Won","Contact_Name":{{"id":"{id}"}},"Description":"Carte\nItems: 2 × Café\nRef: 4711\nAt: 2025-04-12T00:30:05+02:00"}}]}}"#
            )
        );
        let from = time::parse_instant("2025-04-11T22:30:00Z").unwrap();
        let query = |from, to| CrmTransactionQuery {
            contact_id: Some(id.clone()),
            from: Some(from),
            to: Some(to),
            limit: None,
            cursor: None,
            include_raw: false,
        };
        let found = host.run(|| Zoho::list_transactions(query(from, from + 10_000))).unwrap().items;
        assert_eq!(found, [made]);
        assert_eq!(wire(&host, 2), (Method::Get, path(kind, &format!("{{contacts}}/{id}/Deals"))));
        assert!(host.run(|| Zoho::list_transactions(query(from + 6_000, from + 10_000))).unwrap().items.is_empty());
    }
}

#[test]
fn purchases_are_listed_to_the_end() {
    for kind in KINDS {
        let host = organisation(kind);
        let (mut ids, mut cursor) = (BTreeSet::new(), None);
        loop {
            let query = CrmTransactionQuery {
                contact_id: None,
                from: None,
                to: None,
                limit: Some(25),
                cursor,
                include_raw: true,
            };
            let page = host.run(|| Zoho::list_transactions(query)).unwrap();
            for deal in page.items {
                assert!(deal.contact_id.is_some() && deal.items_text.is_some() && deal.external_id.is_some());
                assert!(deal.raw.is_some() && !deal.amount.is_negative() && !deal.amount.is_zero());
                assert!(ids.insert(deal.id));
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(ids.len(), 60);
    }
}

#[test]
fn notes_campaigns_and_segments() {
    for kind in KINDS {
        let host = organisation(kind);
        let ids = known(&host);
        let new = NewNote {
            contact_id: ids[2].clone(),
            title: Some("Allergie".into()),
            text: "noix & sésame".into(),
            idempotency_key: None,
            include_raw: false,
        };
        let made = host.run(|| Zoho::create_note(new)).unwrap();
        assert_eq!(wire(&host, 1), (Method::Post, path(kind, "Notes")));
        let parent = if kind.1 == "v8" {
            format!(r#""Parent_Id":{{"module":{{"api_name":"Contacts"}},"id":"{}"}}"#, ids[2])
        } else {
            format!(r#""Parent_Id":"{}","se_module":"Contacts""#, ids[2])
        };
        assert!(body(&host, 1).contains(&parent), "{}", body(&host, 1));
        let query = |id: &String| NoteQuery { contact_id: id.clone(), limit: None, cursor: None, include_raw: false };
        assert_eq!(host.run(|| Zoho::list_notes(query(&ids[2]))).unwrap().items, [made]);
        assert_eq!(host.run(|| Zoho::list_notes(query(&ids[0]))).unwrap().items[0].title.as_deref(), Some("Table"));
        assert!(host.run(|| Zoho::list_notes(query(&ids[1]))).unwrap().items.is_empty());

        let campaign = NewCampaign {
            name: "Fête des mères".into(),
            kind: Some("Email".into()),
            description: Some("Menu du 25 mai".into()),
            starts_on: Some(time::parse_date("2025-05-01").unwrap()),
            ends_on: Some(time::parse_date("2025-05-25").unwrap()),
            idempotency_key: None,
            include_raw: true,
        };
        let made = host.run(|| Zoho::create_campaign(campaign)).unwrap();
        assert!(made.raw.is_some() && made.name == "Fête des mères");
        assert_eq!(
            body(&host, host.requests().len() - 1),
            r#"{"data":[{"Campaign_Name":"Fête des mères","Type":"Email","Description":"Menu du 25 mai","Start_Date":"2025-05-01","End_Date":"2025-05-25"}]}"#
        );

        let first = host.run(|| Zoho::list_segments(list(Some(3), None))).unwrap();
        let rest = host.run(|| Zoho::list_segments(list(Some(3), first.next.clone()))).unwrap();
        assert_eq!((first.items.len(), rest.items.len(), rest.next), (3, 1, None));
        assert_eq!(first.items[0].name, "Habitué");
    }
}

#[test]
fn a_wrong_word_before_the_token_and_spent_credits() {
    let router = moulin_vendors::Zoho::router(World::new(Options::default()), ZohoOptions::default());
    let vendor = InProcess::new(router).header("authorization", "Bearer demo-zoho-token");
    let bearer = Host::new("seed").vendor(move |request| vendor.answer(request));
    assert!(
        matches!(bearer.run(Zoho::check), Err(Error::Authentication(error)) if error.code.as_deref() == Some("INVALID_TOKEN"))
    );
    let limits = Limits { credits: 1, enforced: true };
    let host = organisation_with(("seed", "v2"), ZohoOptions { limits, ..ZohoOptions::default() });
    host.run(Zoho::check).unwrap();
    assert!(matches!(host.run(Zoho::check), Err(Error::RateLimit(error)) if error.retry_after_ms == Some(3_600_000)));
    // The vendor knows no `contacts`.
    let strict = ZohoOptions { seed_paths: false, ..ZohoOptions::default() };
    assert!(matches!(organisation_with(("seed", "v2"), strict).run(Zoho::check), Err(Error::Validation(_))));
}
