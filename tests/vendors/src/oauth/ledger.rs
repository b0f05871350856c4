//! Codes, grants and tokens: which are alive, and what ends them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::clock::later;
use super::error::{Refusal, TOO_OFTEN};
use super::profile::{Profile, Refresh, Reuse, Rotation};
use crate::world::Dice;

/// Scopes by name.
pub(super) type ScopeSet = BTreeSet<String>;

/// What a person or a client was given. Its tokens live as long as it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Its number, from 1.
    pub id: u64,
    /// Its scopes.
    pub scopes: BTreeSet<String>,
    /// Whom it is for: the `sub` of an assertion; none for others.
    pub subject: Option<String>,
    /// Why it ended; none while it lives.
    pub revoked: Option<Revoked>,
    /// When access tokens were issued on it.
    #[serde(serialize_with = "super::clock::as_texts")]
    pub issued: Vec<Timestamp>,
    /// Whether refresh tokens belong to it.
    pub refreshable: bool,
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// Its code was used twice.
    CodeReused,
    /// A dead refresh token was presented.
    RefreshTokenReused,
    /// Newer grants took its place.
    Crowded,
    /// By control, as if the owner had taken it back.
    ByOwner,
}

/// What the holder of a live access token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The grant it belongs to; 0 for a planted token.
    pub grant: u64,
    /// Its scopes.
    pub scopes: BTreeSet<String>,
    /// Whom it is for, if someone.
    pub subject: Option<String>,
}

/// Why an access token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No `authorization` header.
    #[error("no access token was sent")]
    Missing,
    /// Another word than the profile's before the token.
    #[error("the authorization header has the wrong scheme")]
    Scheme,
    /// Never issued here.
    #[error("the access token is unknown")]
    Unknown,
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
    /// It or its grant was revoked.
    #[error("the access token was revoked")]
    Revoked,
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) scopes: ScopeSet,
    pub(super) challenge: Option<String>,
    /// As sent to the authorize endpoint, if it was.
    pub(super) redirect_uri: Option<String>,
    /// Whether a refresh token comes with it.
    pub(super) refreshable: bool,
    pub(super) issued: Timestamp,
    spent: bool,
    grant: Option<u64>,
}

impl Code {
    pub(super) fn new(issued: Timestamp, scopes: ScopeSet, refreshable: bool) -> Self {
        Self { scopes, challenge: None, redirect_uri: None, refreshable, issued, spent: false, grant: None }
    }
}

#[derive(Debug)]
struct Access {
    grant: u64,
    scopes: ScopeSet,
    dies: Option<Timestamp>,
    revoked: bool,
    /// The refresh token this one came from.
    from: Option<String>,
}

#[derive(Debug)]
struct RefreshToken {
    grant: u64,
    last_used: Timestamp,
    dead: bool,
    /// The one it replaces.
    replaces: Option<String>,
}

/// Tokens as they were made.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) grant: u64,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) scopes: ScopeSet,
    pub(super) life: Duration,
    pub(super) dies: Timestamp,
}

/// Everything that was given out.
#[derive(Debug)]
pub(super) struct Ledger {
    dice: Dice,
    codes: BTreeMap<String, Code>,
    pub(super) grants: Vec<Grant>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, RefreshToken>,
}

