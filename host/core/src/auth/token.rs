//! One access token of a connection: renewed in time, by one request however many wait for it in however many
//! processes, kept durably before it is used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tokio::time::Instant;

use super::grant::{self, Grant, Lost};
use super::source::Source;
use super::state::{AccountState, AccountStatus};
use super::{AuthError, Credential, clock};
use crate::model;
use crate::telemetry::scrub::Scrubber;
use crate::vault::{Record, Space, Vault};

/// After a failure a token that is still good is used this long before the next try, and a refusal is not provoked
/// again: vendors lock clients out that keep asking (Zoho allows ten tokens in ten minutes).
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// A token that replaced a rejected one and is rejected itself within this time is not replaced again: it is not the
/// token that the vendor dislikes.
const PAUSE_AFTER_REJECTION: Duration = Duration::from_secs(60);

/// A refresh token is used at least this often even where it would live longer unused (Square asks for seven days).
const LONGEST_IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// A token in use.
pub(super) struct Token {
    credential: Credential,
    renew_at: SystemTime,
    expires_at: SystemTime,
    obtained_at: SystemTime,
    connected_at_ms: Option<i64>,
}

impl Token {
    pub(super) fn credential(&self) -> Credential {
        self.credential.clone()
    }
}

type Flight = Shared<BoxFuture<'static, Result<Arc<Token>, AuthError>>>;

/// Whose token it is and where it is kept.
pub(super) struct Account {
    /// The connection, which is also the record's name.
    pub(super) connection: String,
    pub(super) vault: Vault,
    /// See [`Grant::made_for`].
    pub(super) made_for: String,
    /// A refresh token that is not used for this long dies.
    pub(super) idle_lifetime: Option<Duration>,
}

/// Holds the token of one connection. Only its own task writes to it, and only on success.
pub(super) struct TokenManager {
    shared: Arc<Manager>,
}

struct Manager {
    account: Account,
    source: Source,
    scrubber: Scrubber,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    flight: Option<Flight>,
    /// Why there is none, once that is known; logged when it comes and when it goes.
    trouble: Option<(AccountState, String)>,
    /// Nothing is asked for before this; what was answered last.
    pause: Option<(Instant, AuthError)>,
    /// When a token was last replaced because the vendor rejected it.
    replaced_at: Option<Instant>,
    /// Received and not yet kept, because the vault failed: not used, and not thrown away.
    unsaved: Option<Grant>,
}

impl TokenManager {
    pub(super) fn new(account: Account, source: Source, scrubber: Scrubber) -> Self {
        Self { shared: Arc::new(Manager { account, source, scrubber, state: Mutex::default() }) }
    }

    /// A token that is not about to expire.
    pub(super) async fn current(&self) -> Result<Arc<Token>, AuthError> {
        let now = clock::now();
        let (flight, fallback) = {
            let mut state = self.shared.lock();
            let good = state.token.clone().filter(|token| now < token.expires_at);
            let pause = state.pause.clone().filter(|(until, _)| Instant::now() < *until);
            match (good, state.flight.is_some(), pause) {
                (Some(token), false, pause) if now < token.renew_at || pause.is_some() => return Ok(token),
                (None, false, Some((_, error))) if error.is_final() => return Err(error),
                (good, ..) => (self.shared.flight(&mut state, None), good),
            }
        };
        match (flight.await, fallback) {
            (Err(error), Some(token)) if clock::now() < token.expires_at => {
                tracing::warn!(
                    connection = self.shared.account.connection, %error,
                    "the access token could not be renewed early; the present one is still good"
                );
                Ok(token)
            }
            (result, _) => result,
        }
    }

