//! The documents by which sign-in libraries find the token endpoint and the key.
//! Their URLs begin as the API's contexts do.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse;
use kbgap_auth::discovery::{Instance, OpenIdConfiguration, TenantName, unknown_tenant};
use kbgap_auth::endpoint::{TokenRefusal, Version};
use kbgap_auth::random_guid;
use kbgap_odata::decode_form;

use crate::http::{Failure, base_url};
use crate::oauth::{issuer, plain_json};
use crate::state::{AppState, Shared};

/// A document that is not given: in the issuer's shape, or for a fault of ours.
pub(crate) enum Refused {
    Issuer(TokenRefusal),
    Api(Failure),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Issuer(refusal) => plain_json(refusal.status, &refusal),
            Self::Api(failure) => failure.into_response(),
        }
    }
}

impl From<TokenRefusal> for Refused {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Issuer(refusal)
    }
}

impl<E: Into<Failure>> From<E> for Refused {
    fn from(failure: E) -> Self {
        Self::Api(failure.into())
    }
}

/// `GET /{tenant}/.well-known/openid-configuration` and
/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) async fn configuration(
    version: Version,
    State(state): State<Shared>,
    Path(segment): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Refused> {
    let tenant = TenantName::parse(&segment)?;
    let id = known(&state, &tenant).await?;
    let base = base_url(&state.config, &headers);
    let document = OpenIdConfiguration::new(version, &base, &tenant, id.as_deref());
    Ok(published(&document))
}

/// `GET /{tenant}/discovery/keys` and `/{tenant}/discovery/v2.0/keys`: one key for
/// all tenants.
pub(crate) async fn keys(
    State(state): State<Shared>,
    Path(segment): Path<String>,
) -> Result<Response<Body>, Refused> {
    known(&state, &TenantName::parse(&segment)?).await?;
    Ok(published(&issuer(&state).await?.keys()))
}

/// `GET /common/discovery/instance?authorization_endpoint=…`.
pub(crate) async fn instance(
    State(state): State<Shared>,
    request: Request,
) -> Result<Response<Body>, Refused> {
    let query = decode_form(request.uri().query().unwrap_or("")).unwrap_or_default();
    let asked = query
        .iter()
        .find(|(name, _)| name == "authorization_endpoint")
        .map(|(_, value)| value.as_str());
    let base = base_url(&state.config, request.headers());
    Ok(published(&Instance::discover(&base, asked)?))
}

/// Any other method than GET and HEAD.
pub(crate) async fn only_get() -> Failure {
    Failure::method_not_allowed("GET, HEAD")
}

/// The id of the tenant, `None` for a word that stands for any.
async fn known(state: &AppState, tenant: &TenantName<'_>) -> Result<Option<String>, Refused> {
    let default = || async {
        let new = random_guid().map_err(Failure::internal)?;
        Ok::<_, Refused>(state.store.default_tenant(new).await?)
    };
    match tenant {
        TenantName::Any(_) => Ok(None),
        // Tenants have no domain names here; any stands for the one.
        TenantName::Domain(_) => default().await.map(Some),
        TenantName::Id(id) => {
            let id = id.to_ascii_lowercase();
            if default().await? == id || !state.store.apps(&id).await?.is_empty() {
                Ok(Some(id))
            } else {
                Err(unknown_tenant(&id).into())
            }
        }
    }
}

/// A document that clients may keep for a while, and others than them not: its
/// URLs begin with the host that was asked.
fn published(document: &impl serde::Serialize) -> Response<Body> {
    let mut response = plain_json(200, document);
    response.headers_mut().insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    response
}
