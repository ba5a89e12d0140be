//! Permissions of applications and users (api.md, section 1.4).

use crate::Claims;

/// Application permissions, carried by the `roles` claim. The two `Write` roles
/// of ours are additions.
pub const ROLES: [&str; 9] = [
    "Software.Read.All",
    "Vulnerability.Read.All",
    "Machine.Read.All",
    "Machine.ReadWrite.All",
    "SecurityRecommendation.Read.All",
    "Score.Read.All",
    "RemediationTasks.Read.All",
    "RemediationTasks.ReadWrite.All",
    "Inventory.Write.All",
];

/// Delegated permissions, carried by the `scp` claim.
pub const SCOPES: [&str; 8] = [
    "Software.Read",
    "Vulnerability.Read",
    "Machine.Read",
    "Machine.ReadWrite",
    "SecurityRecommendation.Read",
    "Score.Read",
    "RemediationTask.Read",
    "RemediationTask.Read.Read",
];

/// What an endpoint demands: any one of the roles, or any one of the scopes.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    /// Application permissions, each of which is enough.
    pub roles: &'static [&'static str],
    /// Delegated permissions, each of which is enough.
    pub scopes: &'static [&'static str],
}

/// A valid token without the permission that is demanded. The texts are those
/// that clients of the original service see and read role names from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissingPermission {
    /// An application's token.
    #[error(
        "Missing application roles. API required roles: {required}, application roles: {present}."
    )]
    Roles {
        /// The roles of which one is demanded.
        required: String,
        /// The roles of the token.
        present: String,
    },
    /// A user's token.
    #[error(
        "Missing delegated permissions. API required scopes: {required}, token scopes: {present}."
    )]
    Scopes {
        /// The scopes of which one is demanded.
        required: String,
        /// The scopes of the token.
        present: String,
    },
}

impl Permission {
    /// Whether the token suffices.
    ///
    /// # Errors
    /// [`MissingPermission`], naming what is demanded.
    pub fn check(&self, claims: &Claims) -> Result<(), MissingPermission> {
        let has = |wanted: &[&str], present: &[String]| {
            wanted
                .iter()
                .any(|w| present.iter().any(|p| p.eq_ignore_ascii_case(w)))
        };
        // What demands nothing is for every token.
        if (self.roles.is_empty() && self.scopes.is_empty())
            || has(self.roles, &claims.roles)
            || has(self.scopes, &claims.scopes)
        {
            return Ok(());
        }
        if claims.scopes.is_empty() || self.scopes.is_empty() {
            Err(MissingPermission::Roles {
                required: self.roles.join(","),
                present: claims.roles.join(","),
            })
        } else {
            Err(MissingPermission::Scopes {
                required: self.scopes.join(","),
                present: claims.scopes.join(","),
            })
        }
    }
}

/// A name that is no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission `{name}`: expected one of {}", known.join(", "))]
pub struct UnknownPermission {
    name: String,
    known: &'static [&'static str],
}

/// The role with this name, in any case.
///
/// # Errors
/// [`UnknownPermission`], which lists the roles.
pub fn parse_role(name: &str) -> Result<&'static str, UnknownPermission> {
    find(name, &ROLES)
}

/// The scope with this name, in any case.
///
/// # Errors
/// [`UnknownPermission`], which lists the scopes.
pub fn parse_scope(name: &str) -> Result<&'static str, UnknownPermission> {
    find(name, &SCOPES)
}

fn find(name: &str, known: &'static [&'static str]) -> Result<&'static str, UnknownPermission> {
    let found = known.iter().find(|k| k.eq_ignore_ascii_case(name.trim()));
    found.copied().ok_or_else(|| UnknownPermission {
        name: name.chars().take(60).collect(),
        known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOFTWARE: Permission = Permission {
        roles: &["Software.Read.All"],
        scopes: &["Software.Read"],
    };

    fn claims(roles: &[&str], scopes: &[&str]) -> Claims {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Claims {
            roles: owned(roles),
            scopes: owned(scopes),
            ..Claims::default()
        }
    }

    #[test]
    fn any_one_is_enough() {
        assert_eq!(
            SOFTWARE.check(&claims(&["X", "Software.Read.All"], &[])),
            Ok(())
        );
        assert_eq!(SOFTWARE.check(&claims(&[], &["Software.Read"])), Ok(()));
        // A role is no scope.
        assert!(SOFTWARE.check(&claims(&["Software.Read"], &[])).is_err());
        assert!(
            SOFTWARE
                .check(&claims(&[], &["Software.Read.All"]))
                .is_err()
        );
    }

    #[test]
    fn the_text_is_the_one_that_clients_read() {
        let error = SOFTWARE
            .check(&claims(&["Machine.Read.All", "Score.Read.All"], &[]))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Missing application roles. API required roles: Software.Read.All, \
             application roles: Machine.Read.All,Score.Read.All."
        );
        assert!(
            SOFTWARE
                .check(&claims(&[], &["Score.Read"]))
                .unwrap_err()
                .to_string()
                .contains("Software.Read,")
        );
    }

    #[test]
    fn unknown_names_are_refused_with_the_list() {
        assert_eq!(parse_role(" software.read.all"), Ok("Software.Read.All"));
        assert!(
            parse_role("Software.Read")
                .unwrap_err()
                .to_string()
                .contains("Inventory.Write.All")
        );
        assert_eq!(parse_scope("Software.Read"), Ok("Software.Read"));
    }
}
