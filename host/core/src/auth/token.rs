//! One access token, renewed in time, by one request however many wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use http::header::AUTHORIZATION;
use tokio::time::Instant;

use super::{AuthError, Credential, Secret, header_value};

/// After an early renewal failed, the token that is still good is used this long before the next try.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// A token as its source delivers it.
pub(super) struct Fetched {
    pub(super) access: Secret,
    /// How long it is good from now on.
    pub(super) lifetime: Duration,
}

/// Where tokens come from.
pub(super) trait TokenSource: Send + Sync + 'static {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, AuthError>>;
}

/// A token in use.
pub(super) struct Token {
    credential: Credential,
    /// From here on it is renewed before use.
    renew_at: Instant,
    expires_at: Instant,
}

impl Token {
    pub(super) fn credential(&self) -> Credential {
        self.credential.clone()
    }
}

type Flight = Shared<BoxFuture<'static, Result<Arc<Token>, AuthError>>>;

/// Holds the token of one connection. Only its own task writes to it, and only on success.
pub(super) struct TokenManager {
    shared: Arc<Manager>,
}

struct Manager {
    prefix: String,
    source: Arc<dyn TokenSource>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    flight: Option<Flight>,
    generation: u64,
    /// No early renewal before this.
    pause_until: Option<Instant>,
}

impl TokenManager {
    pub(super) fn new(prefix: String, source: Arc<dyn TokenSource>) -> Self {
        Self { shared: Arc::new(Manager { prefix, source, state: Mutex::default() }) }
    }

    /// A token that is not about to expire.
    pub(super) async fn current(&self) -> Result<Arc<Token>, AuthError> {
        let now = Instant::now();
        let (flight, fallback) = {
            let mut state = self.shared.lock();
            let fallback = state.token.clone().filter(|token| now < token.expires_at);
            let paused = state.pause_until.is_some_and(|until| now < until);
            if let Some(token) = &fallback
                && state.flight.is_none()
                && (now < token.renew_at || paused)
            {
                return Ok(token.clone());
            }
            (self.shared.flight(&mut state), fallback)
        };
        match (flight.await, fallback) {
            (Err(error), Some(token)) if Instant::now() < token.expires_at => {
                tracing::warn!(%error, "the access token could not be renewed early; the present one is still good");
                Ok(token)
            }
            (result, _) => result,
        }
    }

    /// Replaces a token that the vendor rejected, unless that has been done already.
    pub(super) async fn renew(&self, rejected: u64) -> Result<bool, AuthError> {
        let flight = {
            let mut state = self.shared.lock();
            match &state.token {
                Some(token) if token.credential.generation != rejected && state.flight.is_none() => {
                    return Ok(true);
                }
                _ => self.shared.flight(&mut state),
            }
        };
        flight.await.map(|token| token.credential.generation != rejected)
    }
}

impl Manager {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token request under way, or a new one. It runs as a task of its own: a caller who gives up must not stop it
    /// for the others, and an answer that replaces a refresh token must not be lost.
    fn flight(self: &Arc<Self>, state: &mut State) -> Flight {
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        let manager = self.clone();
        let task = tokio::spawn(async move {
            let result = manager.source.fetch().await;
            manager.land(result)
        });
        let manager = self.clone();
        let flight = async move {
            match task.await {
                Ok(result) => result,
                Err(_) => {
                    // The task panicked or the runtime is going down. Let the next caller try again.
                    manager.lock().flight = None;
                    Err(AuthError::Unreachable { reason: "the token request was broken off".to_owned() })
                }
            }
        }
        .boxed()
        .shared();
        state.flight = Some(flight.clone());
        flight
    }

    fn land(&self, result: Result<Fetched, AuthError>) -> Result<Arc<Token>, AuthError> {
        let now = Instant::now();
        let mut state = self.lock();
        state.flight = None;
        let result = result.and_then(|fetched| {
            let value = header_value("the access token", &self.prefix, &fetched.access)?;
            state.generation += 1;
            let credential = Credential { name: AUTHORIZATION, value, generation: state.generation };
            let expires_at = now + fetched.lifetime;
            let renew_at = expires_at - margin(fetched.lifetime);
            Ok(Arc::new(Token { credential, renew_at, expires_at }))
        });
        match &result {
            Ok(token) => {
                state.token = Some(token.clone());
                state.pause_until = None;
            }
            Err(_) => state.pause_until = Some(now + PAUSE_AFTER_FAILURE),
        }
        result
    }
}

/// How long before its end a token is renewed: a tenth of its life, at least a minute so that it survives a slow
/// request, at most a quarter of an hour, and never more than half the life of a very short one.
fn margin(lifetime: Duration) -> Duration {
    let tenth = (lifetime / 10).min(Duration::from_secs(15 * 60));
    tenth.max(Duration::from_secs(60)).min(lifetime / 2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::margin;
    use std::time::Duration;

    #[test]
    fn the_margin_suits_the_life() {
        let seconds = |life| margin(Duration::from_secs(life)).as_secs();
        assert_eq!(seconds(14 * 24 * 3600), 900);
        assert_eq!(seconds(3600), 360);
        assert_eq!(seconds(300), 60);
        assert_eq!(seconds(60), 30);
    }
}
