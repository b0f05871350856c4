//! A person at the authorize endpoint, for tests.

use std::io;

use http::Uri;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Agrees.
    Allow,
    /// Refuses.
    Deny,
}

/// Where the vendor sends the person back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The whole URL.
    pub url: String,
    /// Its parameters, decoded, in order.
    pub parameters: Vec<(String, String)>,
}

impl Redirect {
    /// A parameter by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// Opens an authorization URL, decides, and gives the redirect that follows, which is not followed itself.
///
/// # Errors
/// When the server cannot be reached, or answers with a page instead of a redirect: the text is that page.
pub async fn consent(authorization_url: &str, decision: Decision) -> io::Result<Redirect> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let uri: Uri = authorization_url.parse().map_err(|error| wrong(format!("{authorization_url}: {error}")))?;
    let authority = uri.authority().ok_or_else(|| wrong(format!("{authorization_url} has no host")))?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let body = match decision {
        Decision::Allow => "consent=allow",
        Decision::Deny => "consent=deny",
    };
    let request = format!(
        "POST {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(authority.as_str()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let location = answer.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    let url = location.ok_or_else(|| wrong(answer))?;
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair = |part: &str| part.split_once('=').map(|(name, value)| (decode(name), decode(value)));
    let parameters = query.split('&').filter_map(pair).collect();
    Ok(Redirect { url, parameters })
}
