DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE setup_links;
DROP TABLE layers;
DROP TABLE person_roles;
DROP TABLE people;
