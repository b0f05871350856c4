//! A client at a token endpoint: every kind of token request, and what becomes of its answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, header};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, HttpRequest, HttpResponse, PkceCodeVerifier,
    RedirectUrl, RefreshToken, RequestTokenError, StandardRevocableToken, TokenResponse as _, TokenUrl,
};
use url::Url;

use super::answer::Answer;
use super::{AuthError, Secret, TokenTransport, clock, unusable};
use crate::telemetry::scrub::Scrubber;

/// Assumed when neither the answer nor the adapter's description says how long a token is good. Short, because a guess
/// that is too short costs a request and one that is too long costs an answer of 401.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How much of a token endpoint's unexpected answer an error quotes, in bytes.
const QUOTED: usize = 300;

/// From this difference between the vendor's clock and ours on, a person is told: signed assertions and `expires_at`
/// begin to fail.
const SKEW: Duration = Duration::from_secs(45);

/// Where client id and secret go in a token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Among the parameters, as `client_id` and `client_secret`.
    Body,
    /// HTTP Basic (RFC 6749 section 2.3.1).
    Basic,
}

/// How the parameters of a token request travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRequestFormat {
    /// `application/x-www-form-urlencoded`, as RFC 6749 says.
    Form,
    /// A JSON object.
    Json,
    /// In the URL's query.
    Query,
}

/// Something the vendor tells and we keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The setting it becomes.
    pub key: String,
    /// Name of the parameter or member that tells it.
    pub name: String,
    /// True: a parameter of the redirect after consent; false: a member of the token endpoint's answer.
    pub in_redirect: bool,
}

/// A token endpoint, with what its vendor does differently. Settings are already filled into the URL.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    /// Must lie in an origin granted to the connection.
    pub url: Url,
    /// How parameters travel.
    pub format: TokenRequestFormat,
    /// Where the client's credentials go.
    pub client_authentication: ClientAuthentication,
    /// Further parameters, such as `audience`.
    pub parameters: Vec<(String, String)>,
    /// Scopes to ask for; none: no `scope` parameter.
    pub scopes: Vec<String>,
    /// Between scopes; a space by RFC 6749 section 3.3.
    pub scope_separator: String,
    /// The word before the access token in `authorization`.
    pub prefix: String,
    /// Life of a token when the answer does not say.
    pub default_lifetime: Option<Duration>,
    /// What to keep of redirect and answer.
    pub facts: Vec<Fact>,
}

impl TokenEndpoint {
    /// The `scope` parameter, if there is one.
    pub(super) fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| self.scopes.join(&self.scope_separator))
    }
}

/// Who asks for tokens, and where.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where tokens come from.
    pub endpoint: TokenEndpoint,
    /// Public name of the client.
    pub client_id: String,
    /// Its secret; none for a public client (RFC 6749 section 2.1).
    pub client_secret: Option<Secret>,
}

/// Tokens as they were just received.
pub(super) struct Fresh {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    /// How long the access token is good from now on.
    pub(super) lifetime: Duration,
    pub(super) facts: BTreeMap<String, String>,
}

