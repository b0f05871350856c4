//! What is read, and who is believed.

use super::*;

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const JSON: (&str, &str) = ("content-type", "application/json");

fn read(profile: &Profile, parts: &Parts, body: &'static str) -> Result<Parameters, &'static str> {
    parameters(profile, parts, &Bytes::from_static(body.as_bytes())).map_err(|refusal| refusal.code)
}

#[test]
fn parameters_are_read_only_where_the_profile_takes_them() {
    let one = Parameters::from([("a".to_owned(), "x y".to_owned())]);
    let (form, json, query) =
        (parts("POST", "/t", &[FORM]), parts("POST", "/t", &[JSON]), parts("POST", "/t?a=x%20y", &[]));
    let refused = Err("invalid_request");
    let strict = Profile::strict();
    assert_eq!(read(&strict, &form, "a=x+y&b="), Ok(one.clone()));
    assert_eq!(read(&strict, &json, r#"{"a":"x y"}"#), refused);
    assert_eq!(read(&strict, &query, ""), refused);
    assert_eq!(read(&Profile::square(), &json, r#"{"a":"x y"}"#), Ok(one.clone()));
    assert_eq!(read(&Profile::square(), &form, "a=x+y"), refused);
    assert_eq!(read(&Profile::zoho(), &query, ""), Ok(one.clone()));
    assert_eq!(read(&Profile::zoho(), &form, "a=x+y"), Ok(one));
    assert_eq!(read(&Profile::zoho(), &json, r#"{"a":"x y"}"#), refused);
}

#[test]
fn what_is_malformed_or_in_two_places_is_refused() {
    let refused = Err("invalid_request");
    let zoho = Profile::zoho();
    assert_eq!(read(&zoho, &parts("POST", "/t?a=1", &[FORM]), "b=1"), refused);
    assert_eq!(read(&zoho, &parts("POST", "/t", &[FORM]), ""), refused);
    assert_eq!(read(&zoho, &parts("POST", "/t", &[FORM]), "a=1&a=2"), refused);
    assert_eq!(read(&zoho, &parts("POST", "/t", &[FORM]), "a=%f"), refused);
    assert_eq!(read(&zoho, &parts("POST", "/t", &[]), "a=1"), refused);
    assert_eq!(read(&zoho, &parts("POST", "/t", &[("content-type", "text/plain")]), "a=1"), refused);
    let square = Profile::square();
    for wrong in ["a=1", "[]", r#"{"a":1}"#, r#"{"a":null}"#] {
        assert_eq!(read(&square, &parts("POST", "/t", &[JSON]), wrong), refused, "{wrong}");
    }
}

/// The code for a client that sends this header and these parameters.
fn client(profile: &Profile, header: Option<&str>, body: &str) -> Result<(), &'static str> {
    let headers: Vec<_> = header.map(|value| ("authorization", value)).into_iter().collect();
    authenticate(profile, &parts("POST", "/t", &headers), &pairs(body).unwrap(), true).map_err(|refusal| refusal.code)
}

fn encoded(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[test]
fn a_client_proves_itself_in_the_way_of_the_profile() {
    let with = |client_auth| Profile { client_auth, ..Profile::strict() };
    let (right, header) = ("client_id=demo-client&client_secret=demo-secret", encoded("demo-client:demo-secret"));
    let wrong_client = Err("invalid_client");
    for (auth, by_body, by_header, by_id) in [
        (ClientAuth::Body, Ok(()), wrong_client, wrong_client),
        (ClientAuth::Basic, wrong_client, Ok(()), wrong_client),
        (ClientAuth::Either, Ok(()), Ok(()), wrong_client),
        (ClientAuth::Public, wrong_client, wrong_client, Ok(())),
    ] {
        let profile = with(auth);
        assert_eq!(client(&profile, None, right), by_body, "{auth:?}");
        assert_eq!(client(&profile, Some(&header), ""), by_header, "{auth:?}");
        assert_eq!(client(&profile, None, "client_id=demo-client"), by_id, "{auth:?}");
        assert_eq!(client(&profile, None, ""), wrong_client, "{auth:?}");
        assert_eq!(client(&profile, None, "client_id=other&client_secret=demo-secret"), wrong_client, "{auth:?}");
    }
    let either = with(ClientAuth::Either);
    assert_eq!(client(&either, Some(&header), right), Err("invalid_request"));
    assert_eq!(client(&either, Some(&header), "client_id=demo-client"), Ok(()));
    assert_eq!(client(&either, Some(&header), "client_id=other"), Err("invalid_request"));
    assert_eq!(client(&either, None, "client_id=demo-client&client_secret=demo-secreT"), wrong_client);
}

#[test]
fn basic_wants_both_parts_form_encoded() {
    let profile = Profile { client_secret: "p+%: é/".to_owned(), ..Profile::strict() };
    let code = |text: &str| client(&profile, Some(&encoded(text)), "");
    assert_eq!(code("demo-client:p%2B%25%3A+%C3%A9%2F"), Ok(()));
    assert_eq!(code("demo-client:p%2B%25%3A%20%C3%A9%2F"), Ok(()));
    for wrong in ["demo-client:p+%: é/", "demo-client:p%2B%25%3A+%C3%A9/", "demo-client:p%2B%2", "demo-client"] {
        assert_eq!(code(wrong), Err("invalid_client"), "{wrong}");
    }
    assert_eq!(client(&profile, Some("Basic ***"), ""), Err("invalid_client"));
    assert_eq!(client(&profile, Some("Bearer abc"), ""), Err("invalid_client"));
}
