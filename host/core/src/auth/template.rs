//! URLs with settings and facts in them.

use std::collections::BTreeMap;

use url::Url;

/// A URL in which `{key}` stands for a setting, or for a fact the vendor told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    settings: BTreeMap<String, String>,
}

impl Template {
    /// A template, with what is known of its parts.
    pub fn new(text: impl Into<String>, settings: BTreeMap<String, String>) -> Self {
        Self { text: text.into(), settings }
    }

    /// The URL, these facts going before settings. The error says what came out instead of a URL.
    pub fn url(&self, facts: &BTreeMap<String, String>) -> Result<Url, String> {
        let parts = self.settings.iter().filter(|(key, _)| !facts.contains_key(*key)).chain(facts);
        let filled = parts.fold(self.text.clone(), |text, (key, value)| text.replace(&format!("{{{key}}}"), value));
        Url::parse(&filled).map_err(|error| format!("\"{filled}\" is not a URL: {error}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_goes_before_a_setting() {
        let settings = BTreeMap::from([("domain".to_owned(), "https://api.example".to_owned())]);
        let template = Template::new("{domain}/oauth/token", settings);
        assert_eq!(template.url(&BTreeMap::new()).unwrap().as_str(), "https://api.example/oauth/token");
        let facts = BTreeMap::from([("domain".to_owned(), "https://api.example.eu".to_owned())]);
        assert_eq!(template.url(&facts).unwrap().as_str(), "https://api.example.eu/oauth/token");
        assert!(Template::new("{nowhere}/x", BTreeMap::new()).url(&facts).unwrap_err().contains("not a URL"));
    }
}
