### Notices about what others did to accounts, on the home page and by e-mail.

# $name (String) - Whose account it is.
account-notices-link-created = A password link was created for { $name }
account-notices-link-created-yours = A password link was created for your account
# $name (String) - Whose account it is.
account-notices-password-set = The password of { $name } was set by someone else
account-notices-password-set-yours = Your password was set by someone else
# $name (String) - Whose account it is.
# $roles (String) - The titles of the roles.
account-notices-roles-changed = { $name } has these roles now: { $roles }
# $roles (String) - The titles of the roles.
account-notices-roles-changed-yours = You have these roles now: { $roles }
# $name (String) - Whose account it is.
account-notices-roles-removed = { $name } has no roles any more
account-notices-roles-removed-yours = You have no roles any more
# $role (String) - The title of the role.
# $name (String) - Whose account it is.
account-notices-role-confirmed = The role { $role } of { $name } was confirmed
# $role (String) - The title of the role.
account-notices-role-confirmed-yours = Your role { $role } was confirmed
# $by (String) - Who acted.
# $time (String) - When.
account-notices-by = By { $by }, { $time }
account-notices-open = Open account
account-notices-open-yours = Your account
# $name (String) - The reader's name.
# $what (String) - What happened, as a sentence without its full stop.
# $by (String) - Who acted.
# $time (String) - When.
# $link (String) - The page with more about it.
account-notices-letter =
    Hello { $name },

    { $what }. By { $by }, { $time }.

    If you did not expect this, talk to another administrator: { $link }
