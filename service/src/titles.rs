//! Titles that people give to lists, pools and destinations.

use store::titles::{self, TITLE_CHARS, TitledObject};
use store::{Actor, Error, Result, Store};

/// Sets a title, or removes it if the new one is empty.
///
/// # Errors
/// Returns [`Error::Refused`] if the title is too long, or the actor does not own the layer of a versioned part.
pub async fn set_title(store: &Store, actor: &Actor, what: TitledObject<'_>, title: &str) -> Result<()> {
    if let TitledObject::Version(kind, _) = what
        && !actor.is_any(&[kind.spec().owner])
    {
        return Err(Error::Refused("only the owner of its layer can change its title".into()));
    }
    let title = one_line(title);
    if title.chars().count() > TITLE_CHARS {
        return Err(Error::Refused(format!("a title has at most {TITLE_CHARS} characters")));
    }
    let mut tx = store.begin().await?;
    titles::set(&mut tx, actor, what, Some(title.as_str()).filter(|title| !title.is_empty())).await?;
    tx.commit().await?;
    Ok(())
}

/// Collapses whitespace and control characters, so that the text fits on one line.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(one_line("  Target\n accounts\t"), "Target accounts");
        assert_eq!(one_line(" \n "), "");
    }
}
