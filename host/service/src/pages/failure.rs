//! What the pages say when an account could not be connected: what happened, and whose turn it is.

use axum::http::StatusCode;
use moulin_host::auth::{AuthError, ConnectError};

use super::Language::{self, English, French};
use super::{Page, Part};

/// How a person begins again.
#[derive(Debug)]
pub(crate) enum Again {
    /// At this address.
    At(String),
    /// With the command.
    Command,
    /// Wherever they began.
    Unknown,
}

/// An account that could not be connected.
#[derive(Debug)]
pub(crate) struct Failed<'a> {
    /// Why.
    pub(crate) error: &'a ConnectError,
    /// The vendor's name, if known.
    pub(crate) vendor: Option<&'a str>,
    /// How to begin again.
    pub(crate) again: Again,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// The person's, who begins again.
    Person,
    /// Of whoever looks after the service.
    Operator,
    /// Nobody's.
    Nobody,
}

/// Says what went wrong.
pub(crate) fn failed(language: Language, failed: &Failed<'_>) -> Page {
    let Failed { error, vendor, again } = failed;
    let vendor = vendor.unwrap_or(match language {
        English => "The vendor",
        French => "Le prestataire",
    });
    let (status, turn, title, what) = words(language, error, vendor);
    let mut parts = vec![Part::Text(what)];
    match turn {
        Turn::Person => parts.extend(begin_again(language, again, error.connection())),
        Turn::Operator => {
            let next = match language {
                English => "Show this page to whoever looks after Moulin. Then begin again.",
                French => "Montrez cette page à la personne qui gère Moulin, puis recommencez.",
            };
            parts.push(Part::Next(next.to_owned()));
            parts.push(Part::Detail(error.to_string()));
        }
        Turn::Nobody => parts.push(Part::Detail(error.to_string())),
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Page::new(status, language, title.to_owned(), parts)
}

fn begin_again(language: Language, again: &Again, connection: Option<&str>) -> Vec<Part> {
    let label = match language {
        English => "Begin again",
        French => "Recommencer",
    };
    match (again, connection, language) {
        (Again::At(href), ..) => vec![Part::Link { label: label.to_owned(), href: href.clone() }],
        (Again::Command, Some(connection), English) => {
            vec![Part::Next(format!("Begin again: run `moulin connect {connection}`."))]
        }
        (Again::Command, Some(connection), French) => {
            vec![Part::Next(format!("Recommencez : lancez « moulin connect {connection} »."))]
        }
        (_, _, English) => vec![Part::Next("Begin again where you began.".to_owned())],
        (_, _, French) => vec![Part::Next("Recommencez là où vous aviez commencé.".to_owned())],
    }
}

/// Status, whose turn it is, title, and what happened.
fn words(language: Language, error: &ConnectError, vendor: &str) -> (u16, Turn, &'static str, String) {
    use ConnectError::{
        Declined, Exchange, ExpiredState, NoCode, NoConsentNeeded, NoState, OtherBrowser, Refused, Unavailable,
        UnknownState, UsedState, Vault, WrongIssuer,
    };
    let say = |title: (&'static str, &'static str), what: (String, String)| match language {
        English => (title.0, what.0),
        French => (title.1, what.1),
    };
    let (status, turn, (title, what)) = match error {
        NoConsentNeeded { connection, .. } => (
            409,
            Turn::Nobody,
            say(
                ("Nothing to connect", "Rien à connecter"),
                (
                    format!("“{connection}” needs nobody’s consent: its credentials stand in the configuration."),
                    format!("« {connection} » n’a besoin de l’accord de personne : ses identifiants sont dans la configuration."),
                ),
            ),
        ),
        NoState | UnknownState => (
            400,
            Turn::Person,
            say(
                ("This link is unknown", "Lien inconnu"),
                (
                    "This link was not made here, or long ago. Nothing was changed.".to_owned(),
                    "Ce lien n’a pas été créé ici, ou il y a longtemps. Rien n’a été modifié.".to_owned(),
                ),
            ),
        ),
        UsedState { connection } => (
            410,
            Turn::Person,
            say(
                ("This link was used already", "Lien déjà utilisé"),
                (
                    format!("A link works once. If “{connection}” is not connected yet, begin again."),
                    format!("Un lien ne sert qu’une fois. Si « {connection} » n’est pas encore connecté, recommencez."),
                ),
            ),
        ),
        ExpiredState { .. } => (
            410,
            Turn::Person,
            say(
                ("This link has expired", "Lien expiré"),
                (
                    "More than ten minutes passed since you began. Nothing was changed.".to_owned(),
                    "Plus de dix minutes se sont écoulées depuis le début. Rien n’a été modifié.".to_owned(),
                ),
            ),
        ),
        OtherBrowser { .. } => (
            403,
            Turn::Person,
            say(
                ("This is another browser", "Autre navigateur"),
                (
                    "This was begun in another browser, in another tab since, or this browser keeps no cookies. Stay in one \
                     browser and connect one account after the other."
                        .to_owned(),
                    "La connexion a été commencée dans un autre navigateur, ou dans un autre onglet depuis, ou ce navigateur \
                     refuse les cookies. Restez dans un seul navigateur et connectez un compte après l’autre."
                        .to_owned(),
                ),
            ),
        ),
        Declined { .. } => (
            403,
            Turn::Person,
            say(
                ("Access was not allowed", "Accès non autorisé"),
                (
                    format!("{vendor} reports that access was refused. Nothing was changed. To connect the account, choose to allow it."),
                    format!("{vendor} indique que l’accès a été refusé. Rien n’a été modifié. Pour connecter le compte, choisissez d’autoriser l’accès."),
                ),
            ),
        ),
        Refused { .. } => (
            502,
            Turn::Operator,
            say(
                ("Not connected", "Non connecté"),
                (
                    format!("{vendor} does not accept what Moulin asks for. The connection’s configuration has to be corrected."),
                    format!("{vendor} n’accepte pas la demande de Moulin. La configuration de la connexion doit être corrigée."),
                ),
            ),
        ),
        WrongIssuer { .. } => (
            400,
            Turn::Operator,
            say(
                ("Do not go on", "Ne continuez pas"),
                (
                    format!("This answer does not come from where {vendor} answers. Somebody may be deceiving you. Nothing was changed."),
                    format!("Cette réponse ne vient pas de là où {vendor} répond. Quelqu’un vous trompe peut-être. Rien n’a été modifié."),
                ),
            ),
        ),
        NoCode { .. } => (
            400,
            Turn::Person,
            say(
                ("Not connected", "Non connecté"),
                (
                    format!("{vendor} sent an answer without a code. Nothing was changed."),
                    format!("{vendor} a répondu sans code. Rien n’a été modifié."),
                ),
            ),
        ),
        Exchange { error: AuthError::Unreachable { .. } | AuthError::Busy, .. } => (
            502,
            Turn::Person,
            say(
                ("No answer", "Pas de réponse"),
                (
                    format!("{vendor} could not be reached to complete the connection. Nothing was changed. Wait a few minutes."),
                    format!("{vendor} n’a pas pu être joint pour terminer la connexion. Rien n’a été modifié. Attendez quelques minutes."),
                ),
            ),
        ),
        Exchange { error: AuthError::Refused { code, .. }, .. } if matches!(&**code, "invalid_grant" | "invalid_code") => (
            502,
            Turn::Person,
            say(
                ("It took too long", "Trop de temps a passé"),
                (
                    format!("{vendor} no longer accepts the consent you gave: it is good for about a minute and once. Begin again and go on without waiting."),
                    format!("{vendor} n’accepte plus l’accord que vous avez donné : il vaut une minute environ et une seule fois. Recommencez et continuez sans attendre."),
                ),
            ),
        ),
        Exchange { .. } => (
            502,
            Turn::Operator,
            say(
                ("Not connected", "Non connecté"),
                (
                    format!("You did your part, but {vendor} gave Moulin no access: the connection’s configuration has to be corrected."),
                    format!("Vous avez fait le nécessaire, mais {vendor} n’a pas donné accès à Moulin : la configuration de la connexion doit être corrigée."),
                ),
            ),
        ),
        Vault { .. } => (
            500,
            Turn::Operator,
            say(
                ("Not connected", "Non connecté"),
                (
                    "Moulin cannot keep what it is given, or read what it kept.".to_owned(),
                    "Moulin ne peut pas conserver ce qu’il reçoit, ou relire ce qu’il a conservé.".to_owned(),
                ),
            ),
        ),
        Unavailable(_) => (
            503,
            Turn::Operator,
            say(
                ("Not available", "Indisponible"),
                (
                    "This connection cannot be used at the moment.".to_owned(),
                    "Cette connexion n’est pas utilisable pour le moment.".to_owned(),
                ),
            ),
        ),
    };
    (status, turn, title, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_happened_and_what_to_do_in_both_languages() {
        let connection = || "till".to_owned();
        let refused = |code: &str| AuthError::Refused { code: code.to_owned(), description: None, remedy: None };
        let exchange = |error| ConnectError::Exchange { connection: connection(), error };
        for (error, status, turn) in [
            (ConnectError::NoConsentNeeded { connection: connection(), method: "api_key".to_owned() }, 409, "api_key"),
            (ConnectError::NoState, 400, "again"),
            (ConnectError::UsedState { connection: connection() }, 410, "again"),
            (ConnectError::ExpiredState { connection: connection() }, 410, "again"),
            (ConnectError::OtherBrowser { connection: connection() }, 403, "again"),
            (ConnectError::Declined { connection: connection() }, 403, "again"),
            (
                ConnectError::Refused { connection: connection(), code: "invalid_scope".to_owned(), description: None },
                502,
                "invalid_scope",
            ),
            (exchange(AuthError::Unreachable { reason: "gone".to_owned() }), 502, "again"),
            (exchange(refused("invalid_grant")), 502, "again"),
            (exchange(refused("invalid_client")), 502, "client_secret"),
            (ConnectError::Vault { reason: "the key is wrong".to_owned() }, 500, "the key is wrong"),
            (ConnectError::Unavailable("no adapter".to_owned()), 503, "no adapter"),
        ] {
            let page = |language| {
                let again = Again::At("/connect/till?again".to_owned());
                failed(language, &Failed { error: &error, vendor: Some("Till & Co"), again })
            };
            let (english, french) = (page(English), page(French));
            assert_eq!((english.status.as_u16(), french.status.as_u16()), (status, status), "{error}");
            assert_ne!(english.title, french.title, "{error}");
            for page in [english, french] {
                let html = page.html("0");
                assert!(html.contains(turn), "{error}: {html}");
            }
        }
    }
}
