//! Behaviour of the whole pipeline, against a server on 127.0.0.1 or, where time plays a part, a scripted transport.

mod answers;
mod credentials;
mod redirects;
mod refusals;
mod server;
mod timing;

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::Method;
use tokio::time::Instant;

use super::resolve::Lookup;
use super::*;
use crate::auth::Scheme;
use crate::telemetry::scrub::Scrubber;
use server::Server;

/// Settings of a connection to `base`, which the operator grants.
fn settings(base: &str) -> EgressSettings {
    let mut grants = Grants::default();
    let base_url: url::Url = base.parse().unwrap();
    grants.grant_url(&base_url).unwrap();
    EgressSettings {
        owner: crate::auth::tests::owner("till"),
        base_url,
        grants,
        credentials: Scheme::ApiKey { header: "X-API-KEY".to_owned(), prefix: None, key: "canary-key-1".into() },
        attempt_timeout: Duration::from_secs(10),
        max_concurrency: 8,
        limits: Vec::new(),
        signals: Vec::new(),
        user_agent: "moulin/0.1".to_owned(),
        scrubber: Scrubber::default(),
    }
}

fn budget() -> Budget {
    Budget::new(Instant::now() + Duration::from_secs(30), 100, 1 << 20)
}

fn get(target: &str) -> Request {
    Request::new(Method::GET, target)
}

/// Every name stands for these addresses.
struct Names(Vec<IpAddr>);

impl Lookup for Names {
    fn lookup(&self, _name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let addresses = self.0.clone();
        async move { Ok(addresses) }.boxed()
    }
}

/// No name is known.
struct NoNames;

impl Lookup for NoNames {
    fn lookup(&self, _name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async { Err(io::Error::other("no such name")) }.boxed()
    }
}
