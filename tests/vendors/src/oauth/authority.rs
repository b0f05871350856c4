//! One authorization server behind its endpoints: its state, and what looks at it and steers it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::assertion::AssertionKey;
use super::clock::RunningClock;
use super::ledger::{Code, Denied, Grant, Held, Ledger, Revoked, ScopeSet};
use super::modes::{Order, WrongOrder};
use super::profile::{GrantType, Profile};
use super::token;
use crate::world::Dice;

/// A request of the token endpoint, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRequest {
    /// When, by the server's clock.
    #[serde(serialize_with = "super::clock::as_text")]
    pub at: Timestamp,
    /// The `grant_type` as sent; empty when there was none to read.
    pub grant_type: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a token request, whatever the caller was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Tokens of this grant.
    Issued(u64),
    /// An error with this code of RFC 6749.
    Refused(String),
    /// A mode hid it from the server.
    Unhandled,
}

/// Everything a server begins with, and goes back to on reset.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) profile: Profile,
    pub(crate) seed: u64,
    /// Where its clock begins; none for the machine's time.
    pub(crate) start: Option<Timestamp>,
    pub(crate) keys: Vec<AssertionKey>,
    /// Access tokens that never expire, with their scopes.
    pub(crate) planted: Vec<(String, ScopeSet)>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) beginning: Beginning,
    pub(super) url: String,
    pub(super) profile: Profile,
    pub(super) keys: Vec<AssertionKey>,
    pub(super) clock: RunningClock,
    pub(super) ledger: Ledger,
    pub(super) seen: BTreeSet<String>,
    pub(super) orders: Vec<Order>,
    pub(super) log: Vec<TokenRequest>,
}

/// A handle on the server: vendors check tokens with it, tests look and meddle. Clones share the server.
#[derive(Clone, Debug)]
pub struct Authority(Arc<Mutex<State>>);

impl State {
    fn new(beginning: Beginning, url: String) -> Self {
        // Topic 5 of the dice: tokens.
        let mut ledger = Ledger::new(Dice::new(beginning.seed, 5));
        for (token, scopes) in &beginning.planted {
            ledger.plant(token.clone(), scopes.clone());
        }
        Self {
            url,
            profile: beginning.profile.clone(),
            keys: beginning.keys.clone(),
            clock: RunningClock::starting_at(beginning.start.unwrap_or_else(Timestamp::now)),
            ledger,
            seen: BTreeSet::new(),
            orders: Vec::new(),
            log: Vec::new(),
            beginning,
        }
    }
}

impl Authority {
    pub(crate) fn new(beginning: Beginning) -> Self {
        Self(Arc::new(Mutex::new(State::new(beginning, String::new()))))
    }

    /// Tells it its own address, once that is known.
    pub(crate) fn at(&self, url: &str) {
        url.clone_into(&mut self.lock().url);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back to the beginning: no grants, no modes, no log, the profile and the clock as at the start.
    pub fn reset(&self) {
        let mut state = self.lock();
        *state = State::new(state.beginning.clone(), state.url.clone());
    }

    /// The profile as it is now.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.lock().profile.clone()
    }

    /// Changes the profile while the server runs: a new client secret, a shorter life. Tokens stay.
    pub fn change(&self, change: impl FnOnce(&mut Profile)) {
        change(&mut self.lock().profile);
    }

    /// The time by the server's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.lock().clock.now()
    }

    /// Moves the server's clock by so many seconds, back when negative. Shifts add up.
    pub fn shift_clock(&self, seconds: i64) {
        self.lock().clock.shift(seconds);
    }

    /// Registers a key for JWT assertions.
    pub fn register_key(&self, key: AssertionKey) {
        self.lock().keys.push(key);
    }

    /// Makes the token endpoint go wrong. Several orders add up.
    ///
    /// # Errors
    /// When the order makes no sense.
    pub fn order(&self, order: Order) -> Result<(), WrongOrder> {
        if let Some(problem) = order.problem() {
            return Err(WrongOrder(problem));
        }
        self.lock().orders.push(order);
        Ok(())
    }

    /// The orders that still stand.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.lock().orders.clone()
    }

    /// Takes all orders back.
    pub fn clear_orders(&self) {
        self.lock().orders.clear();
    }

    /// Every request of the token endpoint so far, oldest first.
    #[must_use]
    pub fn token_requests(&self) -> Vec<TokenRequest> {
        self.lock().log.clone()
    }

    /// How many requests named this grant, whatever became of them.
    #[must_use]
    pub fn count(&self, grant: GrantType) -> usize {
        self.lock().log.iter().filter(|request| request.grant_type == grant.name()).count()
    }

    /// Every grant so far, oldest first.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.lock().ledger.grants.clone()
    }

    /// Whether a grant was made and not revoked.
    #[must_use]
    pub fn is_alive(&self, grant: u64) -> bool {
        self.lock().ledger.grants.iter().any(|known| known.id == grant && known.revoked.is_none())
    }

    /// How many grants were revoked.
    #[must_use]
    pub fn revoked(&self) -> usize {
        self.lock().ledger.grants.iter().filter(|grant| grant.revoked.is_some()).count()
    }

    /// Ends a grant as its owner would. False when it is unknown or ended before.
    pub fn revoke_grant(&self, grant: u64) -> bool {
        self.lock().ledger.revoke(Some(grant), Revoked::ByOwner)
    }

    /// Ends the grant a token of either kind belongs to. False when there is none.
    pub fn revoke_grant_of(&self, token: &str) -> bool {
        let mut state = self.lock();
        let grant = state.ledger.grant_of(token);
        state.ledger.revoke(grant, Revoked::ByOwner)
    }

    /// Ends one access token and leaves its grant alive. False when it is unknown.
    pub fn revoke_access_token(&self, token: &str) -> bool {
        self.lock().ledger.revoke_access(token)
    }

    /// Makes a grant without any request, as if someone had agreed and the code were redeemed, and gives the answer the
    /// token endpoint would have given. Not logged.
    #[must_use]
    pub fn grant_now<'s>(&self, scopes: impl IntoIterator<Item = &'s str>) -> Value {
        let mut state = self.lock();
        let State { profile, ledger, clock, url, .. } = &mut *state;
        let now = clock.now();
        let code = Code::new(now, scopes.into_iter().map(str::to_owned).collect(), true);
        let issued = ledger.grant_code("", code, profile, now);
        Value::Object(token::answer(profile, &issued, url))
    }

    /// What an access token opens. Counts as its use.
    ///
    /// # Errors
    /// When it opens nothing.
    pub fn check(&self, access_token: &str) -> Result<Held, Denied> {
        let mut state = self.lock();
        let now = state.clock.now();
        state.ledger.check(access_token, now)
    }

    /// The same for a request: `authorization` with the profile's word before the token.
    ///
    /// # Errors
    /// When there is no such header, or its token opens nothing.
    pub fn check_headers(&self, headers: &HeaderMap) -> Result<Held, Denied> {
        let value = headers.get(header::AUTHORIZATION).ok_or(Denied::Missing)?;
        let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Denied::Scheme)?;
        if !scheme.eq_ignore_ascii_case(&self.lock().profile.scheme) {
            return Err(Denied::Scheme);
        }
        self.check(token)
    }
}
