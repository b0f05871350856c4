//! The simulated organisation on the wire: what it answers, and what it refuses as the vendor would.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, encode, send};
use moulin_vendors::{Options, World, Zoho, ZohoOptions};

async fn start(options: ZohoOptions) -> Zoho {
    Zoho::start(World::new(Options::default()), options).await.unwrap()
}

async fn ask(organisation: &Zoho, method: &str, path: &str, body: Option<&str>) -> Answer {
    let headers = [("authorization", "Zoho-oauthtoken demo-zoho-token")];
    send(method, &format!("{}{path}", organisation.url()), &headers, body).await
}

#[tokio::test]
async fn a_search_finds_by_criteria_email_and_word_or_answers_nothing() {
    let organisation = start(ZohoOptions::default()).await;
    for query in [
        "email=CLIENT01%40example.fr".to_owned(),
        format!("criteria={}", encode("(Email:equals:client01@example.fr)")),
        format!("criteria={}", encode("((Email:equals:client01@example.fr)and(Last_Name:starts_with:))")),
    ] {
        let found = ask(&organisation, "GET", &format!("/crm/v2/Contacts/search?{query}"), None).await;
        assert_eq!((found.status, found.header("content-type")), (200, "application/json"));
        assert_eq!(found.json()["info"]["count"].as_u64(), Some(1), "{query}");
    }
    let none = ask(&organisation, "GET", "/crm/v2/Contacts/search?email=nobody%40example.org", None).await;
    assert_eq!((none.status, none.body.len()), (204, 0));
    let contact = &ask(&organisation, "GET", "/crm/v2/contacts?per_page=1", None).await.json()["data"][0];
    assert!(contact["Loyalty_Points"].is_i64() && contact["$approved"] == true);
    assert!(contact["Created_Time"].as_str().unwrap().ends_with("+01:00"), "{contact}");
}

