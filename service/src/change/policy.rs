//! Who may edit a change, and who approves it.

use engine::change::Kind;
use engine::role::Role;
use store::actor::{Actor, ActorId};
use store::changes::ChangeHead;
use store::{Error, Result};

/// Returns the roles that must approve a change of a kind, each by a different person. The database enforces at least the roles
/// that do not depend on `touches_assignment`.
pub fn approvers(kind: Kind, touches_assignment: bool) -> Vec<Role> {
    let mut roles = kind.spec().approvers.to_vec();
    if touches_assignment {
        roles.push(Role::AeRepLeader);
    }
    roles
}

/// Returns whether the actor may edit a change. Its author and the owner of its layer may.
pub fn may_write(actor: &Actor, change: &ChangeHead) -> bool {
    change.author.is_some_and(|author| actor.who == ActorId::Person(author))
        || actor.is_any(&[change.kind.spec().owner])
}

/// Rejects an actor without permission to edit the change.
pub(super) fn check_writer(actor: &Actor, change: &ChangeHead) -> Result<()> {
    if may_write(actor, change) {
        return Ok(());
    }
    Err(Error::Refused("only its author and the owner of its layer can edit a change".into()))
}
