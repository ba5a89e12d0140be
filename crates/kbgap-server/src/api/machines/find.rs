//! Machines by tag and by address (api.md, section 6.8).

use std::net::IpAddr;

use kbgap_odata::types::machine::MACHINE;
use kbgap_odata::{ErrorCode, QueryOptions, SystemOption, Time};

use super::page;
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, PAGE, listing};
use crate::records::MachineRecord;
use crate::route::{Answered, Answering};

const MINUTE_MS: i64 = 60 * 1_000;
/// How far a sighting may be from the time that is asked for.
const NEAR_MS: i64 = 15 * MINUTE_MS;
/// How long ago the time that is asked for may be.
const OLDEST_MS: i64 = 30 * 24 * 60 * MINUTE_MS;

/// `GET /api/machines/findbytag?tag=…&useStartsWithFilter=…`. Case does not matter.
pub(crate) fn by_tag(call: &Call) -> Answered {
    let listing = listing(call, &MACHINE, PAGE)?;
    let (tag, starts) = tag(call)?;
    let page = call.fleet(|fleet| {
        let has = |own: &String| {
            let own = own.to_lowercase();
            own == tag || (starts && own.starts_with(&tag))
        };
        let found = fleet
            .machines_from(listing.begins_after())
            .filter(|machine| machine.tags.iter().any(has));
        page(call, fleet, &listing, found)
    });
    list::answer(call, listing, "Machines", page, Some(MachineRecord::expand))
}

/// The tag in lower case, and whether it is a beginning.
fn tag(call: &Call) -> Result<(String, bool), Failure> {
    const ALL: &[SystemOption] = &SystemOption::ALL;
    let options = QueryOptions::parse(call.query(), ALL)?;
    let tag = options.custom("tag")?.filter(|tag| !tag.is_empty());
    let tag = tag.ok_or_else(|| {
        let message = "The required parameter 'tag' is missing from the query.";
        Failure::new(ErrorCode::MissingRequiredParameter, message)
    })?;
    let starts = options.flag("useStartsWithFilter")?;
    Ok((tag.to_lowercase(), starts))
}

/// `GET /api/machines/findbyip(ip='…',timestamp=…)`: the machines that were seen at
/// the address within 15 minutes of the time.
pub(crate) fn by_ip(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let listing = listing(call, &MACHINE, PAGE)?;
        let (ip, time) = parameters(call.key(0))?;
        if time < call.now().saturating_sub(OLDEST_MS) {
            let message = "The timestamp is older than 30 days.";
            return Err(Failure::new(ErrorCode::InvalidInput, message));
        }
        let (from, to) = (time.saturating_sub(NEAR_MS), time.saturating_add(NEAR_MS));
        let store = &call.state.store;
        let ids = store
            .seen_at_address(&call.claims.tenant, ip, from, to)
            .await?;
        let page = call.fleet(|fleet| {
            let found = fleet.machines_with_ids(&ids);
            page(call, fleet, &listing, found.into_iter())
        });
        list::answer(call, listing, "Machines", page, Some(MachineRecord::expand))
    })
}

/// `ip='10.248.240.38',timestamp=2019-09-22T08:44:05Z`, in any order.
fn parameters(text: &str) -> Result<(IpAddr, i64), Failure> {
    let (mut ip, mut time) = (None, None);
    for part in text.split(',') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('\'');
        match name.trim().to_ascii_lowercase().as_str() {
            "ip" => ip = Some(value),
            "timestamp" => time = Some(value),
            other => {
                let other: String = other.chars().take(40).collect();
                let message = format!("'findbyip' takes 'ip' and 'timestamp', not '{other}'.");
                return Err(Failure::new(ErrorCode::InvalidInput, message));
            }
        }
    }
    let missing = |name: &str| {
        Failure::new(
            ErrorCode::MissingRequiredParameter,
            format!("The required parameter '{name}' of 'findbyip' is missing."),
        )
    };
    let (ip, time) = (
        ip.ok_or_else(|| missing("ip"))?,
        time.ok_or_else(|| missing("timestamp"))?,
    );
    let shown = |text: &str| text.chars().take(60).collect::<String>();
    let address = ip.parse().map_err(|_| {
        let message = format!("'{}' is no IP address.", shown(ip));
        Failure::new(ErrorCode::InvalidIpAddress, message)
    })?;
    let time = Time::parse(time).ok_or_else(|| {
        let message = format!(
            "The timestamp '{}' is no time such as 2019-09-22T08:44:05Z.",
            shown(time)
        );
        Failure::new(ErrorCode::InvalidInput, message)
    })?;
    Ok((address, time.as_ms()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_in_either_order_with_and_without_quotes() {
        let expected = (
            "10.248.240.38".parse::<IpAddr>().unwrap(),
            1_569_141_845_000,
        );
        for text in [
            "ip='10.248.240.38',timestamp=2019-09-22T08:44:05Z",
            "timestamp='2019-09-22T08:44:05Z', ip='10.248.240.38'",
            "IP=10.248.240.38,Timestamp=2019-09-22T08:44:05.000Z",
        ] {
            assert_eq!(parameters(text).unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "ip='1.2.3.4'",
            "timestamp=2019-09-22T08:44:05Z",
            "ip='1.2.3',timestamp=2019-09-22T08:44:05Z",
            "ip='1.2.3.4',timestamp=then",
            "ip='1.2.3.4',timestamp=2019-09-22T08:44:05Z,x=1",
        ] {
            assert!(parameters(text).is_err(), "{text}");
        }
    }
}
