//! Credentials under the requests that carry them: looked up on every attempt, used only once kept, replaced after 401.

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt as _;
use http::Method;

use super::super::*;
use super::kit::{Account, Reply, Vendor};
use crate::egress::{
    Budget, Egress, EgressError, EgressSettings, Grants, LimitKind, Outgoing, RateLimit, Request, Response, Transport,
};

type Api = Box<dyn Fn(usize, &str) -> u16 + Send + Sync>;

/// A vendor with an API beside its token endpoint. It looks into the vault at every request to the API: what is used
/// there must have been kept before.
struct World {
    tokens: Arc<Vendor>,
    vault: Vault,
    /// Status by the number of the request, from 0, and its access token.
    api: Api,
    used: Mutex<Vec<String>>,
}

impl Transport for World {
    fn exchange<'a>(&'a self, request: Outgoing, _: &'a Budget) -> BoxFuture<'a, Result<Response, EgressError>> {
        async move {
            if request.url.path() == "/oauth/token" {
                let body = request.body.unwrap_or_default().to_vec();
                let request = http::Request::post(request.url.as_str()).body(body).unwrap();
                let answer = self.tokens.send(request).await.unwrap();
                let (status, body) = (answer.status().as_u16(), answer.into_body().into());
                return Ok(Response { status, headers: Vec::new(), body });
            }
            let token = request.headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
            let record = self.vault.get(Space::Grants, "till").await.unwrap().unwrap();
            let kept = Grant::from_bytes(record.value()).unwrap();
            let known = self.used.lock().unwrap().contains(&token) || token == "access-0";
            assert!(known || kept.access.expose() == token, "{token} was used before it was kept");
            let n = {
                let mut used = self.used.lock().unwrap();
                used.push(token.clone());
                used.len() - 1
            };
            Ok(Response { status: (self.api)(n, &token), headers: Vec::new(), body: bytes::Bytes::new() })
        }
        .boxed()
    }
}

struct Setup {
    egress: Egress,
    world: Arc<World>,
    account: Account,
}

impl Setup {
    /// A connected account, at an API that answers so.
    async fn new(
        tokens: Arc<Vendor>,
        limits: Vec<RateLimit>,
        api: impl Fn(usize, &str) -> u16 + Send + Sync + 'static,
    ) -> Self {
        let account = Account::at(&tokens);
        account.connected().await;
        let world = World { tokens, vault: account.vault(), api: Box::new(api), used: Mutex::default() };
        let world = Arc::new(world);
        let base_url: Url = "https://login.example".parse().unwrap();
        let mut grants = Grants::default();
        grants.grant_url(&base_url).unwrap();
        let settings = EgressSettings {
            owner: Owner { connection: "till".to_owned(), vault: account.vault() },
            base_url,
            grants,
            credentials: Scheme::AuthorizationCode(Box::new(account.consent.clone())),
            attempt_timeout: Duration::from_secs(10),
            max_concurrency: 50,
            limits,
            signals: Vec::new(),
            user_agent: "moulin".to_owned(),
            scrubber: Scrubber::default(),
        };
        Self { egress: Egress::with_transport(settings, world.clone()).unwrap(), world, account }
    }

    async fn get(&self) -> Result<u16, EgressError> {
        let budget = Budget::new(tokio::time::Instant::now() + Duration::from_secs(600), 100, 1 << 20);
        self.egress.send(&budget, Request::new(Method::GET, "/whoami")).await.map(|answer| answer.status)
    }

    /// The access tokens that the API saw.
    fn used(&self) -> Vec<String> {
        self.world.used.lock().unwrap().clone()
    }
}

