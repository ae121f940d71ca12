//! Items joined into one phrase.

use crate::texts::texts;

/// Joins items with commas: `a, b, c`.
pub fn list(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().reduce(|items, next| texts().series_next(items, next)).unwrap_or_default()
}

/// Joins items with a final "and": `a, b and c`.
pub fn all_of<Item: AsRef<str>>(items: &[Item]) -> String {
    joined(items, |items, last| texts().series_and(items, last))
}

/// Joins items with a final "or": `a, b or c`.
pub fn any_of<Item: AsRef<str>>(items: &[Item]) -> String {
    joined(items, |items, last| texts().series_or(items, last))
}

fn joined<Item: AsRef<str>>(items: &[Item], join: impl Fn(String, &str) -> String) -> String {
    let Some((last, rest)) = items.split_last() else { return String::new() };
    let rest = rest
        .iter()
        .map(|item| item.as_ref().to_owned())
        .reduce(|items, next| texts().series_next(items, next));
    rest.map_or_else(|| last.as_ref().to_owned(), |rest| join(rest, last.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_item_follows_a_word() {
        let items = ["a", "b", "c"];
        assert_eq!([0, 1, 2, 3].map(|n| all_of(&items[..n])), ["", "a", "a and b", "a, b and c"]);
        assert_eq!(any_of(&items), "a, b or c");
    }
}