#[tokio::test]
async fn what_the_vendor_refuses_is_refused_in_its_shape() {
    let organisation = start(ZohoOptions { seed_paths: false, ..ZohoOptions::default() }).await;
    let jql = encode("(Email:contains:x)");
    let criteria = format!("/crm/v2/Contacts/search?criteria={jql}");
    for (method, path, body, status, code) in [
        ("GET", "/crm/v2/contacts", None, 400, "INVALID_MODULE"),
        ("GET", "/crm/v1/Contacts", None, 404, "INVALID_URL_PATTERN"),
        ("GET", "/crm/v8/Contacts", None, 400, "REQUIRED_PARAM_MISSING"),
        ("GET", "/crm/v2/Contacts?per_page=201", None, 400, "LIMIT_EXCEEDED"),
        ("GET", "/crm/v2/Contacts?limit=2", None, 400, "EXTRA_PARAM_FOUND"),
        ("GET", "/crm/v2/Contacts/search", None, 400, "REQUIRED_PARAM_MISSING"),
        ("GET", "/crm/v2/Contacts/search?word=x", None, 400, "INVALID_QUERY"),
        ("GET", &criteria, None, 400, "INVALID_QUERY"),
        ("POST", "/crm/v2/Contacts/search", Some("{}"), 400, "INVALID_REQUEST_METHOD"),
        ("POST", "/crm/v2/Contacts", Some(r#"{"Last_Name":"x"}"#), 400, "INVALID_DATA"),
        ("GET", "/crm/v2/settings/tags", None, 400, "REQUIRED_PARAM_MISSING"),
    ] {
        let answer = ask(&organisation, method, path, body).await;
        let error = answer.json();
        assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{method} {path}: {error}");
        assert_eq!(error["status"], "error");
    }
}

#[tokio::test]
async fn a_record_that_is_refused_hides_in_the_answer() {
    let organisation = start(ZohoOptions::default()).await;
    let duplicate = r#"{"data":[{"Last_Name":"x","Email":"Client01@example.fr"}],"duplicate_check_fields":["Email"]}"#;
    for (body, status, code, name) in [
        (duplicate, 202, "DUPLICATE_DATA", "Email"),
        (r#"{"data":[{"First_Name":"x"}]}"#, 400, "MANDATORY_NOT_FOUND", "Last_Name"),
        (r#"{"data":[{"Last_Name":"x","Account_Name":"text"}]}"#, 200, "INVALID_DATA", "Account_Name"),
        (r#"{"data":[{"Last_Name":"x","Loyalty_Points":"3"}]}"#, 200, "INVALID_DATA", "Loyalty_Points"),
    ] {
        let answer = ask(&organisation, "POST", "/crm/v2/Contacts", Some(body)).await;
        let verdict = &answer.json()["data"][0];
        assert_eq!((answer.status, verdict["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!((verdict["status"].as_str(), verdict["details"]["api_name"].as_str()), (Some("error"), Some(name)));
    }
    let mixed = r#"{"data":[{"Last_Name":"x"},{"First_Name":"y"}]}"#;
    let verdicts = ask(&organisation, "POST", "/crm/v2/Contacts", Some(mixed)).await.json();
    assert_eq!(
        (verdicts["data"][0]["code"].as_str(), verdicts["data"].as_array().unwrap().len()),
        (Some("SUCCESS"), 2)
    );
    let accounts = r#"{"data":[{"Account_Name":"Atelier Bastille SARL"}],"duplicate_check_fields":["Account_Name"]}"#;
    let upserted = ask(&organisation, "POST", "/crm/v2/Accounts/upsert", Some(accounts)).await.json();
    assert_eq!(upserted["data"][0]["action"], "update");
}

#[tokio::test]
async fn tokens_open_what_their_scopes_allow() {
    let organisation = start(ZohoOptions::default()).await;
    let grant = organisation.authority().grant_now(["ZohoCRM.modules.contacts.ALL"]);
    let token = grant["access_token"].as_str().unwrap().to_owned();
    let with = |word: &str, path: &str| {
        let (url, value) = (format!("{}{path}", organisation.url()), format!("{word} {token}"));
        async move {
            let answer = send("GET", &url, &[("authorization", &value)], None).await;
            (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
        }
    };
    assert_eq!(with("Zoho-oauthtoken", "/crm/v2/Contacts").await.0, 200);
    let mismatch = (401, "OAUTH_SCOPE_MISMATCH".to_owned());
    assert_eq!(with("Zoho-oauthtoken", "/crm/v2/Contacts/search?word=client").await, mismatch);
    assert_eq!(with("Zoho-oauthtoken", "/crm/v2/Deals").await, mismatch);
    assert_eq!(with("Zoho-oauthtoken", "/crm/v2/settings/tags?module=Contacts").await, mismatch);
    assert_eq!(with("Bearer", "/crm/v2/Contacts").await, (401, "INVALID_TOKEN".to_owned()));
    assert_eq!(grant["api_domain"], organisation.url());
}

#[tokio::test]
async fn a_reward_changes_the_points_where_a_workflow_does() {
    let reward =
        |id: &str| format!(r#"{{"data":[{{"Name":"r1","Contact_ID":"{id}","Points":7,"Transaction_Type":"EARN"}}]}}"#);
    for (workflow, gained) in [(true, 7), (false, 0)] {
        let organisation = start(ZohoOptions { rewards_workflow: workflow, ..ZohoOptions::default() }).await;
        let first = ask(&organisation, "GET", "/crm/v2/Contacts?per_page=1", None).await.json()["data"][0].clone();
        let (id, before) = (first["id"].as_str().unwrap(), first["Loyalty_Points"].as_i64().unwrap());
        assert_eq!(ask(&organisation, "POST", "/crm/v2/Rewards", Some(&reward(id))).await.status, 201);
        let after = ask(&organisation, "GET", &format!("/crm/v2/Contacts/{id}"), None).await.json();
        assert_eq!(after["data"][0]["Loyalty_Points"].as_i64(), Some(before + gained));
        assert_eq!(ask(&organisation, "POST", "/crm/v2/Rewards", Some(&reward(id))).await.status, 202, "the same name");
        organisation.reset();
        let again = ask(&organisation, "GET", &format!("/crm/v2/Contacts/{id}"), None).await.json();
        assert_eq!(again["data"][0]["Loyalty_Points"].as_i64(), Some(before));
    }
}
