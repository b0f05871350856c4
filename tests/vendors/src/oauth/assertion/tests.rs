//! Assertions with one thing wrong each.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::*;

const AUDIENCE: &str = "https://vendor.example/token";
const NOW: i64 = 1_744_453_800;

struct Signer {
    pair: Ed25519KeyPair,
    keys: Vec<AssertionKey>,
    seen: BTreeSet<String>,
}

impl Signer {
    fn new(kid: Option<&str>) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = pair.public_key().as_ref().to_vec();
        let key =
            AssertionKey { issuer: "moulin".into(), kid: kid.map(str::to_owned), algorithm: Algorithm::EdDsa, key };
        Self { pair, keys: vec![key], seen: BTreeSet::new() }
    }

    fn jwt(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()).as_ref()))
    }

    fn check(&mut self, jwt: &str) -> Result<String, &'static str> {
        let now = Timestamp::from_second(NOW).unwrap();
        subject(jwt, &self.keys, AUDIENCE, now, &mut self.seen).map_err(|refusal| refusal.code)
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "JWT" })
}

fn claims() -> Value {
    json!({ "iss": "moulin", "sub": "chef", "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW })
}

#[test]
fn a_right_assertion_names_its_subject() {
    let mut signer = Signer::new(None);
    for aud in [json!(AUDIENCE), json!([AUDIENCE])] {
        let mut claims = claims();
        claims["aud"] = aud;
        assert_eq!(signer.check(&signer.jwt(&header(), &claims)), Ok("chef".to_owned()));
    }
}

#[test]
fn a_claim_that_is_wrong_or_missing_is_refused() {
    let mut signer = Signer::new(None);
    for (name, value, fits) in [
        ("iss", json!("other"), false),
        ("iss", Value::Null, false),
        ("sub", Value::Null, false),
        ("aud", Value::Null, false),
        ("aud", json!("https://vendor.example/token/"), false),
        ("aud", json!("https://vendor.example"), false),
        ("aud", json!([AUDIENCE, "https://other.example"]), false),
        ("exp", Value::Null, false),
        ("exp", json!(NOW), false),
        ("exp", json!(NOW + 1), true),
        ("exp", json!(NOW + 3_600), true),
        ("exp", json!(NOW + 3_601), false),
        ("exp", json!((NOW + 300).to_string()), false),
        ("iat", json!(NOW + 60), true),
        ("iat", json!(NOW + 61), false),
        ("nbf", json!(NOW + 60), true),
        ("nbf", json!(NOW + 61), false),
        ("iat", Value::Null, true),
        ("jti", json!(7), false),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        let wanted = if fits { Ok("chef".to_owned()) } else { Err("invalid_grant") };
        assert_eq!(signer.check(&signer.jwt(&header(), &claims)), wanted, "{name} {value}");
    }
}

#[test]
fn an_id_is_good_once() {
    let mut signer = Signer::new(None);
    let mut claims = claims();
    claims["jti"] = json!("a");
    let jwt = signer.jwt(&header(), &claims);
    assert_eq!((signer.check(&jwt), signer.check(&jwt)), (Ok("chef".to_owned()), Err("invalid_grant")));
    claims["jti"] = json!("b");
    assert!(signer.check(&signer.jwt(&header(), &claims)).is_ok());
}

#[test]
fn only_the_registered_key_algorithm_and_key_id_are_trusted() {
    let mut signer = Signer::new(Some("k1"));
    let right = json!({ "alg": "EdDSA", "kid": "k1" });
    assert!(signer.check(&signer.jwt(&right, &claims())).is_ok());
    for wrong in [
        json!({ "alg": "EdDSA" }),
        json!({ "alg": "EdDSA", "kid": "k2" }),
        json!({ "alg": "ES256", "kid": "k1" }),
        json!({ "alg": "none", "kid": "k1" }),
        json!({ "kid": "k1" }),
    ] {
        assert_eq!(signer.check(&signer.jwt(&wrong, &claims())), Err("invalid_grant"), "{wrong}");
    }
    let unsigned = format!("{}.", message(&right, &claims()));
    let mut other = claims();
    other["sub"] = json!("owner");
    let jwt = signer.jwt(&right, &claims());
    let moved = format!("{}.{}", message(&right, &other), jwt.rsplit_once('.').unwrap().1);
    for wrong in [unsigned.as_str(), moved.as_str(), "", "a.b", "a.b.c", &jwt[1..]] {
        assert_eq!(signer.check(wrong), Err("invalid_grant"), "{wrong}");
    }
}

#[test]
fn es256_is_verified() {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let key = pair.public_key().as_ref().to_vec();
    let mut signer = Signer::new(None);
    signer.keys = vec![AssertionKey { issuer: "moulin".into(), kid: None, algorithm: Algorithm::Es256, key }];
    let text = message(&json!({ "alg": "ES256" }), &claims());
    let signature = pair.sign(&random, text.as_bytes()).unwrap();
    let jwt = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    assert!(signer.check(&jwt).is_ok());
    assert_eq!(signer.check(&signer.jwt(&json!({ "alg": "ES256" }), &claims())), Err("invalid_grant"));
}

/// Made once with OpenSSL, at the moment these tests stand at; the private key is gone.
const RS256_KEY: &str = "MIIBCgKCAQEApDHi-Jvvb2qo1kTOeLbFJohG1sWJKK_QAXGpjKqpk8z5s-KXzVJyLHWgSEAstsSsbMZ3MsF0Wz0uTI0PheHDlEWx\
    LlYspduJWdeJiuSgHOvr304VRBf1hn4XylJ_c56NJBeGM1OfjHNepEEMt9Pd7bHnhF05eSRX6yC6rq_aI7m46zZNRQn6XBcfs8LH\
    IUuV7GTcenZX_vTK5AU2X4QoiTCkoJCFghaWX3WOpK59C1iWJCWPFoA9DWQF2gUi5_vascfMTtspZ2B7Paxst3eSh_RNX51zv3U_\
    NZavhHPNBEF9tKMRrzwE7DcrTGfqZk-iAa8DTd7K9eI4OWJC6lFcfwIDAQAB";
const RS256_JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtb3VsaW4iLCJzdWIiOiJjaGVmIiwiYXVkIjoiaHR0cHM6Ly92ZW5kb3IuZXhhbXBsZS9\
    0b2tlbiIsImV4cCI6MTc0NDQ1NDEwMCwiaWF0IjoxNzQ0NDUzODAwfQ.EBnFzXSuHufUOrwZ2fiJ5-Php_jg4HMGE6bnIDPvw_eX\
    3XELHRLjsPXNa4DO8jRYKAScFTEEeb6Nrv4FWbrrAtQRMBDSikrUafb1dtDGqGjlB_a0Bg3CC37rA-c3Hv9b8vpuvbuFd8y1ol1c\
    nPb_mswD3VfwtnJOzSn7aWz-pD3pZFgadrBFKfSbx7JfW4aU1WX_CdxWsoxD4JiA00XoTi2Fnq9c5Yc9HYcxBTu5M5w84cRj0qUb\
    r1JaiWUkffPd6ET5WBVO0qQwpWnvxVT7uGNwahU5adHPKC5O_nlNDtcjAFNxN61NiUY52v05B9TlrYc-Mmie8ecnt79VMDwIvw";

#[test]
fn rs256_is_verified() {
    let mut signer = Signer::new(None);
    let key = URL_SAFE_NO_PAD.decode(RS256_KEY).unwrap();
    signer.keys = vec![AssertionKey { issuer: "moulin".into(), kid: None, algorithm: Algorithm::Rs256, key }];
    assert_eq!(signer.check(RS256_JWT), Ok("chef".to_owned()));
    let (message, signature) = RS256_JWT.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    assert_eq!(signer.check(&format!("{message}.{swapped}")), Err("invalid_grant"));
}