    /// Replaces a token that the vendor rejected, unless that has been done already. False if there is no better one.
    pub(super) async fn renew(&self, rejected: u64) -> Result<bool, AuthError> {
        // As times are stored.
        let began = clock::from_millis(clock::to_millis(clock::now()));
        // The request under way may have begun before the rejection, and bring the rejected token itself.
        for _ in 0..2 {
            let flight = {
                let mut state = self.shared.lock();
                let known = state.token.as_ref().map(|token| token.credential.generation);
                match known {
                    Some(known) if known != rejected && state.flight.is_none() => return Ok(true),
                    _ if state.replaced_at.is_some_and(|at| at.elapsed() < PAUSE_AFTER_REJECTION) => None,
                    _ => Some(self.shared.flight(&mut state, Some(rejected))),
                }
            };
            let Some(flight) = flight else {
                // Not from the vendor again so soon; but another process may have another one by now.
                self.load().await;
                let state = self.shared.lock();
                return Ok(state.token.as_ref().is_some_and(|token| token.credential.generation != rejected));
            };
            let token = flight.await?;
            if token.credential.generation != rejected {
                // One that another process left is no proof that the vendor dislikes new ones.
                if token.obtained_at >= began {
                    self.shared.lock().replaced_at = Some(Instant::now());
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads what the vault has: at the start, and after another process changed it. Asks no vendor.
    pub(super) async fn load(&self) {
        let manager = &self.shared;
        match manager.stored().await {
            Ok(stored) => {
                let mut state = manager.lock();
                match stored {
                    Some((_, grant)) if grant.made_for == manager.account.made_for && grant.lost.is_none() => {
                        let known = state.token.as_ref().map_or(0, |token| token.credential.generation);
                        if (grant.generation > known || state.trouble.is_some())
                            && let Ok(token) = manager.token(&grant)
                        {
                            state.token = Some(token);
                            state.pause = None;
                            manager.settle(&mut state, Ok(()));
                        }
                    }
                    stored => {
                        if let Err(error) = manager.usable(stored.as_ref().map(|(_, grant)| grant)) {
                            // How it was found at the start is the host's to say; a loss is said here.
                            if state.token.take().is_some() {
                                manager.settle(&mut state, Err(&error));
                            } else {
                                state.trouble = Some((AccountState::NeedsAuthorisation, error.to_string()));
                            }
                        }
                    }
                }
            }
            Err(error) if manager.source.is_interactive() => manager.settle(&mut manager.lock(), Err(&error)),
            Err(_) => {}
        }
    }

    /// Uses a refresh token that would die unused.
    pub(super) async fn keep_alive(&self) -> Result<(), AuthError> {
        let Some(idle) = self.shared.account.idle_lifetime else { return Ok(()) };
        let due = (idle / 3).min(LONGEST_IDLE);
        let flight = {
            let mut state = self.shared.lock();
            let Some(token) = &state.token else { return Ok(()) };
            if clock::now().duration_since(token.obtained_at).unwrap_or_default() < due {
                return Ok(());
            }
            let generation = token.credential.generation;
            self.shared.flight(&mut state, Some(generation))
        };
        flight.await.map(drop)
    }

    pub(super) fn status(&self) -> AccountStatus {
        let state = self.shared.lock();
        let token = state.token.as_ref();
        let (word, reason) = match &state.trouble {
            Some((word, reason)) => (*word, Some(reason.clone())),
            None if state.flight.is_some() => (AccountState::Refreshing, None),
            None if token.is_none() && self.shared.source.is_interactive() => {
                let error = self.shared.usable(None).err();
                (AccountState::NeedsAuthorisation, error.map(|error| error.to_string()))
            }
            None => (AccountState::Connected, None),
        };
        AccountStatus {
            state: word,
            reason,
            token_expires_at: token.map(|token| model::Instant::from_millis(clock::to_millis(token.expires_at))),
            connected_at: token.and_then(|token| token.connected_at_ms).map(model::Instant::from_millis),
        }
    }
}

impl Manager {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token request under way, or a new one. It runs as a task of its own: a caller who gives up must not stop it
    /// for the others, and an answer that replaces a refresh token must not be lost.
    fn flight(self: &Arc<Self>, state: &mut State, rejected: Option<u64>) -> Flight {
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        let manager = self.clone();
        let task = tokio::spawn(async move {
            let result = manager.obtain(rejected).await;
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

    fn land(&self, result: Result<Grant, AuthError>) -> Result<Arc<Token>, AuthError> {
        let result = result.and_then(|grant| self.token(&grant));
        let mut state = self.lock();
        state.flight = None;
        match &result {
            Ok(token) => {
                state.token = Some(token.clone());
                state.pause = None;
                self.settle(&mut state, Ok(()));
            }
            Err(error) => {
                state.pause = Some((Instant::now() + PAUSE_AFTER_FAILURE, error.clone()));
                self.settle(&mut state, Err(error));
            }
        }
        result
    }

    /// A usable token, from the vault or the vendor. One process at a time: a second one finds the first one's token.
    async fn obtain(&self, rejected: Option<u64>) -> Result<Grant, AuthError> {
        let Account { connection, vault, made_for, .. } = &self.account;
        let interactive = self.source.is_interactive();
        let vault_failed = |error: &dyn std::fmt::Display| AuthError::Vault { reason: error.to_string() };
        let _lock = match grant::lock(vault, connection).await {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => return Err(AuthError::Busy),
            Err(error) if interactive => return Err(vault_failed(&error)),
            Err(_) => None,
        };
        let floor =
            self.lock().token.as_ref().map_or(0, |token| token.credential.generation).max(rejected.unwrap_or(0));
        let mut stored = match self.stored().await {
            Ok(stored) => stored,
            Err(error) if interactive => return Err(error),
            // A token that needs no person is had without the vault too; it is just not shared and not kept.
            Err(error) => {
                tracing::warn!(connection, %error, "the access token is not kept");
                let fresh = self.source.fetch(None).await?;
                return Ok(Grant::new(made_for.clone(), fresh, None).after(floor));
            }
        };
        let unsaved = self.lock().unsaved.clone();
        if let Some(unsaved) = unsaved {
            // The vendor's last word, which could not be written then. While it still cannot, it stays.
            if stored.as_ref().is_none_or(|(_, grant)| grant.generation < unsaved.generation) {
                stored = match self.keep(stored.as_ref().map(|(record, _)| record), &unsaved).await? {
                    Some(record) => Some((record, unsaved)),
                    None => self.stored().await?,
                };
            }
            self.lock().unsaved = None;
        }
        // Twice at most: once more with a refresh token that somebody else has put there meanwhile.
        let mut last = None;
        for _ in 0..2 {
            let grant = stored.as_ref().map(|(_, grant)| grant).filter(|grant| grant.made_for == *made_for);
            if let Some(grant) = grant.filter(|grant| grant.lost.is_none())
                && rejected != Some(grant.generation)
                && clock::now() < grant.renew_at()
            {
                return Ok(grant.clone());
            }
            self.usable(stored.as_ref().map(|(_, grant)| grant))?;
            let refresh = grant.and_then(|grant| grant.refresh.clone());
            match self.source.fetch(refresh.as_ref()).await {
                Ok(fresh) => {
                    let before = stored.as_ref().map(|(_, grant)| grant);
                    let new = Grant::new(made_for.clone(), fresh, before).after(floor);
                    match self.keep(stored.as_ref().map(|(record, _)| record), &new).await {
                        Ok(Some(_)) => return Ok(new),
                        // Somebody connected the account anew while we asked: theirs is the younger grant.
                        Ok(None) => stored = self.stored().await?,
                        Err(error) if interactive => {
                            self.lock().unsaved = Some(new);
                            return Err(error);
                        }
                        Err(error) => {
                            tracing::warn!(connection, %error, "the access token is not kept");
                            return Ok(new);
                        }
                    }
                }
                Err(error) if interactive && error.is_grant_refused() => {
                    let again = self.stored().await?;
                    let known = |stored: &Option<(Record, Grant)>| stored.as_ref().map(|(_, grant)| grant.generation);
                    if known(&again) == known(&stored) {
                        return Err(self.lose(again, &error).await);
                    }
                    (stored, last) = (again, Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or(AuthError::Busy))
    }

    /// The vault's record of this connection.
    async fn stored(&self) -> Result<Option<(Record, Grant)>, AuthError> {
        let record = self.account.vault.get(Space::Grants, &self.account.connection).await;
        let failed = |reason: String| AuthError::Vault { reason };
        let Some(record) = record.map_err(|error| failed(error.to_string()))? else { return Ok(None) };
        let grant = Grant::from_bytes(record.value()).map_err(failed)?;
        self.scrubber.add_passing(grant.access.expose());
        if let Some(refresh) = &grant.refresh {
            self.scrubber.add_passing(refresh.expose());
        }
        Ok(Some((record, grant)))
    }

    /// Whether a token can be asked for with what is there; if not, a person has to connect the account.
    fn usable(&self, grant: Option<&Grant>) -> Result<(), AuthError> {
        if !self.source.is_interactive() {
            return Ok(());
        }
        let reason = match grant {
            None => "nobody has connected this account yet".to_owned(),
            Some(grant) if grant.made_for != self.account.made_for => {
                "the account was connected for another client, or at another address of the vendor".to_owned()
            }
            Some(Grant { lost: Some(lost), .. }) => {
                format!("{} (since {})", lost.reason, model::Instant::from_millis(lost.at_ms))
            }
            Some(grant) if grant.refresh.is_none() && clock::now() >= grant.expires_at() => {
                "the vendor's access has ended and it gave no refresh token".to_owned()
            }
            Some(_) => return Ok(()),
        };
        Err(AuthError::NeedsAuthorisation { connection: self.account.connection.clone(), reason })
    }

    /// Keeps a grant durably; none if the record is no longer the one that was read.
    async fn keep(&self, before: Option<&Record>, grant: &Grant) -> Result<Option<Record>, AuthError> {
        let Account { connection, vault, .. } = &self.account;
        let kept = vault.swap(Space::Grants, connection, before, &grant.to_bytes()).await;
        kept.map_err(|error| AuthError::Vault { reason: error.to_string() })
    }

    /// Writes down that the vendor no longer honours the grant, so that no process asks with it again.
    async fn lose(&self, stored: Option<(Record, Grant)>, error: &AuthError) -> AuthError {
        let reason = match error {
            AuthError::Refused { code, description: Some(text), .. } => {
                format!("the vendor no longer accepts the refresh token ({code}: {text})")
            }
            AuthError::Refused { code, .. } => format!("the vendor no longer accepts the refresh token ({code})"),
            error => error.to_string(),
        };
        if let Some((record, mut grant)) = stored {
            grant.lost = Some(Lost { at_ms: clock::to_millis(clock::now()), reason: reason.clone() });
            if let Err(error) = self.keep(Some(&record), &grant).await {
                tracing::warn!(connection = self.account.connection, %error, "the loss of the grant is not written down");
            }
        }
        AuthError::NeedsAuthorisation { connection: self.account.connection.clone(), reason }
    }

    fn token(&self, grant: &Grant) -> Result<Arc<Token>, AuthError> {
        let credential = Credential::token(self.source.prefix(), &grant.access, grant.generation)?;
        Ok(Arc::new(Token {
            credential,
            renew_at: grant.renew_at(),
            expires_at: grant.expires_at(),
            obtained_at: grant.obtained_at(),
            connected_at_ms: grant.connected_at_ms,
        }))
    }

    /// Notes how things stand: one line when credentials are lost, one when they are back.
    fn settle(&self, state: &mut State, result: Result<(), &AuthError>) {
        let connection = &self.account.connection;
        let trouble = match result {
            Ok(()) => {
                if state.trouble.take().is_some() {
                    tracing::info!(connection, "connected again: there is a good token");
                }
                return;
            }
            Err(error @ AuthError::NeedsAuthorisation { .. }) => (AccountState::NeedsAuthorisation, error),
            Err(error @ AuthError::Vault { .. }) => (AccountState::Misconfigured, error),
            Err(error) if error.is_misconfiguration() => (AccountState::Misconfigured, error),
            // Passing: a vendor that does not answer says nothing about the account.
            Err(_) => return,
        };
        if state.trouble.as_ref().is_none_or(|(known, _)| *known != trouble.0) {
            tracing::error!(connection, state = trouble.0.word(), "{}", trouble.1);
        }
        state.trouble = Some((trouble.0, trouble.1.to_string()));
    }
}
