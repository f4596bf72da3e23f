//! The same requests to this engine, answered in the form of the other.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlsec::source::ranger::{
    Access, Context, Documents, Filter, Mask, Mode, Options, Request, Scope, Service,
};

use crate::ranger::engine::of;
use crate::ranger::strings;

pub fn service(written: &Value, mode: Mode) -> Result<Service, String> {
    let documents = Documents {
        policies: of(&written["policies"]),
        roles: written.get("roles").map(of),
        tags: written.get("tags").map(of),
        users: None,
    };
    let options = Options {
        mode,
        ..Options::default()
    };
    Service::load(&documents, options).map_err(|error| error.to_string())
}

fn context(written: &Value) -> Context {
    let values = written["context"].as_object().into_iter().flatten();
    let values =
        values.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Context {
        client_ip: written["ip"].as_str().map(str::to_owned),
        values: values.collect(),
        ..Context::default()
    }
}

/// `[[allowed, policy], [mask type, value, policy], [filter, policy]]`
pub fn answer(service: &Service, written: &Value) -> Value {
    let levels = written["resource"].as_object().into_iter().flatten();
    let levels = levels.filter_map(|(level, value)| Some((level.as_str(), value.as_str()?)));
    let mut resource = service.resource(levels);
    resource.owner = written["owner"].as_str().map(str::to_owned);
    let access = Access::written(written["access"].as_str().unwrap_or_default());
    let at = Timestamp::from_millisecond(written["at"].as_i64().unwrap_or_default());
    let context = context(written);
    let mut request = Request::new(&resource, &access, at.expect("a time"), &context);
    if written["descendants"] == json!(true) {
        request.scope = Scope::Descendants;
    }
    request.heed_denies_below = written["heed"] == json!(true);
    let user = written["user"].as_str().unwrap_or_default();
    let subject = service.subject(user, &strings(&written["groups"]));
    let allowed = subject.access(&request);
    let mask = match subject.mask(&request) {
        Mask::None => json!([null, null, -1]),
        Mask::Exempt { by, kind } => json!([kind, null, by.policy]),
        Mask::Masked {
            by, kind, value, ..
        } => json!([kind, value, by.policy]),
        Mask::Closed { by, why } => json!([why, "closed", by.policy]),
    };
    let filter = match subject.filter(&request) {
        Filter::None => json!([null, -1]),
        Filter::Exempt { by } => json!(["", by.policy]),
        Filter::Rows { by, sql } => json!([sql, by.policy]),
        Filter::Closed { by, why } => json!([format!("closed: {why}"), by.policy]),
    };
    json!([
        [allowed.yes, allowed.by.map_or(-1, |by| by.policy)],
        mask,
        filter
    ])
}
