### Titles of versions and destinations.

titles-saved = Title saved.
# For "There is no such …".
titles-what-kind = kind of version
