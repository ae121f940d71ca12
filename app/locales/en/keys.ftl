### API keys: the list and the actions on keys.

keys-title = API keys
keys-about = Access for other systems
# $count (Number) - How many.
# $shown (String) - The same, formatted.
keys-rows = { $count ->
    [one] { $shown } key
   *[other] { $shown } keys
}
keys-column-key = Key
keys-column-state = State
keys-column-scopes = Scopes
keys-column-created-by = Created by
keys-column-last-used = Last used
keys-column-created = Created
keys-column-revoke = Revoke
keys-never-used = Never
# $prefix (String) - The first characters of the key.
keys-prefix = { $prefix }…
keys-active = Active
keys-revoked = Revoked
keys-find = Find API keys
keys-filter = Filter keys
keys-any-state = Any state
keys-scope = Scope
keys-any-scope = Any scope
keys-none-title = No keys yet
keys-none = Web forms, products and warehouses use a key to send events or read decisions. A key is shown once and not stored.
keys-none-match-title = No keys match these filters
keys-show-all = Show all keys

keys-scope-ingest = Send events
keys-scope-ingest-about = Web forms, e-mail and telemetry create leads
keys-scope-read = Read
keys-scope-read-about = Leads, decisions and metrics
keys-scope-outcome = Report outcomes
keys-scope-outcome-about = A CRM reports the outcomes of leads
keys-scope-admin = Administer
keys-scope-admin-about = Apply files and manage the installation

keys-new = New key
keys-name = Name, such as the system that uses it
keys-create = Create key
# $name (Element) - The name of the key, for screen readers only.
keys-revoke-button = Revoke { $name }
# $name (String) - The name of the key.
keys-revoke = Revoke { $name }
keys-revoke-explained = Systems that use this key lose access within a second. This cannot be undone; create a new key instead.

keys-not-created = Not created: fix the marked fields.
keys-scopes-missing = Choose at least one scope.
# $name (String) - The name of the key.
keys-created = Created the key “{ $name }”. Copy it now: it is not shown again.
# $name (String) - The name of the key.
keys-created-before = If you did not see the key “{ $name }”, revoke it and create another.
keys-name-taken = Another key has or had this name. Names are unique in the audit log, so choose another.
keys-was-revoked = Key revoked.
keys-revoked-before = The key was already revoked.
