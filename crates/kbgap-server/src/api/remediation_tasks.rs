//! `/api/remediationTasks` (api.md, section 11), and two additions of ours: POST
//! makes a task, PATCH changes or closes one. Their bodies are in PascalCase, as
//! those of the API are.
//!
//! A task is about one software and the machines that were exposed in it. It closes by
//! itself when the first look at it finds none of them exposed any more.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use kbgap_catalog::SoftwareId;
use kbgap_fleet::{Fleet, FleetMachine, Summary};
use kbgap_odata::types::remediation::REMEDIATION_TASK;
use kbgap_odata::{ErrorCode, Time, Value};
use kbgap_store::StoredTask;
use serde::{Deserialize, Deserializer};

use super::{parts, recommendations};
use crate::call::Call;
use crate::http::Failure;
use crate::list::{self, PAGE, listing};
use crate::records::{
    Completion, RecommendationRecord, Task, TaskRecord, TaskStatus, display_name,
};
use crate::route::{Answered, Answering};

const MAX_TEXT: usize = 4_000;
const MAX_TARGETS: usize = 100_000;

#[derive(Deserialize)]
// Every member may be left out: a misspelt one must not be left out in silence.
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NewTask {
    #[serde(default)]
    product_id: Option<String>,
    #[serde(default)]
    recommendation_id: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    requester_notes: Option<String>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default)]
    due_on: Option<String>,
    /// All exposed machines where it is absent.
    #[serde(default)]
    machine_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
// Every member may be left out: a misspelt one must not be left out in silence.
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TaskChange {
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "present")]
    title: Option<Option<String>>,
    #[serde(default)]
    description: Option<String>,
    /// Null takes them away: being left out and being null are two things here.
    #[serde(default, deserialize_with = "present")]
    requester_notes: Option<Option<String>>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default, deserialize_with = "present")]
    due_on: Option<Option<String>>,
}

/// A member that is there, be it null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// `GET /api/remediationTasks`.
pub(crate) fn list(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let listing = listing(call, &REMEDIATION_TASK, PAGE)?;
        let mut records = Vec::new();
        for stored in call.state.store.tasks(&call.claims.tenant).await? {
            records.push(settled(call, stored).await?);
        }
        let page = listing.page(records.into_iter());
        list::answer(call, listing, "RemediationTasks", page, None)
    })
}

/// `GET /api/remediationTasks/{id}`.
pub(crate) fn by_id(call: &Call) -> Answering<'_> {
    Box::pin(async move { one(call, &find(call).await?) })
}

/// `GET /api/remediationTasks/{id}/machineReferences`: its targets.
pub(crate) fn machine_references(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let record = find(call).await?;
        parts::machine_references(call, |fleet| Ok(targets(fleet, &record.task).collect()))
    })
}

/// `POST /api/remediationTasks`.
pub(crate) fn create(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let body: NewTask = call.json()?;
        let task = call.fleet(|fleet| new_task(call, fleet, &body))?;
        let id = kbgap_auth::random_guid().map_err(Failure::internal)?;
        let record = TaskRecord {
            id,
            created_at: call.now(),
            task,
            fixed: 0,
        };
        put(call, &record).await?;
        let mut response = one(call, &record)?;
        *response.status_mut() = StatusCode::CREATED;
        let location = format!("{}/api/remediationTasks/{}", call.base_url(), record.id);
        if let Ok(location) = location.try_into() {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    })
}

/// `PATCH /api/remediationTasks/{id}`.
pub(crate) fn change(call: &Call) -> Answering<'_> {
    Box::pin(async move {
        let _writing = call.state.tasks.lock().await;
        let (mut record, _) = current(call, load(call, call.key(0)).await?)?;
        let body: TaskChange = call.json()?;
        let task = &mut record.task;
        if let Some(status) = &body.status {
            set_status(task, status, call)?;
        }
        if let Some(title) = &body.title {
            task.title = title_text(title.as_deref().unwrap_or_default())?;
        }
        if let Some(description) = &body.description {
            task.description = text("Description", description)?;
        }
        if let Some(notes) = &body.requester_notes {
            let notes = notes.as_deref().map(|notes| text("RequesterNotes", notes));
            task.requester_notes = notes.transpose()?;
        }
        if let Some(priority_) = &body.priority {
            task.priority = priority(priority_)?;
        }
        if let Some(due) = &body.due_on {
            let due = due.as_deref().map(|due| time("DueOn", due));
            task.due_on = due.transpose()?;
        }
        put(call, &record).await?;
        one(call, &record)
    })
}

