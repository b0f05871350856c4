//! Name resolution that hands out only addresses that may be dialled.
//!
//! The HTTP client dials exactly what this resolver returns, so the address that was checked is the address that is
//! used: a name that changes its meaning between check and use (DNS rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::address::AddressPolicy;

/// Where names are looked up.
pub(super) trait Lookup: Send + Sync + 'static {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver, so that its hosts file and search rules hold.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        }
        .boxed()
    }
}

/// No address of a name may be dialled.
#[derive(Debug, Error)]
#[error("{name} resolves to {address}, which is {kind}; if it is meant to, let the connection use private addresses")]
pub(super) struct AddressRefused {
    name: String,
    address: IpAddr,
    kind: &'static str,
}

pub(super) struct CheckedResolver {
    policy: AddressPolicy,
    lookup: Arc<dyn Lookup>,
}

impl CheckedResolver {
    pub(super) fn new(policy: AddressPolicy, lookup: Arc<dyn Lookup>) -> Self {
        Self { policy, lookup }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        let name = name.as_str().to_owned();
        let lookup = self.lookup.lookup(name.clone());
        async move {
            let mut allowed = Vec::new();
            let mut refused = None;
            for address in lookup.await? {
                match policy.refusal(&name, address) {
                    // The client fills in the port.
                    None => allowed.push(SocketAddr::new(address, 0)),
                    Some(kind) => refused = Some(AddressRefused { name: name.clone(), address, kind }),
                }
            }
            match refused {
                Some(refused) if allowed.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        }
        .boxed()
    }
}
