//! The actor: the first argument of every function that writes.

use chrono::{DateTime, Utc};
use engine::ids::{ApiKeyId, PersonId};

pub use engine::role::Role;

use crate::error::{Error, Result};

/// The identity behind an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorId {
    /// A person who is signed in.
    Person(PersonId),
    /// A program that authenticates with an API key.
    ApiKey(ApiKeyId),
    /// A command on the command line or a scheduled task, by name.
    Command(&'static str),
}

impl std::fmt::Display for ActorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::ApiKey(id) => write!(f, "key:{id}"),
            Self::Command(name) => write!(f, "command:{name}"),
        }
    }
}

/// Who acts, with which roles, in which request and at what time.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Identity of the actor.
    pub who: ActorId,
    /// Roles that the actor holds at the time of the act.
    pub roles: Vec<Role>,
    /// ID of the request; the error page and the log lines show it too.
    pub request_id: String,
    /// The instant that counts as now.
    pub now: DateTime<Utc>,
    /// ID of the submitted form, if submitting it twice must not act twice; see [`crate::control::audit`].
    pub form: Option<String>,
}

impl Actor {
    /// Returns an actor for a command or task that runs now.
    pub fn command(name: &'static str) -> Self {
        Self {
            who: ActorId::Command(name),
            roles: Vec::new(),
            request_id: uuid::Uuid::from_bytes(rand::random()).simple().to_string(),
            now: engine::time::cut(Utc::now()),
            form: None,
        }
    }

    /// Returns the person who acts, for operations that programs must not perform.
    ///
    /// # Errors
    /// Returns [`Error::Refused`] if the actor is a program or a command.
    pub fn person(&self) -> Result<PersonId> {
        match self.who {
            ActorId::Person(id) => Ok(id),
            ActorId::ApiKey(_) | ActorId::Command(_) => {
                Err(Error::Refused("only a person can do this".into()))
            }
        }
    }

    /// Returns whether the actor holds any of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}
