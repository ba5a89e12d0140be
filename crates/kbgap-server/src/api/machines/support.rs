//! Whether the Windows of machines is supported: an annotation, and a choice of machines.
//! It depends on the day, so it is asked for with the server's clock and kept nowhere.

use jiff::civil::Date;
use kbgap_assess::SupportStatus;
use kbgap_fleet::FleetMachine;
use kbgap_odata::{ApiError, ErrorCode, QueryOptions, Value};

use crate::call::Call;
use crate::clock::day_of;
use crate::http::Failure;
use crate::list::ALLOWED;
use crate::records::support;

/// The annotation that says whether the Windows of a machine is supported.
pub(super) const SUPPORT: &str = "@kbgap.support";

/// Its value; `None` where no table has the Windows.
pub(super) fn annotation(machine: &FleetMachine, now: i64) -> Option<Value<'static>> {
    let of = machine.support(day_of(now))?;
    Some(support::annotation(&of))
}

/// The same, where the Windows is not supported or may not be.
pub(super) fn flag(machine: &FleetMachine, now: i64) -> Option<Value<'static>> {
    let of = machine.support(day_of(now))?;
    (of.status != SupportStatus::Supported).then(|| support::annotation(&of))
}

/// The states of support that are asked for.
pub(super) struct Wanted(Vec<SupportStatus>);

impl Wanted {
    pub(super) fn have(&self, machine: &FleetMachine, today: Date) -> bool {
        let status = machine.support(today).map(|support| support.status);
        // A Windows that no table has is as little known as one without an edition.
        self.0.contains(&status.unwrap_or(SupportStatus::Unknown))
    }
}

/// The query option `support`, an addition of ours: `ended`, or several as in `esu,ended`.
pub(super) fn wanted(call: &Call) -> Result<Option<Wanted>, Failure> {
    let options = QueryOptions::parse(call.query(), ALLOWED)?;
    let Some(text) = options.custom("support")? else {
        return Ok(None);
    };
    let named = text.split(',').map(|name| {
        let name = name.trim();
        let mut all = SupportStatus::ALL.into_iter();
        all.find(|status| status.name().eq_ignore_ascii_case(name))
    });
    let wanted: Option<Vec<SupportStatus>> = named.collect();
    let wanted = wanted.ok_or_else(|| {
        let text: String = text.chars().take(40).collect();
        let message = format!(
            "The value '{text}' of the query option 'support' is not one or more of supported, esu, \
             ended and unknown, with commas between."
        );
        ApiError::new(ErrorCode::InvalidInput, message)
    })?;
    Ok(Some(Wanted(wanted)))
}
