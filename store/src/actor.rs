//! Who acts: the first argument of every writing function.

use chrono::{DateTime, Utc};
use engine::ids::{ApiKeyId, PersonId};

pub use engine::role::Role;

use crate::error::{Error, Result};

/// Who is behind an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody signed in.
    Person(PersonId),
    /// A program with a key.
    ApiKey(ApiKeyId),
    /// A command on the command line, or a task of the scheduler, by its name.
    Command(&'static str),
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::ApiKey(id) => write!(f, "key:{id}"),
            Self::Command(name) => write!(f, "command:{name}"),
        }
    }
}

/// Who acts, in which roles, in the course of which request, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// The roles held at that moment.
    pub roles: Vec<Role>,
    /// The request it happened in; also on the error page and in the log lines.
    pub request_id: String,
    /// The instant that counts as now.
    pub now: DateTime<Utc>,
    /// Names the form that was sent, where sending it twice must not act twice; see [`crate::control::audit`].
    pub form: Option<String>,
}

impl Actor {
    /// A command of the command line or a task, acting now.
    pub fn command(name: &'static str) -> Self {
        Self {
            who: Who::Command(name),
            roles: Vec::new(),
            request_id: uuid::Uuid::from_bytes(rand::random()).simple().to_string(),
            now: engine::time::cut(Utc::now()),
            form: None,
        }
    }

    /// Returns the person who acts, for what no program may do.
    ///
    /// # Errors
    /// [`Error::Refused`] when a program or a command acts.
    pub fn person(&self) -> Result<PersonId> {
        match self.who {
            Who::Person(id) => Ok(id),
            Who::ApiKey(_) | Who::Command(_) => Err(Error::Refused("only a person can do this".into())),
        }
    }

    /// Whether the actor holds any of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}
