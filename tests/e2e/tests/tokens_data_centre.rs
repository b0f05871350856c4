//! A vendor with several data centres (Zoho) that says after consent in which one an account is: tokens come from there,
//! the API is there, as far as the operator granted it. Everything by the adapter's own URLs, without a network.

mod accounts;

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use moulin_e2e::Folder;
use moulin_host::auth::Callback;
use moulin_host::egress::{Budget, EgressError, Outgoing, Response, Transport};
use moulin_host::{Host, config};

use accounts::{CLIENT, NAME, check, link};

/// The vendor's American data centre. It remembers what it was sent.
#[derive(Clone, Default)]
struct America(Arc<Mutex<Vec<String>>>);

impl Transport for America {
    fn exchange<'a>(&'a self, request: Outgoing, _: &'a Budget) -> BoxFuture<'a, Result<Response, EgressError>> {
        self.0.lock().unwrap().push(format!("{} {}", request.method, request.url));
        let body = match request.url.as_str() {
            "https://accounts.zoho.com/oauth/v2/token" => {
                r#"{"access_token":"1000.a","refresh_token":"1000.r","api_domain":"https://www.zohoapis.com","expires_in":3600}"#
            }
            "https://www.zohoapis.com/whoami" => "{}",
            other => panic!("nothing is at {other}"),
        };
        let response = Response { status: 200, headers: Vec::new(), body: Bytes::from_static(body.as_bytes()) };
        async { Ok(response) }.boxed()
    }
}

async fn host(folder: &Folder, grants: &str, america: &America) -> Host {
    let text = format!(
        "[host]\nadapters = {:?}\ndata = {:?}\nwatch = false\n\n[connections.{NAME}]\nadapter = \"accounts\"\n\
         flavor = \"zoho\"\ngrants = [{grants}]\nauth = {{ method = \"oauth2_authorization_code\", {CLIENT} }}\n",
        folder.adapters(),
        folder.path().join("data"),
    );
    Host::builder(config::parse(&text).unwrap()).transport(Arc::new(america.clone())).start().await.unwrap()
}

/// A person consents and is sent back from America.
async fn come_back(host: &Host) -> Result<String, String> {
    let link = link(host).await;
    assert!(link.url.as_str().starts_with("https://accounts.zoho.eu/oauth/v2/auth?"), "{}", link.url);
    let state = link.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let parameters = [
        ("state", state.as_str()),
        ("code", "1000.c"),
        ("location", "us"),
        ("accounts-server", "https://accounts.zoho.com"),
    ];
    let callback = Callback::new(parameters.map(|(name, value)| (name.to_owned(), value.to_owned())));
    host.complete_authorisation(&callback, None).await.map_err(|error| error.to_string())
}

const BOTH: &str = "\"https://accounts.zoho.com\", \"https://www.zohoapis.com\"";

#[tokio::test]
async fn an_account_in_another_data_centre_works_there_and_after_a_restart() {
    let (folder, america) = (Folder::with(&["test/accounts"]), America::default());
    let first = host(&folder, BOTH, &america).await;
    come_back(&first).await.unwrap();
    assert_eq!(check(&first).await.unwrap().as_deref(), Some("us"));
    drop(first);
    let second = host(&folder, BOTH, &america).await;
    assert_eq!(check(&second).await.unwrap().as_deref(), Some("us"));
    let api = "GET https://www.zohoapis.com/whoami";
    assert_eq!(*america.0.lock().unwrap(), ["POST https://accounts.zoho.com/oauth/v2/token", api, api]);
    // The person begins at the same place as ever.
    come_back(&second).await.unwrap();
}

#[tokio::test]
async fn a_data_centre_that_is_not_granted_gets_nothing_and_the_error_says_what_to_add() {
    let (folder, america) = (Folder::with(&["test/accounts"]), America::default());
    let host = host(&folder, "", &america).await;
    let text = come_back(&host).await.unwrap_err();
    assert!(
        text.contains("https://accounts.zoho.com is not granted") && text.contains("grant it if that is"),
        "{text}"
    );
    assert!(america.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_api_that_is_not_granted_gets_nothing_and_the_error_says_what_to_add() {
    let (folder, america) = (Folder::with(&["test/accounts"]), America::default());
    let host = host(&folder, "\"https://accounts.zoho.com\"", &america).await;
    come_back(&host).await.unwrap();
    let text = check(&host).await.unwrap_err();
    assert!(text.contains("base URL is at https://www.zohoapis.com; if that is right, add it to grants"), "{text}");
    assert_eq!(america.0.lock().unwrap().len(), 1);
}
