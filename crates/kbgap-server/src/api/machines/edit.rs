//! Tags and values that somebody gives to machines (api.md, section 6.8).

use kbgap_inventory::DeviceValue;
use kbgap_odata::types::machine::MACHINE;
use kbgap_odata::{ErrorCode, Listing, QueryOptions};
use kbgap_store::MachineEdit;
use serde::Deserialize;

use super::{find_machine, one, record};
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, PAGE};
use crate::records::MachineRecord;
use crate::route::Answering;

/// Machines of one request (api.md, section 1.5).
const MAX_MACHINES: usize = 500;
const MAX_TAG: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagBody {
    value: String,
    action: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagManyBody {
    value: String,
    action: String,
    machine_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ValueBody {
    device_value: String,
}

/// `POST /api/machines/{id or name}/tags`.
pub(crate) fn tag_one(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let id = known_id(call)?;
        let body: TagBody = call.json()?;
        edit_one(call, id, tag_edit(&body.value, &body.action)?).await
    })
}

/// `POST /api/machines/{id or name}/setDeviceValue`.
pub(crate) fn set_device_value(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let id = known_id(call)?;
        let body: ValueBody = call.json()?;
        let value = DeviceValue::parse(body.device_value.trim()).ok_or_else(|| {
            Failure::invalid_value("DeviceValue", &body.device_value, "Normal, Low or High")
        })?;
        edit_one(call, id, MachineEdit::DeviceValue(value.name().to_owned())).await
    })
}

/// `POST /api/machines/AddOrRemoveTagForMultipleMachines`.
pub(crate) fn tag_many(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let body: TagManyBody = call.json()?;
        let edit = tag_edit(&body.value, &body.action)?;
        if body.machine_ids.len() > MAX_MACHINES {
            let message = format!(
                "The request has {} machine ids; at most {MAX_MACHINES} are allowed.",
                body.machine_ids.len()
            );
            return Err(Failure::new(ErrorCode::MaximumBatchSizeExceeded, message));
        }
        // All or none: a list with a mistake in it must not be half done.
        let mut ids = call.fleet(|fleet| {
            let found = body.machine_ids.iter();
            found
                .map(|id| Ok::<_, Failure>(find_machine(fleet, id)?.id().to_string()))
                .collect::<Result<Vec<String>, _>>()
        })?;
        ids.sort_unstable();
        ids.dedup();
        apply(call, ids.clone(), edit).await?;
        let listing = Listing::new(&QueryOptions::default(), &MACHINE, PAGE)?;
        let page = call.fleet(|fleet| {
            let records = ids.iter().filter_map(|id| record(call, fleet, id).ok());
            listing.page(records)
        });
        list::answer(call, listing, "Machines", page, Some(MachineRecord::expand))
    })
}

/// The id of the machine of the path.
fn known_id(call: &Call) -> Result<String, Failure> {
    call.fleet(|fleet| Ok(find_machine(fleet, call.key(0))?.id().to_string()))
}

async fn edit_one(call: &Call, id: String, edit: MachineEdit) -> crate::route::Answered {
    apply(call, vec![id.clone()], edit).await?;
    let record = call.fleet(|fleet| record(call, fleet, &id))?;
    one(call, &record)
}

/// Stores the edit, and answers only when the index has it.
async fn apply(call: &Call, ids: Vec<String>, edit: MachineEdit) -> Result<(), Failure> {
    let state = &call.state;
    state
        .store
        .edit_machines(&call.claims.tenant, ids, edit)
        .await?;
    state.tenants.follow().await?;
    Ok(())
}

fn tag_edit(value: &str, action: &str) -> Result<MachineEdit, Failure> {
    let tag = value.trim();
    let fits =
        !tag.is_empty() && tag.chars().count() <= MAX_TAG && !tag.chars().any(char::is_control);
    if !fits {
        let expected = format!("a tag of 1 to {MAX_TAG} characters");
        return Err(Failure::invalid_value("Value", tag, &expected));
    }
    match action.trim().to_ascii_lowercase().as_str() {
        "add" => Ok(MachineEdit::AddTag(tag.to_owned())),
        "remove" => Ok(MachineEdit::RemoveTag(tag.to_owned())),
        _ => Err(Failure::invalid_value("Action", action, "Add or Remove")),
    }
}
