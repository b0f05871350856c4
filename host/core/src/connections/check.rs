//! Does a connection's configuration fit its adapter's description?

use url::Url;

use crate::config::ConnectionConfig;
use crate::model::adapter::{AuthKind, Description, Setting, SettingKind};

/// Everything that does not fit: the key below the connection, and what is wrong and how to mend it.
pub(crate) fn check(connection: &ConnectionConfig, adapter: &Description) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut wrong = |key: &str, message: String| found.push((key.to_owned(), message));
    let flavors: Vec<_> = adapter.flavors.iter().map(|flavor| flavor.id.as_str()).collect();
    let Some(flavor) = flavor(connection, adapter) else {
        let given = connection.flavor.as_deref().unwrap_or_default();
        wrong(
            "flavor",
            format!("the adapter {} has no flavour \"{given}\"; it has {}", adapter.id, flavors.join(", ")),
        );
        return found;
    };
    let holds_here = |flavors: &[String]| flavors.is_empty() || flavors.contains(&flavor.id);

    for setting in adapter.settings.iter().filter(|setting| holds_here(&setting.flavors)) {
        let (table, is_set) = match setting.secret {
            true => ("secrets", connection.secrets.contains_key(&setting.key)),
            false => ("settings", connection.settings.contains_key(&setting.key)),
        };
        if setting.required && setting.default.is_none() && !is_set {
            wrong(&format!("{table}.{}", setting.key), format!("missing; {}: {}", setting.title, setting.help));
        }
    }
    let known = |secret: bool| {
        let known: Vec<_> =
            adapter.settings.iter().filter(|known| known.secret == secret).map(|known| known.key.as_str()).collect();
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    };
    for (key, value) in &connection.settings {
        let place = format!("settings.{key}");
        match adapter.settings.iter().find(|setting| setting.key == *key) {
            None => wrong(&place, format!("the adapter {} has no such setting; it has {}", adapter.id, known(false))),
            Some(setting) if setting.secret => {
                wrong(
                    &place,
                    "a secret; move it to the connection's `secrets`, with { env = \"…\" } or { file = \"…\" }"
                        .to_owned(),
                );
            }
            Some(setting) => {
                if let Some(message) = wrong_value(setting, &value.to_string()) {
                    wrong(&place, message);
                }
            }
        }
    }

    for key in connection.secrets.keys() {
        let place = format!("secrets.{key}");
        match adapter.settings.iter().find(|setting| setting.key == *key) {
            None => wrong(&place, format!("the adapter {} has no such secret; it has {}", adapter.id, known(true))),
            Some(setting) if !setting.secret => {
                wrong(&place, "not a secret; move it to the connection's `settings`".to_owned());
            }
            Some(_) => {}
        }
    }

    // Credentials go to every origin that may be reached, so it is the operator who says which: an adapter only asks.
    for origin in &adapter.origins {
        let granted =
            Url::parse(origin).is_ok_and(|url| connection.grants.iter().any(|grant| grant.origin() == url.origin()));
        if !granted {
            wrong("grants", format!("the adapter {} also needs {origin}; if you agree, add it to grants", adapter.id));
        }
    }

    let offered: Vec<_> =
        adapter.auth.iter().filter(|scheme| holds_here(&scheme.flavors)).map(|scheme| method(&scheme.kind)).collect();
    let chosen = connection.auth.method();
    if chosen == "none" {
        if !offered.is_empty() {
            wrong("auth", format!("missing; the adapter {} authenticates with {}", adapter.id, offered.join(", ")));
        }
    } else if !offered.contains(&chosen) {
        let offers = if offered.is_empty() { "no credentials".to_owned() } else { offered.join(", ") };
        wrong("auth.method", format!("the adapter {} does not offer {chosen}; it offers {offers}", adapter.id));
    }
    found
}

/// The flavour a connection speaks.
pub(super) fn flavor<'a>(
    connection: &ConnectionConfig,
    adapter: &'a Description,
) -> Option<&'a crate::model::adapter::Flavor> {
    match &connection.flavor {
        Some(id) => adapter.flavors.iter().find(|flavor| flavor.id == *id),
        None => adapter.flavors.first(),
    }
}

/// A scheme's name in the configuration.
pub(super) const fn method(kind: &AuthKind) -> &'static str {
    match kind {
        AuthKind::ApiKey(_) => "api_key",
        AuthKind::BearerToken(_) => "bearer_token",
        AuthKind::Basic => "basic",
        AuthKind::Oauth2AuthorizationCode(_) => "oauth2_authorization_code",
        AuthKind::Oauth2ClientCredentials(_) => "oauth2_client_credentials",
        AuthKind::JwtBearer(_) => "jwt_bearer",
    }
}

fn wrong_value(setting: &Setting, value: &str) -> Option<String> {
    match &setting.kind {
        SettingKind::Text => None,
        SettingKind::Integer => value.parse::<i64>().err().map(|_| format!("\"{value}\" is not a whole number")),
        SettingKind::Boolean => {
            (!matches!(value, "true" | "false")).then(|| format!("\"{value}\" is neither true nor false"))
        }
        SettingKind::Url => url::Url::parse(value).err().map(|error| format!("\"{value}\" is not a URL: {error}")),
        SettingKind::Choice(choices) => (!choices.iter().any(|choice| choice == value))
            .then(|| format!("\"{value}\" is not one of {}", choices.join(", "))),
    }
}
