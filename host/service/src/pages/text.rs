//! What the pages say when all goes well, and when somebody comes to a wrong address.

use axum::http::StatusCode;

use super::Language::{self, English, French};
use super::{Page, Part};

/// The page before a person is sent to the vendor.
#[derive(Debug)]
pub(crate) struct Begin<'a> {
    /// The connection.
    pub(crate) connection: &'a str,
    /// The vendor's name.
    pub(crate) vendor: &'a str,
    /// Since when the account is connected, if it is: a day.
    pub(crate) connected: Option<String>,
    /// Where the button posts to.
    pub(crate) action: String,
}

/// Says what will happen, with a button to go on.
pub(crate) fn begin(language: Language, page: &Begin<'_>) -> Page {
    let Begin { connection, vendor, connected, action } = page;
    let (title, what, steps, password, label) = match language {
        English => (
            format!("Connect {vendor}"),
            format!("You are about to connect the account at {vendor} that Moulin calls “{connection}” here."),
            [
                format!(
                    "The button takes you to {vendor}. Sign in there as the owner or an administrator of the account."
                ),
                format!("{vendor} shows what Moulin asks for. Choose to allow it."),
                format!("{vendor} brings you back to Moulin, which says whether it worked."),
            ],
            format!(
                "Your password stays between you and {vendor}; Moulin never sees it. Once you go on you have ten minutes."
            ),
            format!("Go on to {vendor}"),
        ),
        French => (
            format!("Connecter {vendor}"),
            format!("Vous allez connecter le compte {vendor} que Moulin appelle ici « {connection} »."),
            [
                format!(
                    "Le bouton vous mène chez {vendor}. Identifiez-vous comme titulaire ou administrateur du compte."
                ),
                format!("{vendor} affiche ce que Moulin demande. Choisissez d’autoriser l’accès."),
                format!("{vendor} vous ramène à Moulin, qui dit si la connexion a réussi."),
            ],
            format!(
                "Votre mot de passe reste entre {vendor} et vous ; Moulin ne le voit jamais. Une fois parti, vous avez dix \
                 minutes."
            ),
            format!("Continuer chez {vendor}"),
        ),
    };
    let mut parts = vec![Part::Text(what), Part::Steps(steps.into()), Part::Text(password)];
    if let Some(day) = connected {
        parts.push(Part::Next(match language {
            English => format!("This account is connected already, since {day}. Going on connects it anew."),
            French => format!("Ce compte est déjà connecté, depuis le {day}. Continuer le connecte à nouveau."),
        }));
    }
    parts.push(Part::Button { label, action: action.clone() });
    parts.push(Part::Languages);
    Page::new(StatusCode::OK, language, title, parts)
}

/// Says that it worked. `terminal` tells that a command waits for it.
pub(crate) fn connected(language: Language, connection: &str, vendor: &str, terminal: bool) -> Page {
    let (title, what, next) = match language {
        English => (
            format!("{connection} is connected"),
            format!(
                "{vendor} gave Moulin access. Moulin renews it by itself from now on; there is nothing more to do."
            ),
            if terminal { "You can close this page and go back to the terminal." } else { "You can close this page." },
        ),
        French => (
            format!("{connection} est connecté"),
            format!(
                "{vendor} a donné accès à Moulin, qui le renouvelle désormais de lui-même. Il n’y a rien d’autre à faire."
            ),
            if terminal {
                "Vous pouvez fermer cette page et revenir au terminal."
            } else {
                "Vous pouvez fermer cette page."
            },
        ),
    };
    Page::new(StatusCode::OK, language, title, vec![Part::Text(what), Part::Next(next.to_owned())])
}

/// No connection has this name.
pub(crate) fn unknown_connection(language: Language, name: &str) -> Page {
    let (title, what, next) = match language {
        English => (
            "No such connection",
            format!("There is no connection “{name}” here."),
            "Check the address. `moulin connection list` shows the connections there are.",
        ),
        French => (
            "Connexion inconnue",
            format!("Il n’y a pas de connexion « {name} » ici."),
            "Vérifiez l’adresse. « moulin connection list » montre les connexions qui existent.",
        ),
    };
    let parts = vec![Part::Text(what), Part::Next(next.to_owned())];
    Page::new(StatusCode::NOT_FOUND, language, title.to_owned(), parts)
}

/// The vendor sends people to an address that this service does not answer at.
pub(crate) fn elsewhere(language: Language, connection: &str, redirect_uri: &str) -> Page {
    let (title, what, next) = match language {
        English => (
            "Connect it from the command line",
            format!(
                "For “{connection}” the vendor sends people back to {redirect_uri}, where this service does not answer."
            ),
            format!("Run `moulin connect {connection}` on the machine of the service."),
        ),
        French => (
            "À connecter en ligne de commande",
            format!(
                "Pour « {connection} », le prestataire renvoie à {redirect_uri}, adresse où ce service ne répond pas."
            ),
            format!("Lancez « moulin connect {connection} » sur la machine du service."),
        ),
    };
    Page::new(StatusCode::CONFLICT, language, title.to_owned(), vec![Part::Text(what), Part::Next(next)])
}

/// The button was pressed on a page of another site.
pub(crate) fn foreign_page(language: Language, address: String) -> Page {
    let (title, what, label) = match language {
        English => {
            ("Begin here", "This was asked for by a page of another site. Nothing was done.", "Open the page here")
        }
        French => {
            ("Commencez ici", "La demande vient d’une page d’un autre site. Rien n’a été fait.", "Ouvrir la page d’ici")
        }
    };
    let parts = vec![Part::Text(what.to_owned()), Part::Link { label: label.to_owned(), href: address }];
    Page::new(StatusCode::FORBIDDEN, language, title.to_owned(), parts)
}

/// Another path than the one the vendor sends people to.
pub(crate) fn nothing_here(language: Language) -> Page {
    let (title, what) = match language {
        English => ("Nothing here", "Moulin waits for the vendor at another address. Go on in the vendor’s page."),
        French => {
            ("Rien ici", "Moulin attend le prestataire à une autre adresse. Continuez sur la page du prestataire.")
        }
    };
    Page::new(StatusCode::NOT_FOUND, language, title.to_owned(), vec![Part::Text(what.to_owned())])
}
