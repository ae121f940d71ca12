//! The titles of roles on screen.

use std::borrow::Borrow;

use engine::role::Role;

use crate::texts::texts;

/// Returns the title of a role.
pub fn title<R: Borrow<Role>>(role: R) -> String {
    match role.borrow() {
        Role::Enablement => texts().roles_enablement(),
        Role::RepLeader => texts().roles_rep_leader(),
        Role::Revops => texts().roles_revops(),
        Role::AeRepLeader => texts().roles_ae_rep_leader(),
        Role::Integrations => texts().roles_integrations(),
        Role::RevopsLead => texts().roles_revops_lead(),
        Role::SalesLeader => texts().roles_sales_leader(),
        Role::Sdr => texts().roles_sdr(),
        Role::Ae => texts().roles_ae(),
        Role::Admin => texts().roles_admin(),
    }
}

/// Returns the titles of roles, as a list in a sentence.
pub fn list<R: Borrow<Role>>(roles: impl IntoIterator<Item = R>) -> String {
    super::series::list(roles.into_iter().map(title))
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    /// Messages of the engine and the command line name roles, too.
    #[test]
    fn a_role_has_the_same_name_on_pages_and_in_messages() {
        for role in Role::VARIANTS {
            assert_eq!(title(role), role.title());
        }
    }
}
