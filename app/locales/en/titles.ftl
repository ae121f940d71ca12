### Titles of versions and destinations.

titles-saved = Title saved.
