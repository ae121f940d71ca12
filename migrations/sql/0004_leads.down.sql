DROP TABLE idempotency_keys;
DROP TABLE lead_states;
DROP TABLE merge_suggestions;
DROP TABLE lead_aliases;
DROP TABLE lead_identities;
DROP TABLE leads;