fn strict() -> Arc<Vendor> {
    Vendor::strict(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_token_that_dies_while_a_request_waits_for_the_limiter_is_not_used() {
    // Two requests in eighty minutes: the third waits past the end of the first token.
    let limit = RateLimit {
        name: "all".to_owned(),
        kind: LimitKind::Window { requests: 2, span: Duration::from_secs(80 * 60) },
        all_requests: true,
    };
    let setup = Setup::new(strict(), vec![limit], |_, _| 200).await;
    let budget = Budget::new(tokio::time::Instant::now() + Duration::from_secs(7200), 100, 1 << 20);
    for _ in 0..3 {
        let answer = setup.egress.send(&budget, Request::new(Method::GET, "/whoami")).await.unwrap();
        assert_eq!(answer.status, 200);
    }
    assert_eq!(setup.used(), ["access-0", "access-0", "access-1"]);
}

#[tokio::test(start_paused = true)]
async fn the_new_pair_is_stored_before_its_access_token_is_first_used() {
    let setup = Setup::new(strict(), Vec::new(), |_, _| 200).await;
    for round in 0..3 {
        // The vault is looked at by the API itself.
        let answers = futures::future::join_all((0..50).map(|_| setup.get())).await;
        assert!(answers.iter().all(|answer| *answer.as_ref().unwrap() == 200), "{answers:?}");
        assert_eq!(*setup.used().last().unwrap(), format!("access-{round}"));
        tokio::time::advance(Duration::from_secs(3600)).await;
    }
    assert_eq!((setup.used().len(), setup.account.vendor.requests()), (150, 3));
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_cannot_be_stored_reaches_no_api() {
    let setup = Setup::new(strict(), Vec::new(), |_, _| 200).await;
    tokio::time::advance(Duration::from_secs(3600)).await;
    setup.account.disk.set_full(true);
    let error = setup.get().await.unwrap_err().to_string();
    assert!(error.contains("tokens cannot be kept"), "{error}");
    assert_eq!(setup.used(), [""; 0]);
    setup.account.disk.set_full(false);
    assert_eq!(setup.get().await.unwrap(), 200);
    assert_eq!(setup.account.vendor.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_401_brings_one_refresh_and_one_more_attempt() {
    let setup = Setup::new(strict(), Vec::new(), |_, token| if token == "access-0" { 401 } else { 200 }).await;
    let answers = futures::future::join_all((0..50).map(|_| setup.get())).await;
    assert!(answers.iter().all(|answer| *answer.as_ref().unwrap() == 200), "{answers:?}");
    assert_eq!((setup.used().len(), setup.account.vendor.requests()), (100, 2));
}

#[tokio::test(start_paused = true)]
async fn a_second_401_is_the_answer_and_no_third_attempt_is_made() {
    let setup = Setup::new(strict(), Vec::new(), |_, _| 401).await;
    assert_eq!(setup.get().await.unwrap(), 401);
    assert_eq!(setup.used(), ["access-0", "access-1"]);
    // The token is not what this vendor dislikes: no further one is asked for now.
    assert_eq!(setup.get().await.unwrap(), 401);
    assert_eq!(setup.used(), ["access-0", "access-1", "access-1"]);
    assert_eq!(setup.account.vendor.requests(), 2);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(setup.get().await.unwrap(), 401);
    assert_eq!(setup.account.vendor.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_403_does_not_refresh() {
    let setup = Setup::new(strict(), Vec::new(), |_, _| 403).await;
    assert_eq!(setup.get().await.unwrap(), 403);
    assert_eq!((setup.used().len(), setup.account.vendor.requests()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_401_after_which_the_vendor_refuses_the_refresh_needs_authorisation() {
    let tokens = Vendor::script([Reply::pair("one", "r1"), Reply::error("invalid_grant")]);
    let setup = Setup::new(tokens, Vec::new(), |_, _| 401).await;
    let error = setup.get().await.unwrap_err().to_string();
    assert!(error.contains("no longer accepts the refresh token") && error.contains("moulin connect till"), "{error}");
    assert_eq!((setup.used().len(), setup.account.vendor.requests()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_process_that_is_rejected_too_is_replaced_at_the_next_call() {
    let tokens = strict();
    let setup = Setup::new(tokens, Vec::new(), |_, token| if token == "access-2" { 200 } else { 401 }).await;
    setup.egress.credentials().load().await;
    // Another process replaced the token, and the vendor has withdrawn both.
    let other = setup.account.process();
    let rejected = other.header().await.unwrap().unwrap();
    assert!(other.renew(&rejected).await.unwrap());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(setup.get().await.unwrap(), 401);
    assert_eq!(setup.used(), ["access-0", "access-1"]);
    assert_eq!(setup.account.vendor.requests(), 2);
    assert_eq!(setup.get().await.unwrap(), 200);
    assert_eq!(setup.used(), ["access-0", "access-1", "access-1", "access-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_just_replaced_its_token_takes_the_one_of_another_process() {
    let refused = Arc::new(Mutex::new(vec!["access-0"]));
    let withdrawn = refused.clone();
    let api = move |_: usize, token: &str| if withdrawn.lock().unwrap().contains(&token) { 401 } else { 200 };
    let setup = Setup::new(strict(), Vec::new(), api).await;
    assert_eq!(setup.get().await.unwrap(), 200);
    refused.lock().unwrap().push("access-1");
    let other = setup.account.process();
    let rejected = other.header().await.unwrap().unwrap();
    assert!(other.renew(&rejected).await.unwrap());
    assert_eq!(setup.get().await.unwrap(), 200);
    assert_eq!(setup.used(), ["access-0", "access-1", "access-1", "access-2"]);
    assert_eq!(setup.account.vendor.requests(), 3);
}
