//! Titles of lists, pools and destinations, as people give them.

use store::titles::{self, TITLE_CHARS, Titled};
use store::{Actor, Error, Result, Store};

/// Gives something a title; an empty one removes it.
///
/// # Errors
/// [`Error::Refused`] when the title is too long, or the actor does not own the layer of what has versions.
pub async fn set_title(store: &Store, actor: &Actor, what: Titled<'_>, title: &str) -> Result<()> {
    if let Titled::Version(kind, _) = what
        && !actor.is_any(&[kind.spec().owner])
    {
        return Err(Error::Refused("only the owner of its layer changes its title".into()));
    }
    let title = one_line(title);
    if title.chars().count() > TITLE_CHARS {
        return Err(Error::Refused(format!("a title has at most {TITLE_CHARS} characters")));
    }
    let mut tx = store.pool().begin().await?;
    titles::set(&mut tx, actor, what, Some(title.as_str()).filter(|title| !title.is_empty())).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the text in one line, without blanks around it.
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
