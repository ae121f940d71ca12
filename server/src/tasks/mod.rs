//! What the process does by itself.
