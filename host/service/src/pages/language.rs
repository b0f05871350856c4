//! Which language a person reads.

/// A language the pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

impl Language {
    /// Every language, as they name themselves.
    pub(crate) const ALL: [(Self, &'static str); 2] = [(Self::English, "English"), (Self::French, "Français")];

    /// ISO 639-1.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The language of this code.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().map(|(language, _)| language).find(|language| language.code() == code)
    }

    /// The language a browser prefers among those there are (RFC 9110 section 12.5.4); English when it names neither.
    pub(crate) fn preferred(accept_language: &str) -> Self {
        let mut best = (Self::default(), 0.0_f32);
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let primary = tag.split('-').next().unwrap_or_default();
            let Some(language) = Self::of_code(primary) else { continue };
            let quality = parts.find_map(|part| part.strip_prefix("q="));
            let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            // Of equals the first stands: browsers list them in order.
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_wins_and_english_stands_for_all_others() {
        for (header, expected) in [
            ("", Language::English),
            ("fr", Language::French),
            ("fr-FR,fr;q=0.9,en;q=0.8", Language::French),
            ("FR-ca", Language::French),
            ("en-GB,en;q=0.9,fr;q=0.8", Language::English),
            ("de-DE, fr;q=0.7, en;q=0.3", Language::French),
            ("de", Language::English),
            ("fr;q=0, en;q=0.1", Language::English),
            ("en;q=0.5,fr;q=0.9", Language::French),
            ("*;q=0.5", Language::English),
            ("fr;q=nonsense", Language::English),
            ("frx", Language::English),
        ] {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
    }
}