/// What a token request is made with.
pub(super) enum Request<'a> {
    ClientCredentials,
    Code {
        code: &'a str,
        verifier: Option<&'a Secret>,
        redirect_uri: Option<&'a str>,
    },
    Refresh(&'a Secret),
    /// A signed assertion (RFC 7523 section 2.1).
    Assertion(&'a Secret),
}

type Library = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
>;

/// A [`Client`] with its way to the network.
#[derive(Clone)]
pub(super) struct TokenClient {
    client: Client,
    transport: Arc<dyn TokenTransport>,
    scrubber: Scrubber,
}

impl TokenClient {
    pub(super) fn new(
        client: Client,
        transport: Arc<dyn TokenTransport>,
        scrubber: Scrubber,
    ) -> Result<Self, AuthError> {
        if client.client_id.is_empty() {
            return Err(unusable("the client id", "it is empty"));
        }
        if let Some(secret) = &client.client_secret {
            scrubber.add_pair(&client.client_id, secret.expose());
            if secret.is_empty() {
                return Err(unusable("the client secret", "it is empty"));
            }
        }
        Ok(Self { client, transport, scrubber })
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) const fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    /// The same client at another token endpoint, which a vendor with several data centres names in its redirect.
    pub(super) fn at(&self, url: Url) -> Self {
        let mut other = self.clone();
        other.client.endpoint.url = url;
        other
    }

    /// Sends one token request.
    pub(super) async fn request(&self, request: Request<'_>) -> Result<Fresh, AuthError> {
        let exchange = Exchange {
            transport: self.transport.clone(),
            endpoint: self.client.endpoint.clone(),
            status: AtomicU16::new(0),
            date: std::sync::Mutex::new(None),
        };
        let sent = match request {
            Request::ClientCredentials => {
                let (library, scope) = (self.library(), self.scope());
                let mut request = library.exchange_client_credentials();
                // Not `add_scope`, which always joins with a space.
                for (name, value) in scope.iter().chain(&self.client.endpoint.parameters) {
                    request = request.add_extra_param(name.as_str(), value.as_str());
                }
                request.request_async(&exchange).await
            }
            Request::Code { code, verifier, redirect_uri } => {
                let mut library = self.library();
                if let Some(uri) = redirect_uri {
                    library = library.set_redirect_uri(
                        RedirectUrl::new(uri.to_owned()).map_err(|error| unusable("the redirect URI", error))?,
                    );
                }
                let mut request = library.exchange_code(AuthorizationCode::new(code.to_owned()));
                if let Some(verifier) = verifier {
                    request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
                }
                for (name, value) in &self.client.endpoint.parameters {
                    request = request.add_extra_param(name.as_str(), value.as_str());
                }
                request.request_async(&exchange).await
            }
            Request::Refresh(token) => {
                let (library, token) = (self.library(), RefreshToken::new(token.expose().to_owned()));
                let mut request = library.exchange_refresh_token(&token);
                for (name, value) in &self.client.endpoint.parameters {
                    request = request.add_extra_param(name.as_str(), value.as_str());
                }
                request.request_async(&exchange).await
            }
            Request::Assertion(assertion) => self.assert(&exchange, assertion).await,
        };
        let status = exchange.status.load(Ordering::Relaxed);
        let date = exchange.date.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let skew = self.skew(date);
        let answer = sent.map_err(|error| self.error(error, status, skew.as_deref()))?;
        self.fresh(&answer, date)
    }

    /// The library's client. Its copy of the secret lives for one request only.
    fn library(&self) -> Library {
        let Client { endpoint, client_id, client_secret } = &self.client;
        let mut library = oauth2::Client::new(ClientId::new(client_id.clone()))
            .set_token_uri(TokenUrl::from_url(endpoint.url.clone()))
            .set_auth_type(match endpoint.client_authentication {
                ClientAuthentication::Body => AuthType::RequestBody,
                ClientAuthentication::Basic => AuthType::BasicAuth,
            });
        if let Some(secret) = client_secret {
            library = library.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        library
    }

    fn scope(&self) -> Option<(String, String)> {
        self.client.endpoint.scope().map(|scope| ("scope".to_owned(), scope))
    }

    /// The one grant the library does not know.
    async fn assert(
        &self,
        exchange: &Exchange,
        assertion: &Secret,
    ) -> Result<Answer, RequestTokenError<AuthError, BasicErrorResponse>> {
        let request = http::Request::post(self.client.endpoint.url.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(self.assertion_form(assertion).into_bytes())
            .map_err(|error| RequestTokenError::Other(error.to_string()))?;
        let response = exchange.call(request).await.map_err(RequestTokenError::Request)?;
        let body = response.into_body();
        match serde_json::from_slice::<Answer>(&body) {
            Ok(answer) if exchange.status.load(Ordering::Relaxed) < 300 => Ok(answer),
            _ => match serde_json::from_slice::<BasicErrorResponse>(&body) {
                Ok(refusal) => Err(RequestTokenError::ServerResponse(refusal)),
                Err(_) => Err(RequestTokenError::Request(AuthError::Answer {
                    reason: self.unexpected(&body, exchange.status.load(Ordering::Relaxed)),
                })),
            },
        }
    }

    fn assertion_form(&self, assertion: &Secret) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        form.append_pair("assertion", assertion.expose());
        for (name, value) in self.scope().iter().chain(&self.client.endpoint.parameters) {
            form.append_pair(name, value);
        }
        form.finish()
    }

    /// What to keep of an answer; the scrubber learns its tokens first.
    fn fresh(&self, answer: &Answer, date: Option<SystemTime>) -> Result<Fresh, AuthError> {
        let access = Secret::from(answer.access_token().secret().as_str());
        self.scrubber.add_passing(access.expose());
        let refresh = answer.refresh_token().map(|token| Secret::from(token.secret().as_str()));
        if let Some(refresh) = &refresh {
            self.scrubber.add_passing(refresh.expose());
        }
        if answer.is_error() {
            let code = answer.member("error").unwrap_or_default();
            return Err(self.refused(&code, answer.member("error_description").as_deref(), None));
        }
        super::header_value("the access token", &self.client.endpoint.prefix, &access)?;
        let endpoint = &self.client.endpoint;
        let lifetime =
            answer.lifetime(date.unwrap_or_else(clock::now)).or(endpoint.default_lifetime).unwrap_or(ASSUMED_LIFETIME);
        let facts = endpoint.facts.iter().filter(|fact| !fact.in_redirect);
        let facts = facts.filter_map(|fact| Some((fact.key.clone(), answer.member(&fact.name)?))).collect();
        Ok(Fresh { access, refresh, lifetime, facts })
    }

    /// What a person is told when the vendor's clock and ours differ too much.
    fn skew(&self, date: Option<SystemTime>) -> Option<String> {
        let (date, now) = (date?, clock::now());
        let (skew, word) = match now.duration_since(date) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(behind) => (behind.duration(), "behind"),
        };
        if skew < SKEW {
            return None;
        }
        let text = format!(
            "this machine's clock is {} s {word} the vendor's: set it (`timedatectl set-ntp true`)",
            skew.as_secs()
        );
        tracing::warn!("{text}; signed requests and token life times depend on it");
        Some(text)
    }

    fn error(
        &self,
        error: RequestTokenError<AuthError, BasicErrorResponse>,
        status: u16,
        remedy: Option<&str>,
    ) -> AuthError {
        let refusal = |refusal: &BasicErrorResponse| {
            self.refused(refusal.error().as_ref(), refusal.error_description().map(String::as_str), remedy)
        };
        match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(response) => refusal(&response),
            // Status 200 with `{"error": …}`: some vendors answer every refusal like this.
            RequestTokenError::Parse(_, body) => match serde_json::from_slice::<BasicErrorResponse>(&body) {
                Ok(response) => refusal(&response),
                Err(_) => AuthError::Answer { reason: self.unexpected(&body, status) },
            },
            RequestTokenError::Other(reason) => AuthError::Answer {
                reason: format!("status {status}, {}", self.scrubber.clean_and_cut(&reason, QUOTED)),
            },
        }
    }

    /// An answer that is neither token nor error. A token under a name we do not know is not quoted.
    fn unexpected(&self, body: &[u8], status: u16) -> String {
        if (200..300).contains(&status) {
            format!("status {status}, {}", shape(body))
        } else {
            format!("status {status}, body: {}", self.scrubber.clean_bytes(body, QUOTED))
        }
    }

    fn refused(&self, code: &str, description: Option<&str>, remedy: Option<&str>) -> AuthError {
        AuthError::Refused {
            code: self.scrubber.clean_and_cut(code, QUOTED),
            description: description.map(|text| self.scrubber.clean_and_cut(text, QUOTED)),
            remedy: remedy.map(str::to_owned),
        }
    }
}