impl Ledger {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, codes: BTreeMap::new(), grants: Vec::new(), access: BTreeMap::new(), refresh: BTreeMap::new() }
    }

    /// An access token that never expires and belongs to no grant.
    pub(super) fn plant(&mut self, token: String, scopes: ScopeSet) {
        self.access.insert(token, Access { grant: 0, scopes, dies: None, revoked: false, from: None });
    }

    /// Gives out a code.
    pub(super) fn issue_code(&mut self, code: Code) -> String {
        let text = self.dice.token(20);
        self.codes.insert(text.clone(), code);
        text
    }

    /// Takes a code in: it is good for one try, whatever comes of it. A second one ends what the first began (RFC 6749,
    /// 4.1.2).
    pub(super) fn spend_code(&mut self, code: &str, profile: &Profile, now: Timestamp) -> Result<Code, Refusal> {
        let unknown = || Refusal::grant("Authorization code is unknown or was used");
        let found = self.codes.get_mut(code).ok_or_else(unknown)?;
        if found.spent {
            let grant = found.grant;
            self.revoke(grant, Revoked::CodeReused);
            return Err(unknown());
        }
        found.spent = true;
        let found = found.clone();
        if later(found.issued, profile.code_life) < now {
            return Err(Refusal::grant("Authorization code has expired"));
        }
        Ok(found)
    }

    /// The grant of a code that passed every check.
    pub(super) fn grant_code(&mut self, code: &str, spent: Code, profile: &Profile, now: Timestamp) -> Issued {
        let refreshable = spent.refreshable && profile.refresh != Refresh::None;
        let grant = self.open(spent.scopes.clone(), None, refreshable, profile.grants_kept);
        if let Some(kept) = self.codes.get_mut(code) {
            kept.grant = Some(grant);
        }
        let refresh = refreshable.then(|| self.new_refresh(grant, None, profile, now));
        self.issue(grant, spent.scopes, refresh, None, profile.access_life, profile, now)
    }

    /// A grant without a code: for a client itself, or for the subject of an assertion. Never with a refresh token.
    pub(super) fn grant_directly(
        &mut self,
        scopes: ScopeSet,
        subject: Option<String>,
        profile: &Profile,
        now: Timestamp,
    ) -> Issued {
        let grant = self.open(scopes.clone(), subject, false, None);
        self.issue(grant, scopes, None, None, profile.access_life, profile, now)
    }

    /// Redeems a refresh token, for all its scopes or for `narrowed`.
    pub(super) fn renew(
        &mut self,
        token: &str,
        narrowed: Option<ScopeSet>,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let revoked = || Refusal::grant("Token has been revoked");
        let found = self.refresh.get(token).ok_or_else(|| Refusal::grant("Refresh token is unknown"))?;
        let (grant, dead, last_used) = (found.grant, found.dead, found.last_used);
        if dead {
            if profile.reuse == Reuse::RevokesGrant {
                self.revoke(Some(grant), Revoked::RefreshTokenReused);
            }
            return Err(revoked());
        }
        let of = self.grant(grant).filter(|grant| grant.revoked.is_none()).ok_or_else(revoked)?;
        if profile.refresh_idle.is_some_and(|idle| later(last_used, idle) <= now) {
            return Err(Refusal::grant("Refresh token has expired"));
        }
        if narrowed.as_ref().is_some_and(|narrowed| !narrowed.is_subset(&of.scopes)) {
            return Err(Refusal::new("invalid_scope", "The scope exceeds what was granted"));
        }
        for quota in &profile.quotas {
            let recent = of.issued.iter().filter(|issued| later(**issued, quota.per) > now).count();
            if recent >= quota.events {
                return Err(Refusal::new(TOO_OFTEN, "Too many access tokens for this refresh token"));
            }
        }
        let scopes = narrowed.unwrap_or_else(|| of.scopes.clone());
        let life = profile.refreshed_life.unwrap_or(profile.access_life);
        if let Some(found) = self.refresh.get_mut(token) {
            found.last_used = now;
        }
        let answered = match profile.refresh {
            Refresh::None | Refresh::Stable { repeated: false } => None,
            Refresh::Stable { repeated: true } => Some(token.to_owned()),
            Refresh::Rotating(rotation) => {
                if rotation == Rotation::Immediate {
                    self.kill(token.to_owned());
                }
                Some(self.new_refresh(grant, Some(token), profile, now))
            }
        };
        let from = (profile.refresh == Refresh::Rotating(Rotation::OnFirstUse)).then(|| token.to_owned());
        Ok(self.issue(grant, scopes, answered, from, life, profile, now))
    }

    /// What an access token opens. Its first use ends the refresh token it came from, where the vendor does that.
    pub(super) fn check(&mut self, token: &str, now: Timestamp) -> Result<Held, Denied> {
        let access = self.access.get_mut(token).ok_or(Denied::Unknown)?;
        if access.dies.is_some_and(|dies| dies <= now) {
            return Err(Denied::Expired);
        }
        let (grant, scopes) = (access.grant, access.scopes.clone());
        let subject = match self.grants.iter().find(|known| known.id == grant) {
            Some(grant) if grant.revoked.is_some() => return Err(Denied::Revoked),
            Some(grant) => grant.subject.clone(),
            None => None,
        };
        if access.revoked {
            return Err(Denied::Revoked);
        }
        if let Some(old) = access.from.take() {
            self.kill(old);
        }
        Ok(Held { grant, scopes, subject })
    }

    /// Ends one access token. False when it is unknown.
    pub(super) fn revoke_access(&mut self, token: &str) -> bool {
        self.access.get_mut(token).map(|access| access.revoked = true).is_some()
    }

    /// The grant a token of either kind belongs to.
    pub(super) fn grant_of(&self, token: &str) -> Option<u64> {
        let refresh = self.refresh.get(token).map(|token| token.grant);
        refresh.or_else(|| self.access.get(token).map(|token| token.grant))
    }

    /// Ends a grant, once. False when there is none or it ended before.
    pub(super) fn revoke(&mut self, grant: Option<u64>, why: Revoked) -> bool {
        let grant = self.grants.iter_mut().find(|known| Some(known.id) == grant && known.revoked.is_none());
        grant.map(|grant| grant.revoked = Some(why)).is_some()
    }

    fn grant(&self, id: u64) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.id == id)
    }

    fn open(&mut self, scopes: ScopeSet, subject: Option<String>, refreshable: bool, kept: Option<usize>) -> u64 {
        let id = u64::try_from(self.grants.len()).unwrap_or(u64::MAX) + 1;
        self.grants.push(Grant { id, scopes, subject, revoked: None, issued: Vec::new(), refreshable });
        let alive = self.grants.iter().filter(|grant| grant.refreshable && grant.revoked.is_none());
        let alive: Vec<u64> = alive.map(|grant| grant.id).collect();
        if let Some(oldest) = alive.first().filter(|_| kept.is_some_and(|kept| alive.len() > kept)) {
            self.revoke(Some(*oldest), Revoked::Crowded);
        }
        id
    }

    fn new_refresh(&mut self, grant: u64, replaces: Option<&str>, profile: &Profile, now: Timestamp) -> String {
        let text = format!("{}{}", profile.shape.refresh_prefix, self.dice.token(profile.shape.token_bytes));
        let token = RefreshToken { grant, last_used: now, dead: false, replaces: replaces.map(str::to_owned) };
        self.refresh.insert(text.clone(), token);
        text
    }

    #[allow(clippy::too_many_arguments, reason = "each is a fact of the new token, and the callers are in this file")]
    fn issue(
        &mut self,
        grant: u64,
        scopes: ScopeSet,
        refresh_token: Option<String>,
        from: Option<String>,
        life: Duration,
        profile: &Profile,
        now: Timestamp,
    ) -> Issued {
        let access_token = format!("{}{}", profile.shape.access_prefix, self.dice.token(profile.shape.token_bytes));
        let dies = later(now, life);
        let access = Access { grant, scopes: scopes.clone(), dies: Some(dies), revoked: false, from };
        self.access.insert(access_token.clone(), access);
        if let Some(grant) = self.grants.iter_mut().find(|known| known.id == grant) {
            grant.issued.push(now);
        }
        Issued { grant, access_token, refresh_token, scopes, life, dies }
    }

    /// Ends a refresh token and those it replaced: a chain has no gaps.
    fn kill(&mut self, token: String) {
        let mut next = Some(token);
        while let Some(token) = next.and_then(|token| self.refresh.get_mut(&token)) {
            next = if token.dead { None } else { token.replaces.clone() };
            token.dead = true;
        }
    }
}
