### People: the list, a person's page, and the actions on people.

people-title = People
# $count (Number) - How many.
# $shown (String) - The same, formatted.
people-rows = { $count ->
    [one] { $shown } person
   *[other] { $shown } people
}
people-caption = People and their roles
people-column-person = Person
people-column-state = State
people-column-roles = Roles
people-column-time-zone = Time zone
people-column-added = Added
people-you = you
people-find = Find people
people-search = Name or e-mail
people-role = Role
people-any-role = Any role
people-state = State
people-any-state = Any state
people-none-match-title = No people match these filters
people-show-all = Show everyone
people-deactivated = Deactivated
people-invited = Invited
people-active = Active
people-no-roles = No roles (read only)
people-administrators-only = Administrators can change these.

people-add-title = Add a person
people-add = Add person
people-add-explained = You get a link to send to them. They set a password with it.
people-name = Name
people-email = E-mail
people-link = Link

people-role-enablement = Owns fields and field extraction
people-role-rep-leader = Approves changes to field extraction
people-role-revops = Owns rules, lists and pools
people-role-ae-rep-leader = Approves rule changes that affect assignment
people-role-integrations = Owns destinations and deliveries
people-role-revops-lead = Accountable for all layers; can stop workflows and roll back
people-role-sales-leader = Reads dashboards and reports
people-role-sdr = Works the SDR queue
people-role-ae = Accepts or rejects assigned leads
people-role-admin = Manages people, API keys and retention

people-breadcrumb = Breadcrumb
people-profile = Profile
people-signed-in = Signed in
people-not-signed-in = Not signed in
# $count (Number) - In how many browsers the person is signed in.
# $shown (String) - The same, formatted.
people-browsers = { $count ->
    [one] { $shown } browser
   *[other] { $shown } browsers
}
people-changes-by = Changes by this person
people-changes-to = Changes to this account
people-your-account = Your account
people-save-roles = Save roles
people-sign-in = Sign-in
people-create-link = Create password link
people-create-invite = Create new invite link
people-create-link-explained = You get a link to send to the person. It works once and expires after a day. Earlier links stop working.
people-reactivate = Reactivate
people-reactivate-explained = They can sign in with their password again.
people-deactivate-title = Deactivate
# $name (String) - The person's name.
people-deactivate = Deactivate { $name }
# $name (String) - The person's name.
people-deactivate-explained = { $name } is signed out everywhere and cannot sign in until you reactivate the account. Their history is kept.

people-vacant-none = No pools, layers, approvals or open leads depend on this person.
people-vacant = Find a successor first:
# $pools (String) - The titles of the pools.
people-vacant-pools = Still gets leads from { $pools }
# $layers (String) - The titles of the layers.
people-vacant-layers = Owns { $layers }
# $count (Number) - The number of open approvals.
# $shown (String) - The same, formatted.
people-vacant-approvals = { $count ->
    [one] { $shown } open approval that others can also give
   *[other] { $shown } open approvals that others can also give
}
# $count (Number) - The number of open approvals.
# $shown (String) - The same, formatted.
# $sole (String) - The number of those that only this person can give.
people-vacant-sole-approvals = { $count ->
    [one] { $shown } open approval that only they can give
   *[other] { $shown } open approvals, { $sole } of which only they can give
}
# $count (Number) - The number of open changes.
# $shown (String) - The same, formatted.
people-vacant-changes = { $count ->
    [one] { $shown } open change that they started
   *[other] { $shown } open changes that they started
}
# $count (Number) - The number of open leads.
# $shown (String) - The same, formatted.
people-vacant-leads = { $count ->
    [one] { $shown } open lead assigned to them
   *[other] { $shown } open leads assigned to them
}
# $count (Number) - The number of claimed leads.
# $shown (String) - The same, formatted.
people-vacant-claims = { $count ->
    [one] { $shown } claimed lead in the queue
   *[other] { $shown } claimed leads in the queue
}

people-not-added = Not added: fix the marked fields.
people-not-added-role = Not added: choose a role.
people-role-missing = Choose at least one role.
people-email-taken = A person with this address already exists.
# $name (String) - The person's name.
people-added = Added { $name }. Send them this link to set a password. It works once and expires after a day.
# $name (String) - The person's name.
people-added-before = If you did not see the link for { $name }, create a new one.
# $name (String) - The person's name.
people-link-refused = { $name } is deactivated. Reactivate the account first.
# $name (String) - The person's name.
people-link-created = Send { $name } this link to set a new password. It works once and expires after a day. Earlier links no longer work.
# $name (String) - The person's name.
# $roles (String) - The titles of the roles.
people-roles-saved = Roles of { $name }: { $roles }.
# $name (String) - The person's name.
people-roles-removed = { $name } has no roles any more and can only read.
# $name (String) - The person's name.
people-was-deactivated = { $name } is deactivated and signed out everywhere.
# $name (String) - The person's name.
people-was-reactivated = { $name } is reactivated.

people-name-missing = Enter a name.
# $limit (String) - The maximum number of characters.
people-name-too-long = Shorten the name to { $limit } characters or fewer.
people-email-invalid = Enter a valid e-mail address.
people-passwords-differ = The two passwords differ.
