//! `meshline user` and `meshline key`.

use clap::Subcommand;
use engine::ids::PersonId;
use store::actor::Role;
use store::people::{self, Scope};
use store::{Actor, Store};

use super::{CommandError, Database, exit};

/// Manage people.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person and print a link to set a password. A person who already exists gets these roles and a new link.
    Add {
        #[command(flatten)]
        database: Database,
        /// E-mail address to sign in with.
        #[arg(value_name = "E-MAIL")]
        email: String,
        /// Name of the person. [default: the part of the address before the @]
        #[arg(long)]
        name: Option<String>,
        /// Roles, separated by commas: enablement, rep_leader, revops, ae_rep_leader, integrations, revops_lead, sales_leader, sdr,
        /// ae, admin.
        #[arg(long = "role", value_name = "ROLE", required = true, value_delimiter = ',')]
        roles: Vec<Role>,
        /// Public URL of the server, for the link.
        #[arg(
            long,
            env = "MESHLINE_PUBLIC_URL",
            value_name = "URL",
            default_value = "http://127.0.0.1:3000"
        )]
        public_url: String,
    },
    /// Print a link to set a new password, which works once within a day. Earlier links stop working.
    Link {
        #[command(flatten)]
        database: Database,
        /// E-mail address that the person signs in with.
        #[arg(value_name = "E-MAIL")]
        email: String,
        /// Public URL of the server, for the link.
        #[arg(
            long,
            env = "MESHLINE_PUBLIC_URL",
            value_name = "URL",
            default_value = "http://127.0.0.1:3000"
        )]
        public_url: String,
    },
}

/// Manage API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Create a key and print it. It cannot be shown again.
    Add {
        #[command(flatten)]
        database: Database,
        /// Name of the key.
        #[arg(long)]
        name: String,
        /// Scopes, separated by commas: ingest, read, outcome, admin.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
    },
}

/// Runs a command that manages people.
pub(super) async fn user(command: UserCommand) -> Result<u8, CommandError> {
    let (database, email, name, roles, public_url) = match command {
        UserCommand::Add { database, email, name, roles, public_url } => {
            (database, email, name, roles, public_url)
        }
        UserCommand::Link { database, email, public_url } => {
            return link(&database, &email, &public_url).await;
        }
    };
    let store = database.connect().await?.background();
    let actor = Actor::command("user add");
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or(&email).to_owned());
    let id = match people::by_email(&store, &email).await? {
        Some(person) => {
            people::set_roles(&store, &actor, person.id, &roles).await?;
            person.id
        }
        None => people::add(&store, &actor, &email, &name, &roles).await?,
    };
    print_link(&store, &actor, id, &public_url).await
}

async fn link(database: &Database, email: &str, public_url: &str) -> Result<u8, CommandError> {
    let store = database.connect().await?.background();
    let found = people::by_email(&store, email).await?;
    let person =
        found.ok_or_else(|| CommandError::Usage(format!("there is no person with the address {email}")))?;
    if person.is_disabled {
        return Err(CommandError::Usage(format!(
            "{} is deactivated; reactivate them under People",
            person.email
        )));
    }
    print_link(&store, &Actor::command("user link"), person.id, public_url).await
}

async fn print_link(
    store: &Store,
    actor: &Actor,
    id: PersonId,
    public_url: &str,
) -> Result<u8, CommandError> {
    let token = people::make_setup_link(store, actor, id, people::DEFAULT_VALIDITY).await?;
    println!("{}/setup/{token}", public_url.trim_end_matches('/'));
    Ok(exit::FINE)
}

/// Runs a command that manages API keys.
pub(super) async fn key(command: KeyCommand) -> Result<u8, CommandError> {
    let KeyCommand::Add { database, name, scopes } = command;
    let store = database.connect().await?.background();
    let key = people::add_key(&store, &Actor::command("key add"), &name, &scopes).await?;
    println!("{key}");
    Ok(exit::FINE)
}
