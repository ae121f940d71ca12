//! The people as a file.

use leptos_router::params::ParamsMap;
use store::Store;
use store::people::{self, Person};

use super::{Batch, instant};
use crate::error::Result;
use crate::pages::control::people::{Asked, NAMES, PATH};
use crate::pages::control::person::door;
use crate::ui::filters::Address;

pub const HEAD: &[&str] = &["Id", "Name", "E-mail", "State", "Roles", "Time zone", "Added"];

pub struct People(Asked);

impl People {
    /// The people that a query asks for, from the first, and the names of its filters.
    pub fn read(params: &ParamsMap) -> (Self, Vec<&'static str>) {
        let address = Address::of_list(PATH, params, &NAMES).start();
        let filters = address.names();
        (Self(Asked::read(address)), filters)
    }

    pub async fn next(&mut self, store: &Store, limit: usize) -> Result<Batch> {
        let (by, order) = (self.0.by(), self.0.sorted.order);
        let page = people::page(store, &self.0.filter, by, order, self.0.cursor, limit).await?;
        let on = page.beside.on(order);
        self.0.cursor = on.unwrap_or_default();
        let line = |person: &Person| {
            let roles: Vec<&str> = person.roles.iter().map(|role| role.title()).collect();
            vec![
                person.id.to_string(),
                person.name.clone(),
                person.email.clone(),
                door(person.door()).1.to_owned(),
                roles.join(", "),
                person.time_zone.clone(),
                instant(Some(person.added_at)),
            ]
        };
        Ok((page.people.iter().map(line).collect(), on.is_some()))
    }
}