fn one(call: &Call, record: &TaskRecord) -> Answered {
    let fragment = "RemediationTasks/$entity";
    list::one(call, &REMEDIATION_TASK, fragment, record, &[], |_| {
        Value::Null
    })
}

async fn find(call: &Call) -> Result<TaskRecord, Failure> {
    settled(call, load(call, call.key(0)).await?).await
}

async fn load(call: &Call, id: &str) -> Result<StoredTask, Failure> {
    let key = id.to_lowercase();
    let stored = call.state.store.task(&call.claims.tenant, &key).await?;
    stored.ok_or_else(|| Failure::not_found("Remediation task", id))
}

/// A stored task as it is now. One that this look at it closes is stored so, unless
/// somebody has changed it meanwhile.
async fn settled(call: &Call, stored: StoredTask) -> Result<TaskRecord, Failure> {
    let (record, closes) = current(call, stored)?;
    if !closes {
        return Ok(record);
    }
    let _writing = call.state.tasks.lock().await;
    let (record, closes) = current(call, load(call, &record.id).await?)?;
    if closes {
        put(call, &record).await?;
    }
    Ok(record)
}

/// A stored task as it is now, and whether that closes it: every target is fixed.
fn current(call: &Call, stored: StoredTask) -> Result<(TaskRecord, bool), Failure> {
    let mut task: Task = serde_json::from_slice(&stored.body).map_err(Failure::internal)?;
    let fixed = call.fleet(|fleet| {
        let ix = fleet.catalog().find_software(&task.software);
        let is_fixed = |machine: &Arc<FleetMachine>| {
            machine.not_assessed().is_none()
                && !machine
                    .vulnerable_software()
                    .any(|software| Some(software) == ix)
        };
        targets(fleet, &task).filter(is_fixed).count()
    });
    let closes = task.status == TaskStatus::Active && fixed == task.targets.len();
    if closes {
        task.status = TaskStatus::Completed;
        task.status_modified = call.now();
        task.completion = Some(Completion::Automatic);
    }
    let record = TaskRecord {
        id: stored.id,
        created_at: stored.created_at_ms,
        fixed,
        task,
    };
    Ok((record, closes))
}

async fn put(call: &Call, record: &TaskRecord) -> Result<(), Failure> {
    let stored = StoredTask {
        id: record.id.clone(),
        created_at_ms: record.created_at,
        body: serde_json::to_vec(&record.task).map_err(Failure::internal)?,
    };
    Ok(call
        .state
        .store
        .put_task(&call.claims.tenant, stored)
        .await?)
}

fn targets<'f>(fleet: &'f Fleet, task: &'f Task) -> impl Iterator<Item = Arc<FleetMachine>> {
    task.targets
        .iter()
        .filter_map(|id| fleet.machine(&id.parse().ok()?))
}

