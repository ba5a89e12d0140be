//! Remediation tasks.

use kbgap_odata::edm::Record;
use kbgap_odata::{Time, Value};
use serde::{Deserialize, Serialize};

use super::display_name;

/// A remediation task as it is stored, without its id and the time it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    pub(crate) title: String,
    pub(crate) description: String,
    /// The application that made it.
    pub(crate) requester_id: String,
    pub(crate) requester_notes: Option<String>,
    pub(crate) status: TaskStatus,
    /// In milliseconds since 1970, as all times here.
    pub(crate) status_modified: i64,
    /// The software to be updated.
    pub(crate) software: String,
    /// The ids of the machines that were exposed when it was made.
    pub(crate) targets: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) due_on: Option<i64>,
    pub(crate) priority: String,
    pub(crate) completion: Option<Completion>,
    /// The version to update to, where no KB does it. Older tasks have none.
    #[serde(default)]
    pub(crate) recommended_version: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TaskStatus {
    Active,
    Completed,
}

/// How a task was completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Completion {
    /// No target is exposed any more.
    Automatic,
    /// An application closed it.
    Manual { by: String },
}

/// A remediation task (api.md, section 11).
#[derive(Clone)]
pub(crate) struct TaskRecord {
    pub(crate) id: String,
    pub(crate) created_at: i64,
    pub(crate) task: Task,
    /// Targets that are not exposed any more.
    pub(crate) fixed: usize,
}

impl Record for TaskRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        let task = &self.task;
        let (vendor, name) = task
            .software
            .split_once("-_-")
            .unwrap_or(("", &task.software));
        match property {
            "id" => Value::text(&self.id),
            "title" => Value::text(&task.title),
            "createdOn" => Time::from_ms(self.created_at).into(),
            "requesterId" => Value::text(&task.requester_id),
            "status" => Value::text(match task.status {
                TaskStatus::Active => "Active",
                TaskStatus::Completed => "Completed",
            }),
            "statusLastModifiedOn" => Time::from_ms(task.status_modified).into(),
            "description" => Value::text(&task.description),
            "relatedComponent" => Value::owned(display_name(name)),
            "targetDevices" => Value::count(task.targets.len()),
            "rbacGroupNames" => Value::texts(task.groups.iter().map(String::as_str)),
            "fixedDevices" => Value::count(self.fixed),
            "requesterNotes" => Value::or_null(task.requester_notes.as_deref()),
            "dueOn" => Value::or_null(task.due_on.map(Time::from_ms)),
            "category" => Value::text("Software"),
            "priority" => Value::text(&task.priority),
            "completionMethod" => Value::or_null(task.completion.as_ref().map(|c| match c {
                Completion::Automatic => "Automatic",
                Completion::Manual { .. } => "Manual",
            })),
            "completerId" => match &task.completion {
                Some(Completion::Manual { by }) => Value::text(by),
                _ => Value::Null,
            },
            "type" => Value::text("Update"),
            "productId" => Value::text(&task.software),
            "vendorId" => Value::text(vendor),
            "nameId" => Value::text(name),
            "recommendationReference" => Value::owned(format!("va-_-{}", task.software)),
            "recommendedVersion" => Value::or_null(task.recommended_version.as_deref()),
            // Tokens of applications name no person.
            _ => Value::Null,
        }
    }
}
