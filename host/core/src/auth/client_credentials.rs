//! OAuth2 client credentials (RFC 6749 section 4.4).

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, header::CONTENT_TYPE};
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError,
    StandardRevocableToken, TokenResponse as _, TokenUrl,
};
use url::Url;

use super::answer::Answer;
use super::token::{Fetched, TokenSource};
use super::{AuthError, Secret, TokenTransport, unusable};
use crate::telemetry::scrub::Scrubber;

/// Assumed when neither the answer nor the adapter's description says how long a token is good. Short, because a guess
/// that is too short costs a request and one that is too long costs an answer of 401.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How much of a token endpoint's unexpected answer an error quotes, in bytes.
const QUOTED: usize = 300;

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
}

/// A client at a token endpoint.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// Where tokens come from.
    pub endpoint: TokenEndpoint,
    /// Public name of the client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

type Client = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

pub(super) struct Source {
    scheme: ClientCredentials,
    transport: Arc<dyn TokenTransport>,
    scrubber: Scrubber,
}

impl Source {
    pub(super) fn new(
        scheme: ClientCredentials,
        transport: Arc<dyn TokenTransport>,
        scrubber: Scrubber,
    ) -> Result<Self, AuthError> {
        scrubber.add_pair(&scheme.client_id, scheme.client_secret.expose());
        if scheme.client_id.is_empty() {
            return Err(unusable("the client id", "it is empty"));
        }
        if scheme.client_secret.is_empty() {
            return Err(unusable("the client secret", "it is empty"));
        }
        Ok(Self { scheme, transport, scrubber })
    }

    async fn request(&self) -> Result<Answer, AuthError> {
        let ClientCredentials { endpoint, client_id, client_secret } = &self.scheme;
        // The library's copy of the secret lives for this request only.
        let client = Client::new(ClientId::new(client_id.clone()))
            .set_client_secret(ClientSecret::new(client_secret.expose().to_owned()))
            .set_token_uri(TokenUrl::from_url(endpoint.url.clone()))
            .set_auth_type(match endpoint.client_authentication {
                ClientAuthentication::Body => AuthType::RequestBody,
                ClientAuthentication::Basic => AuthType::BasicAuth,
            });
        let mut request = client.exchange_client_credentials();
        if !endpoint.scopes.is_empty() {
            // Not `add_scope`, which always joins with a space.
            request = request.add_extra_param("scope", endpoint.scopes.join(&endpoint.scope_separator));
        }
        for (name, value) in &endpoint.parameters {
            request = request.add_extra_param(name.as_str(), value.as_str());
        }
        let exchange =
            Exchange { transport: self.transport.clone(), endpoint: endpoint.clone(), status: AtomicU16::new(0) };
        let result = request.request_async(&exchange).await;
        let status = exchange.status.load(Ordering::Relaxed);
        result.map_err(|error| self.error(error, status))
    }

    fn error(&self, error: RequestTokenError<AuthError, BasicErrorResponse>, status: u16) -> AuthError {
        match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(refusal) => self.refused(&refusal),
            RequestTokenError::Parse(_, body) => {
                match serde_json::from_slice::<BasicErrorResponse>(&body) {
                    // Status 200 with `{"error": …}`: some vendors answer every refusal like this.
                    Ok(refusal) => self.refused(&refusal),
                    // A token under a name we do not know is not quoted.
                    Err(_) if (200..300).contains(&status) => {
                        AuthError::Answer { reason: format!("status {status}, {}", shape(&body)) }
                    }
                    Err(_) => AuthError::Answer {
                        reason: format!("status {status}, body: {}", self.scrubber.clean_bytes(&body, QUOTED)),
                    },
                }
            }
            RequestTokenError::Other(reason) => AuthError::Answer {
                reason: format!("status {status}, {}", self.scrubber.clean_and_cut(&reason, QUOTED)),
            },
        }
    }

    fn refused(&self, refusal: &BasicErrorResponse) -> AuthError {
        AuthError::Refused {
            code: self.scrubber.clean_and_cut(refusal.error().as_ref(), QUOTED),
            description: refusal.error_description().map(|text| self.scrubber.clean_and_cut(text, QUOTED)),
        }
    }
}

/// One token request: the library's view of our transport.
struct Exchange {
    transport: Arc<dyn TokenTransport>,
    endpoint: TokenEndpoint,
    /// Status of the answer, which the library does not hand on; 0 before there is one.
    status: AtomicU16,
}

impl<'c> AsyncHttpClient<'c> for Exchange {
    type Error = AuthError;
    type Future = BoxFuture<'c, Result<HttpResponse, AuthError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        async {
            let mut response = self.transport.send(in_format(request, &self.endpoint)?).await?;
            self.status.store(response.status().as_u16(), Ordering::Relaxed);
            // Any success will do; RFC 6749 section 5.1 and the library know only 200.
            if response.status().is_success() {
                *response.status_mut() = http::StatusCode::OK;
            }
            Ok(response)
        }
        .boxed()
    }
}

impl TokenSource for Source {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, AuthError>> {
        async {
            let answer = self.request().await?;
            let access = Secret::from(answer.access_token().secret().as_str());
            self.scrubber.add_passing(access.expose());
            // RFC 6749 section 4.4.3 forbids a refresh token here; one that comes all the same is a secret too.
            if let Some(refresh) = answer.refresh_token() {
                self.scrubber.add_passing(refresh.secret());
            }
            let lifetime = answer.lifetime().or(self.scheme.endpoint.default_lifetime).unwrap_or(ASSUMED_LIFETIME);
            Ok(Fetched { access, lifetime })
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
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            serde_json::Value::Object(members).to_string().into_bytes()
        }
        TokenRequestFormat::Query => {
            let mut url = endpoint.url.clone();
            url.query_pairs_mut().extend_pairs(url::form_urlencoded::parse(&body));
            parts.uri = url.as_str().parse().map_err(|error| unusable("the token URL", error))?;
            parts.headers.remove(CONTENT_TYPE);
            Vec::new()
        }
    };
    parts.method = Method::POST;
    Ok(http::Request::from_parts(parts, body))
}