fn new_task(call: &Call, fleet: &Fleet, body: &NewTask) -> Result<Task, Failure> {
    let summary = fleet.summary(call.now());
    let software = software(body, &summary)?;
    let advice = recommendations::record(fleet, &software, call.now());
    let exposed = parts::exposed_in(fleet, &software, call.now());
    let machines: Vec<Arc<FleetMachine>> = match &body.machine_ids {
        None => fleet.machines_of(&exposed),
        Some(ids) => {
            let found = ids.iter().map(|id| {
                let machine = fleet.find(id);
                let machine = machine.ok_or_else(|| Failure::not_found("Machine", id))?;
                let is_exposed = machine.is_in(&exposed);
                if is_exposed {
                    Ok(machine)
                } else {
                    let expected = format!("a machine that is exposed in {software}");
                    Err(Failure::invalid_value("MachineIds", id, &expected))
                }
            });
            found.collect::<Result<_, _>>()?
        }
    };
    if machines.is_empty() || machines.len() > MAX_TARGETS {
        let message = format!(
            "The task would have {} machines: it takes from 1 to {MAX_TARGETS} that are exposed in {software}.",
            machines.len()
        );
        return Err(Failure::new(ErrorCode::InvalidInput, message));
    }
    let mut targets: Vec<String> = machines.iter().map(|m| m.id().to_string()).collect();
    targets.sort_unstable();
    targets.dedup();
    let mut groups: Vec<String> = machines
        .iter()
        .map(|m| {
            let group = m.group().unwrap_or("UnassignedGroup");
            group.to_owned()
        })
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let name = display_name(software.name());
    let optional = |field: &str, value: &Option<String>| {
        value.as_deref().map(|value| text(field, value)).transpose()
    };
    Ok(Task {
        title: body
            .title
            .as_deref()
            .map_or_else(|| Ok(format!("Update {name}")), title_text)?,
        description: optional("Description", &body.description)?
            .unwrap_or_else(|| format!("Install the updates that {name} misses.")),
        requester_id: call.claims.app_id.clone(),
        requester_notes: optional("RequesterNotes", &body.requester_notes)?,
        status: TaskStatus::Active,
        status_modified: call.now(),
        software: software.to_string(),
        targets,
        groups,
        due_on: body
            .due_on
            .as_deref()
            .map(|due| time("DueOn", due))
            .transpose()?,
        priority: body
            .priority
            .as_deref()
            .map_or_else(|| Ok("Medium".to_owned()), priority)?,
        completion: None,
        recommended_version: advice
            .map(RecommendationRecord::into_version)
            .filter(|version| !version.is_empty()),
    })
}

/// The software that a task is to be about.
fn software(body: &NewTask, summary: &Summary) -> Result<SoftwareId, Failure> {
    let of_product = |id: &String| {
        let found = id.trim().to_lowercase().parse().ok();
        found.ok_or_else(|| Failure::not_found("Software", id))
    };
    let of_recommendation = |id: &String| {
        let found = RecommendationRecord::software_of(id.trim());
        let is_open = |software: &SoftwareId| {
            let own = summary.software(software);
            own.is_some_and(|own| !own.cves.is_empty())
        };
        let found = found.filter(is_open);
        found.ok_or_else(|| Failure::not_found("Recommendation", id))
    };
    match (&body.product_id, &body.recommendation_id) {
        (Some(id), None) => of_product(id),
        (None, Some(id)) => of_recommendation(id),
        (Some(product), Some(id)) => {
            let software = of_recommendation(id)?;
            if of_product(product)? == software {
                return Ok(software);
            }
            let expected = format!("the recommendation of {product}");
            Err(Failure::invalid_value("RecommendationId", id, &expected))
        }
        (None, None) => {
            let message = "The required parameter 'ProductId' (or 'RecommendationId') is missing from the body.";
            Err(Failure::new(ErrorCode::MissingRequiredParameter, message))
        }
    }
}

fn set_status(task: &mut Task, status: &str, call: &Call) -> Result<(), Failure> {
    let (status, completion) = match status.trim().to_ascii_lowercase().as_str() {
        "completed" => {
            let by = call.claims.app_id.clone();
            (TaskStatus::Completed, Some(Completion::Manual { by }))
        }
        "active" => (TaskStatus::Active, None),
        _ => {
            return Err(Failure::invalid_value(
                "Status",
                status,
                "Active or Completed",
            ));
        }
    };
    if task.status != status {
        task.status = status;
        task.status_modified = call.now();
        task.completion = completion;
    }
    Ok(())
}

fn priority(text: &str) -> Result<String, Failure> {
    ["None", "Low", "Medium", "High"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(text.trim()))
        .map(str::to_owned)
        .ok_or_else(|| Failure::invalid_value("Priority", text, "None, Low, Medium or High"))
}

fn time(name: &str, text: &str) -> Result<i64, Failure> {
    Time::parse(text)
        .map(Time::as_ms)
        .ok_or_else(|| Failure::invalid_value(name, text, "a time such as 2021-02-11T00:00:00Z"))
}

fn text(name: &str, text: &str) -> Result<String, Failure> {
    if text.chars().count() > MAX_TEXT {
        let expected = format!("a text of at most {MAX_TEXT} characters");
        return Err(Failure::invalid_value(name, text, &expected));
    }
    Ok(text.trim().to_owned())
}

/// A list of tasks shows little else.
fn title_text(title: &str) -> Result<String, Failure> {
    if title.trim().is_empty() {
        return Err(Failure::invalid_value("Title", title, "a text"));
    }
    text("Title", title)
}
