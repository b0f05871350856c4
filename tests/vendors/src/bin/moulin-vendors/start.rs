//! Each vendor, started as the flags say.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use moulin_vendors::oauth::{OAuth, OAuthOptions, Profile};
use moulin_vendors::{
    HubSpot, HubSpotOptions, Lightspeed, LightspeedOptions, Listening, Metro, MetroOptions, OpenTable,
    OpenTableOptions, Pomona, PomonaOptions, Square, SquareOptions, TheFork, TheForkOptions, Transgourmet,
    TransgourmetOptions, World, Zoho, ZohoOptions, hubspot, lightspeed, metro, opentable, square, thefork, zoho,
};

use crate::flags::{Flags, Vendor};

/// Starts one of the vendors.
pub(crate) async fn vendor(vendor: Vendor, flags: &Flags, world: &World) -> io::Result<Box<dyn Listening>> {
    let started = match vendor {
        Vendor::Lightspeed => boxed(Lightspeed::start(world.clone(), lightspeed(flags)).await),
        Vendor::Metro => boxed(Metro::start(world.clone(), metro(flags)).await),
        Vendor::Transgourmet => boxed(Transgourmet::start(world.clone(), transgourmet(flags)).await),
        Vendor::Pomona => boxed(Pomona::start(world.clone(), pomona(flags)).await),
        Vendor::Square => boxed(Square::start(world.clone(), square(flags)).await),
        Vendor::TheFork => boxed(TheFork::start(world.clone(), thefork(flags)).await),
        Vendor::OpenTable => boxed(OpenTable::start(world.clone(), opentable(flags)).await),
        Vendor::HubSpot => boxed(HubSpot::start(world.clone(), hubspot(flags)).await),
        Vendor::Zoho => boxed(Zoho::start(world.clone(), zoho(flags)).await),
    };
    started.map_err(|error| named(vendor.name(), flags.address(vendor), &error))
}

/// Starts an authorization server by its profile's name.
pub(crate) async fn oauth(profile: &str, listen: SocketAddr, flags: &Flags) -> io::Result<Box<dyn Listening>> {
    // The flag was checked when it was read.
    let mut profile = Profile::named(profile).ok_or(io::ErrorKind::InvalidInput)?;
    profile.client_id.clone_from(&flags.client_id);
    profile.client_secret.clone_from(&flags.client_secret);
    profile.redirect_uris = vec![flags.redirect_uri.clone()];
    if let Some(life) = flags.token_life.map(Duration::from_secs) {
        profile.access_life = life;
        profile.refreshed_life = profile.refreshed_life.map(|_| life);
    }
    let options = OAuthOptions { listen, seed: flags.seed, ..OAuthOptions::new(profile) };
    boxed(OAuth::start(options).await).map_err(|error| named("oauth", listen, &error))
}

fn boxed(started: io::Result<impl Listening + 'static>) -> io::Result<Box<dyn Listening>> {
    started.map(|server| Box::new(server) as Box<dyn Listening>)
}

fn named(vendor: &str, address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("{vendor} cannot listen on {address}: {error}; choose another with --{vendor}"),
    )
}

fn lightspeed(flags: &Flags) -> LightspeedOptions {
    LightspeedOptions {
        listen: flags.lightspeed,
        account_id: flags.account.clone(),
        bearer_token: flags.bearer.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        redirect_uri: flags.redirect_uri.clone(),
        token_life: flags.token_life,
        limits: lightspeed::Limits::scaled(flags.limit_scale),
        ..LightspeedOptions::default()
    }
}

fn metro(flags: &Flags) -> MetroOptions {
    MetroOptions {
        listen: flags.metro,
        api_key: flags.api_key.clone(),
        client_number: flags.client_number.clone(),
        limits: metro::Limits::scaled(flags.limit_scale),
        ..MetroOptions::default()
    }
}

fn transgourmet(flags: &Flags) -> TransgourmetOptions {
    TransgourmetOptions {
        listen: flags.transgourmet,
        customer_id: flags.customer_id.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        token_life: flags.token_life,
        limits: TransgourmetOptions::limits(flags.limit_scale),
        ..TransgourmetOptions::default()
    }
}

fn pomona(flags: &Flags) -> PomonaOptions {
    PomonaOptions {
        listen: flags.pomona,
        establishment_code: flags.establishment.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        token_life: flags.token_life,
        limits: PomonaOptions::limits(flags.limit_scale),
        ..PomonaOptions::default()
    }
}

fn square(flags: &Flags) -> SquareOptions {
    SquareOptions {
        listen: flags.square,
        access_token: flags.square_token.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        redirect_uri: flags.redirect_uri.clone(),
        token_life: flags.token_life,
        limits: square::Limits::scaled(flags.limit_scale),
    }
}

fn thefork(flags: &Flags) -> TheForkOptions {
    TheForkOptions {
        listen: flags.thefork,
        restaurant_id: flags.thefork_restaurant.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        token_life: flags.token_life,
        limits: thefork::Limits::scaled(flags.limit_scale),
        ..TheForkOptions::default()
    }
}

fn opentable(flags: &Flags) -> OpenTableOptions {
    OpenTableOptions {
        listen: flags.opentable,
        restaurant_id: flags.opentable_restaurant.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        token_life: flags.token_life,
        limits: opentable::Limits::scaled(flags.limit_scale),
        ..OpenTableOptions::default()
    }
}

fn hubspot(flags: &Flags) -> HubSpotOptions {
    HubSpotOptions {
        listen: flags.hubspot,
        private_token: flags.hubspot_token.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        redirect_uri: flags.redirect_uri.clone(),
        token_life: flags.token_life,
        limits: hubspot::Limits::scaled(flags.limit_scale),
        ..HubSpotOptions::default()
    }
}

fn zoho(flags: &Flags) -> ZohoOptions {
    ZohoOptions {
        listen: flags.zoho,
        access_token: flags.zoho_token.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        redirect_uri: flags.redirect_uri.clone(),
        token_life: flags.token_life,
        limits: zoho::Limits::scaled(flags.limit_scale),
        ..ZohoOptions::default()
    }
}
