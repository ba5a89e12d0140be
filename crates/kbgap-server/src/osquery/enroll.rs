//! Enrolling: a host shows a secret of its tenant and gets a key.

use kbgap_auth::{ClientSecret, secret_matches, secret_sha256};
use kbgap_inventory::osquery::EnrollRequest;
use kbgap_odata::ErrorCode;
use kbgap_store::Enrollment;
use serde::Serialize;

use super::{Answered, Refused};
use crate::http::Failure;
use crate::oauth::plain_json;
use crate::state::Shared;

#[derive(Serialize)]
struct Enrolled<'k> {
    node_key: &'k str,
    node_invalid: bool,
}

pub(super) async fn answer(state: &Shared, request: EnrollRequest) -> Answered {
    let sha256 = secret_sha256(&request.secret);
    let secret = state.store.enroll_secret(sha256).await?;
    let stored = secret.as_ref().map(|secret| &secret.sha256);
    let (true, Some(secret)) = (secret_matches(&request.secret, stored), secret) else {
        return Err(Refused::Invalid("the enroll secret is none of this server"));
    };
    let Some(host_identifier) = request.host_identifier else {
        return Err(Refused::Invalid(
            "the request has no usable host_identifier",
        ));
    };
    let key = ClientSecret::random().map_err(Failure::internal)?;
    let node = Enrollment {
        tenant: secret.tenant,
        host_identifier,
        key_sha256: key.sha256(),
        platform: request.platform,
        name: request.name,
        agent_version: request.agent_version,
        at_ms: state.clock.now_ms(),
    };
    tracing::info!(tenant = %node.tenant, host = ?node.host_identifier, platform = ?node.platform, secret = %secret.id, "a host enrolls");
    let most = state.config.max_osquery_nodes;
    if !state.store.enroll_node(node, most).await? {
        tracing::warn!(most, "no more hosts may enroll: raise max_osquery_nodes");
        let message =
            format!("The tenant has {most} hosts already, the most that this server takes.");
        return Err(Failure::new(ErrorCode::Forbidden, message).into());
    }
    let enrolled = Enrolled {
        node_key: key.reveal(),
        node_invalid: false,
    };
    Ok(plain_json(200, &enrolled))
}
