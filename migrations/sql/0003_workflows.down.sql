DROP TABLE feature_dictionary;
DROP TABLE destinations;
DROP TABLE pool_states;
DROP TABLE routes;
ALTER TABLE workflows DROP CONSTRAINT workflows_live_bundle_fkey;
DROP TABLE bundles;
DROP TABLE workflows;
DROP TABLE versions;
