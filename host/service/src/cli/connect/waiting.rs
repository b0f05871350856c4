//! A link that somebody opened, until the vendor's answer to it comes.

use std::sync::Arc;

use moulin_host::Host;
use moulin_host::auth::{Callback, ConnectError};
use tokio::sync::mpsc;
use url::Url;
use url::form_urlencoded::parse;

use crate::pages::{self, Again, Failed, Language, Page};

/// What an answer is checked against. Clones are the same link.
#[derive(Clone)]
pub(super) struct Waiting(Arc<Link>);

struct Link {
    host: Host,
    connection: String,
    vendor: Option<String>,
    state: String,
    done: mpsc::UnboundedSender<Result<(), ConnectError>>,
}

impl Waiting {
    /// Waits for the answer to this authorisation URL. What became of it is received once.
    pub(super) fn new(
        host: Host,
        connection: String,
        vendor: Option<String>,
        url: &Url,
    ) -> (Self, mpsc::UnboundedReceiver<Result<(), ConnectError>>) {
        let (done, receiver) = mpsc::unbounded_channel();
        let state = url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
        let state = state.unwrap_or_default();
        (Self(Arc::new(Link { host, connection, vendor, state, done })), receiver)
    }

    /// A browser came with this query.
    pub(super) async fn answered(&self, query: &str, language: Language) -> Page {
        let link = &self.0;
        match self.complete(query).await {
            Ok(()) => {
                let vendor = link.vendor.as_deref().unwrap_or(&link.connection);
                let page = pages::connected(language, &link.connection, vendor, true);
                // Whoever waited is gone only when the command ends.
                let _ = link.done.send(Ok(()));
                page
            }
            Err(error) => {
                let again = if error.connection().is_some() { Again::Command } else { Again::Unknown };
                let page = pages::failed(language, &Failed { error: &error, vendor: link.vendor.as_deref(), again });
                // Any program of this machine can come with a wrong address, and a browser twice with the right one:
                // neither decides.
                let decides = !super::is_none_of_ours(&error) && !matches!(error, ConnectError::UsedState { .. });
                if decides {
                    let _ = link.done.send(Err(error));
                }
                page
            }
        }
    }

    /// A person pasted this line.
    pub(super) async fn pasted(&self, line: &str) -> Result<(), ConnectError> {
        let url = Url::parse(line.trim()).map_err(|_| ConnectError::NoState)?;
        self.complete(url.query().unwrap_or_default()).await
    }

    async fn complete(&self, query: &str) -> Result<(), ConnectError> {
        let link = self.0.clone();
        let state = parse(query.as_bytes()).find(|(name, _)| name == "state");
        match state {
            None => return Err(ConnectError::NoState),
            // Others' links are none of our business, even where the vault knows them.
            Some((_, state)) if link.state.is_empty() || *state != *link.state => {
                return Err(ConnectError::UnknownState);
            }
            Some(_) => {}
        }
        let callback = Callback::new(parse(query.as_bytes()).into_owned());
        // In a task of its own: a browser that hangs up does not leave the exchange half done.
        let complete = async move { link.host.complete_authorisation(&callback, None).await };
        match tokio::spawn(complete).await {
            Ok(completed) => completed.map(drop),
            Err(error) => Err(ConnectError::Unavailable(error.to_string())),
        }
    }
}