/// One token request: the library's view of our transport.
struct Exchange {
    transport: Arc<dyn TokenTransport>,
    endpoint: TokenEndpoint,
    /// Status of the answer, which the library does not hand on; 0 before there is one.
    status: AtomicU16,
    /// The vendor's clock, from the answer's `date`.
    date: std::sync::Mutex<Option<SystemTime>>,
}

impl<'c> AsyncHttpClient<'c> for Exchange {
    type Error = AuthError;
    type Future = BoxFuture<'c, Result<HttpResponse, AuthError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        async {
            let mut response = self.transport.send(in_format(request, &self.endpoint)?).await?;
            self.status.store(response.status().as_u16(), Ordering::Relaxed);
            let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
            let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
            *self.date.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = date;
            // Any success will do; RFC 6749 section 5.1 and the library know only 200.
            if response.status().is_success() {
                *response.status_mut() = http::StatusCode::OK;
            }
            Ok(response)
        }
        .boxed()
    }
}

/// What an answer looks like without what it says.
fn shape(body: &[u8]) -> String {
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body) {
        Ok(members) => {
            let names: Vec<_> = members.keys().map(String::as_str).collect();
            format!("a body with no usable access_token but with {}", names.join(", "))
        }
        Err(_) => format!("a body of {} bytes that is no JSON object", body.len()),
    }
}

/// Puts the form the library wrote into the format the vendor reads.
fn in_format(request: HttpRequest, endpoint: &TokenEndpoint) -> Result<HttpRequest, AuthError> {
    let (mut parts, body) = request.into_parts();
    let body = match endpoint.format {
        TokenRequestFormat::Form => body,
        TokenRequestFormat::Json => {
            let members: serde_json::Map<_, _> = url::form_urlencoded::parse(&body)
                .map(|(name, value)| (name.into_owned(), serde_json::Value::from(value.into_owned())))
                .collect();
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            serde_json::Value::Object(members).to_string().into_bytes()
        }
        TokenRequestFormat::Query => {
            let mut url = endpoint.url.clone();
            url.query_pairs_mut().extend_pairs(url::form_urlencoded::parse(&body));
            parts.uri = url.as_str().parse().map_err(|error| unusable("the token URL", error))?;
            parts.headers.remove(header::CONTENT_TYPE);
            Vec::new()
        }
    };
    parts.method = Method::POST;
    Ok(http::Request::from_parts(parts, body))
}
