//! A page as HTML.

use std::borrow::Cow;

use super::{Language, Page, Part};

/// Dark on light, or light on dark where the person prefers that; every pair of colours has a contrast of 7 to 1 or more
/// (WCAG 2.2, 1.4.6).
const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f6f4ef;--paper:#fff;--ink:#1f1d1a;--soft:#4a463f;--line:#cfc9bd;--act:#1d4f3f;--on:#fff}\
@media(prefers-color-scheme:dark){:root{--ground:#171614;--paper:#22201d;--ink:#f2efe9;--soft:#cfc9bd;--line:#4d483f;\
--act:#a9dcc8;--on:#10231c}}\
*{box-sizing:border-box}\
body{margin:0;padding:1.5rem 1rem;background:var(--ground);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif;\
overflow-wrap:break-word}\
main{max-width:36rem;margin:0 auto;padding:1.5rem;background:var(--paper);border:1px solid var(--line);border-radius:.5rem}\
main>:last-child{margin-bottom:0}\
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}\
li{margin:.4rem 0}ol{padding-left:1.4rem}\
.next{font-weight:600}\
.detail{color:var(--soft);font-size:.9375rem;border-left:.2rem solid var(--line);padding-left:.8rem}\
form{margin:1.5rem 0 .5rem}\
button,.again{display:inline-block;padding:.7rem 1.2rem;border:0;border-radius:.4rem;background:var(--act);color:var(--on);\
font:inherit;font-weight:600;text-decoration:none;cursor:pointer}\
button:focus-visible,a:focus-visible{outline:.2rem solid var(--act);outline-offset:.2rem}\
footer{max-width:36rem;margin:1rem auto 0;color:var(--soft);font-size:.9375rem}footer a{color:inherit}";

impl Page {
    /// The whole document; `nonce` is that of the style.
    pub(super) fn html(&self, nonce: &str) -> String {
        let text = |text: &str| escape(&typeset(self.language, text));
        let title = text(&self.title);
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · Moulin</title>\n\
             <style nonce=\"{nonce}\">{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
            self.language.code()
        );
        let mut footer = String::new();
        for part in &self.parts {
            match part {
                Part::Text(paragraph) => html.push_str(&format!("<p>{}</p>\n", text(paragraph))),
                Part::Next(next) => html.push_str(&format!("<p class=\"next\">{}</p>\n", text(next))),
                Part::Steps(steps) => {
                    let steps: String = steps.iter().map(|step| format!("<li>{}</li>", text(step))).collect();
                    html.push_str(&format!("<ol>{steps}</ol>\n"));
                }
                Part::Detail(detail) => {
                    html.push_str(&format!("<p class=\"detail\" lang=\"en\">{}</p>\n", escape(detail)));
                }
                Part::Button { label, action } => html.push_str(&format!(
                    "<form method=\"post\" action=\"{}\"><button type=\"submit\">{}</button></form>\n",
                    escape(action),
                    escape(label)
                )),
                Part::Link { label, href } => {
                    html.push_str(&format!(
                        "<p><a class=\"again\" href=\"{}\">{}</a></p>\n",
                        escape(href),
                        escape(label)
                    ));
                }
                Part::Languages => footer = languages(self.language),
            }
        }
        html.push_str(&format!("</main>\n{footer}</body>\n</html>\n"));
        html
    }
}

fn languages(current: Language) -> String {
    let others = Language::ALL.into_iter().filter(|(language, _)| *language != current);
    let links = others.map(|(language, name)| {
        let code = language.code();
        format!("<a href=\"?lang={code}\" lang=\"{code}\" hreflang=\"{code}\">{name}</a>")
    });
    format!("<footer>{}</footer>\n", links.collect::<Vec<_>>().join(" · "))
}

/// French puts spaces inside its quotation marks and before some signs, at which no line may break.
fn typeset(language: Language, text: &str) -> Cow<'_, str> {
    if language != Language::French {
        return Cow::Borrowed(text);
    }
    let bound = [" »", " ;", " :", " ?", " !"]
        .iter()
        .fold(text.replace("« ", "«\u{a0}"), |text, sign| text.replace(sign, &sign.replace(' ', "\u{a0}")));
    Cow::Owned(bound)
}

/// A text that means itself between tags and in quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn every_text_is_escaped() {
        let bad = || "<script>\"'&</script>".to_owned();
        let parts = vec![
            Part::Text(bad()),
            Part::Next(bad()),
            Part::Steps(vec![bad()]),
            Part::Detail(bad()),
            Part::Button { label: bad(), action: bad() },
            Part::Link { label: bad(), href: bad() },
            Part::Languages,
        ];
        let expected = "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;";
        let html = Page::new(StatusCode::OK, Language::French, bad(), parts).html("0");
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches(expected).count(), 10, "{html}");
        assert!(html.contains("<html lang=\"fr\">") && html.contains("href=\"?lang=en\""), "{html}");
    }
}
