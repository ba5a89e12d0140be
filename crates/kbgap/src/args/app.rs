//! What `kbgap app` and `kbgap token` are asked to do.

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Register an application; prints its client id and secret once
    Create {
        /// A name to know it by
        name: String,
        /// Application permission, such as Software.Read.All; may be given several times
        #[arg(long, required = true, value_name = "ROLE", value_parser = kbgap_auth::parse_role)]
        role: Vec<&'static str>,
        #[command(flatten)]
        format: Format,
    },
    /// List the registered applications
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Remove an application; its tokens stay valid until they expire
    Delete {
        /// Client id
        client_id: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct TokenArgs {
    /// Application permission, such as Software.Read.All; may be given several times
    #[arg(long, value_name = "ROLE", value_parser = kbgap_auth::parse_role)]
    pub(crate) role: Vec<&'static str>,
    /// Delegated permission, such as Software.Read, for a user's token
    #[arg(long, value_name = "SCOPE", conflicts_with = "role", value_parser = kbgap_auth::parse_scope)]
    pub(crate) scope: Vec<&'static str>,
}
