//! Note bodies are HTML at the vendor and plain text in the contract.

/// Plain text as HTML: special characters escaped, line ends as `<br>`.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            '\r' => {}
            other => html.push(other),
        }
    }
    html
}

/// A note's body: the title in bold on a line of its own, then the text.
pub(crate) fn note(title: Option<&str>, text: &str) -> String {
    match title {
        Some(title) => format!("<strong>{}</strong><br>{}", escape(title), escape(text)),
        None => escape(text),
    }
}

/// Title and text of a note's body.
pub(crate) fn read(html: &str) -> (Option<String>, String) {
    let mut rest = html.trim();
    while rest.starts_with('<') && !rest.starts_with("<strong>") {
        let Some((_, behind)) = rest.split_once('>') else { break };
        rest = behind.trim_start();
    }
    let bold = rest.strip_prefix("<strong>").and_then(|rest| rest.split_once("</strong>"));
    if let Some((title, behind)) = bold
        && let Some(text) = ["<br>", "<br/>", "<br />"].iter().find_map(|end| behind.strip_prefix(end))
    {
        return (Some(plain(title)).filter(|title| !title.is_empty()), plain(text));
    }
    (None, plain(html))
}

/// The text of HTML: tags dropped, the ends of blocks as line ends, entities undone.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, here) = rest.split_at(at);
        text.push_str(before);
        rest = if here.starts_with('<') { tag(here, &mut text) } else { entity(here, &mut text) };
    }
    text.push_str(rest);
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// Skips a tag; what only looks like one stays.
fn tag<'h>(html: &'h str, text: &mut String) -> &'h str {
    let named = html.get(1..).and_then(|rest| rest.chars().next());
    let Some((tag, rest)) =
        html.split_once('>').filter(|_| named.is_some_and(|first| first == '/' || first.is_alphabetic()))
    else {
        text.push('<');
        return html.get(1..).unwrap_or_default();
    };
    let name = tag.trim_start_matches('<').trim_end_matches('/').split(' ').next().unwrap_or_default();
    if matches!(name.to_ascii_lowercase().as_str(), "br" | "/p" | "/div" | "/li" | "/tr" | "/h1" | "/h2" | "/h3") {
        text.push('\n');
    }
    rest
}

fn entity<'h>(html: &'h str, text: &mut String) -> &'h str {
    // The longest name that is known is short.
    let found = html.split_once(';').filter(|(name, _)| name.len() <= 8);
    let letter = found.and_then(|(name, _)| match name.get(1..)? {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        number => {
            let digits = number.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    });
    match (found, letter) {
        (Some((_, rest)), Some(letter)) => {
            text.push(letter);
            rest
        }
        _ => {
            text.push('&');
            html.get(1..).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (title, text) in [
            (Some("+25 points"), "Visite du 12 avril\ntable 4"),
            (None, "1 < 2 & 3 > 2; \"noix\""),
            (Some("<b>"), "&amp; <br>"),
            (None, "Crème brûlée"),
        ] {
            assert_eq!(read(&note(title, text)), (title.map(str::to_owned), text.to_owned()));
        }
        assert_eq!(note(Some("A"), "b\nc"), "<strong>A</strong><br>b<br>c");
    }

    #[test]
    fn what_people_write_at_the_vendor_becomes_text() {
        let html = r#"<div style="" dir="auto" data-top-level="true"><p style="margin:0;">Aime le <strong>calme</strong>&nbsp;&amp; la vue&#8239;!</p><p>Allergie&#x3a; noix</p></div>"#;
        assert_eq!(read(html), (None, "Aime le calme & la vue\u{202f}!\nAllergie: noix".to_owned()));
        assert_eq!(read("<p><strong>Titre</strong><br/>Texte</p>"), (Some("Titre".into()), "Texte".into()));
        for odd in ["", "<", "&", "a < b && c", "<p", "&#xzz;", "<strong>x"] {
            read(odd);
        }
        assert_eq!(read("a < b && c").1, "a < b && c");
    }
}
