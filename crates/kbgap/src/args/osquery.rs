//! What `kbgap osquery` is asked to do.

use clap::Subcommand;

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum OsqueryCommand {
    /// Secrets by which hosts enroll
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Hosts that have enrolled
    #[command(subcommand)]
    Node(NodeCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Make a secret by which hosts enroll; prints it once
    Create {
        /// A name to know it by
        name: String,
        #[command(flatten)]
        format: Format,
    },
    /// List the secrets
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Remove a secret; hosts that have enrolled by it stay
    Delete {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// List the hosts that have enrolled
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Remove a host: its key is none any more; what it told of its machine stays
    Delete {
        /// Its host identifier
        host: String,
    },
}
