//! Statements that the database rejects, even from the owner of its tables: every trigger, every clause of the guard functions, every
//! constraint, and the privileges of the application's role. `cargo xtask mutate triggers` removes them one by one and checks that
//! these tests fail.

mod changes;
mod constraints;
mod installation;
mod log;
mod privileges;
mod reviews;
mod roles;
mod support;
mod versions;
