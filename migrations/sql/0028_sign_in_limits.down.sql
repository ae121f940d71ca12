DROP TABLE sign_in_attempts, known_networks;
