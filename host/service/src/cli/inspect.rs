//! `moulin adapter inspect`.

use std::io;
use std::path::PathBuf;

use clap::Args;
use moulin_host::Inspection;
use moulin_host::model::adapter::{
    AuthKind, Description, Flavor, LimitKind, LimitSignal, Pkce, SettingKind, Support, TokenEndpoint,
};

use super::failure::Failure;
use super::output::Output;

/// Options of `moulin adapter inspect`.
#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The .wasm file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Inspect {
    /// Verifies the file, lets it describe itself with nothing within its reach, and prints that.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let inspection = moulin_host::inspect(&self.file).await.map_err(Failure::Usage)?;
        let mut output = Output::new();
        if self.json {
            output.json(&inspection)?;
        } else {
            print(&mut output, &inspection)?;
        }
        Ok(output.flush()?)
    }
}

fn print(output: &mut Output, inspection: &Inspection) -> io::Result<()> {
    let Inspection { sha256, size, description, domains, imports, exports } = inspection;
    let Description { id, version, vendor, summary, documentation, .. } = description;
    output.line(format_args!("{id} {version}: {vendor}\n{summary}"))?;
    if let Some(documentation) = documentation {
        output.line(format_args!("API documented at {documentation}"))?;
    }
    output.line(format_args!("\ndomains  {}\nsize     {size} bytes\nsha256   {sha256}", domains.join(", ")))?;

    settings(output, description)?;
    output.line("\nAuthentication")?;
    if description.auth.is_empty() {
        output.line("  none")?;
    }
    for scheme in &description.auth {
        output.line(format_args!("  {}{}", auth(&scheme.kind), only(&scheme.flavors)))?;
    }
    output.line("\nOrigins it asks for")?;
    for origin in origins(description) {
        output.line(format_args!("  {origin}"))?;
    }
    output.line("\nRate limits it knows")?;
    if description.limits.is_empty() && description.signals.is_empty() {
        output.line("  none")?;
    }
    for limit in &description.limits {
        let scope = if limit.all_requests { "" } else { ", for the requests that name it" };
        output.line(format_args!("  {}: {}{scope}{}", limit.name, limit_kind(&limit.kind), only(&limit.flavors)))?;
    }
    for signal in &description.signals {
        output.line(format_args!("  tightened by the headers {}", signal_headers(signal)))?;
    }
    for flavor in &description.flavors {
        operations(output, flavor)?;
    }
    for (title, names) in [("Imports", imports), ("Exports", exports)] {
        output.line(format_args!("\n{title}"))?;
        for name in names {
            output.line(format_args!("  {name}"))?;
        }
    }
    Ok(())
}

fn settings(output: &mut Output, description: &Description) -> io::Result<()> {
    output.line("\nSettings")?;
    if description.settings.is_empty() {
        return output.line("  none");
    }
    for setting in &description.settings {
        let kind = match &setting.kind {
            SettingKind::Text => "text".to_owned(),
            SettingKind::Integer => "whole number".to_owned(),
            SettingKind::Boolean => "true or false".to_owned(),
            SettingKind::Url => "URL".to_owned(),
            SettingKind::Choice(choices) => format!("one of {}", choices.join(", ")),
        };
        let required = if setting.required { ", required" } else { "" };
        let secret = if setting.secret { ", secret" } else { "" };
        let default = setting.default.as_ref().map(|default| format!(", default {default}")).unwrap_or_default();
        let flavors = only(&setting.flavors);
        output.line(format_args!("  {} ({kind}{required}{secret}{default}){flavors}", setting.key))?;
        output.line(format_args!("    {}: {}", setting.title, setting.help))?;
    }
    Ok(())
}

fn operations(output: &mut Output, flavor: &Flavor) -> io::Result<()> {
    output.line(format_args!("\nFlavour {}: {}, at {}", flavor.id, flavor.title, flavor.base_url))?;
    for operation in &flavor.operations {
        match &operation.support {
            Support::Supported => output.line(format_args!("  {}", operation.operation))?,
            Support::Unsupported(reason) => {
                output.line(format_args!("  {} not supported: {reason}", operation.operation))?;
            }
        }
    }
    Ok(())
}

fn auth(kind: &AuthKind) -> String {
    match kind {
        AuthKind::ApiKey(scheme) => format!("api_key, in the header {}", scheme.header),
        AuthKind::BearerToken(_) => "bearer_token, a token that does not expire".to_owned(),
        AuthKind::Basic => "basic, user name and password".to_owned(),
        AuthKind::Oauth2AuthorizationCode(scheme) => {
            let pkce = match scheme.pkce {
                Pkce::Supported => "PKCE",
                Pkce::Required => "PKCE required",
                Pkce::Refused => "no PKCE",
            };
            format!(
                "oauth2_authorization_code, consent at {}, {}, {pkce}",
                scheme.authorization_url,
                token(&scheme.token)
            )
        }
        AuthKind::Oauth2ClientCredentials(endpoint) => format!("oauth2_client_credentials, {}", token(endpoint)),
        AuthKind::JwtBearer(scheme) => {
            format!("jwt_bearer, {}, signed with {}", token(&scheme.token), scheme.algorithm)
        }
    }
}

fn token(endpoint: &TokenEndpoint) -> String {
    if endpoint.scopes.is_empty() {
        format!("tokens from {}", endpoint.url)
    } else {
        format!("tokens from {} (scopes {})", endpoint.url, endpoint.scopes.join(" "))
    }
}

/// The origins an operator grants with the adapter: of its API, of its tokens, and further ones.
fn origins(description: &Description) -> Vec<String> {
    let mut urls: Vec<&str> = description.flavors.iter().map(|flavor| flavor.base_url.as_str()).collect();
    for scheme in &description.auth {
        match &scheme.kind {
            AuthKind::Oauth2AuthorizationCode(code) => urls.push(&code.token.url),
            AuthKind::Oauth2ClientCredentials(endpoint) => urls.push(&endpoint.url),
            AuthKind::JwtBearer(bearer) => urls.push(&bearer.token.url),
            AuthKind::ApiKey(_) | AuthKind::BearerToken(_) | AuthKind::Basic => {}
        }
    }
    urls.extend(description.origins.iter().map(String::as_str));
    let mut origins: Vec<String> = Vec::new();
    for url in urls {
        // By hand, because `{key}` in a host is no URL.
        let origin = match url.split_once("://") {
            Some((scheme, rest)) => format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()),
            None => url.to_owned(),
        };
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins
}

fn limit_kind(kind: &LimitKind) -> String {
    match kind {
        LimitKind::Window(window) => {
            format!("{} requests in any {} s", window.requests, f64::from(window.span_ms) / 1000.0)
        }
        LimitKind::LeakyBucket(bucket) => {
            format!("a bucket of {} that leaks {} per second", bucket.size, bucket.leak_per_second)
        }
        LimitKind::Concurrency(requests) => format!("{requests} requests at once"),
    }
}

fn signal_headers(signal: &LimitSignal) -> String {
    let names: Vec<&str> = match signal {
        LimitSignal::Bucket(bucket) => {
            std::iter::once(&bucket.level).chain(&bucket.drip_rate).chain(&bucket.cost).map(String::as_str).collect()
        }
        LimitSignal::Remaining(remaining) => std::iter::once(&remaining.remaining)
            .chain(&remaining.limit)
            .chain(&remaining.reset)
            .chain(&remaining.interval)
            .map(String::as_str)
            .collect(),
    };
    names.join(", ")
}

fn only(flavors: &[String]) -> String {
    if flavors.is_empty() { String::new() } else { format!(" (flavour {})", flavors.join(", ")) }
}
