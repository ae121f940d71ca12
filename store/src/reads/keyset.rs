//! Keyset pagination for long lists. A page starts next to a row rather than at an offset, so the thousandth page
//! costs as much as the first, and rows added in the meantime do not cause duplicates.

/// Sort order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// Start of a page in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cursor<P> {
    /// Starts at the first row of the order.
    #[default]
    Start,
    /// Starts with the rows older than this one.
    Before(P),
    /// Starts with the rows newer than this one.
    After(P),
}

impl<P> Cursor<P> {
    /// Returns whether the rows of the page are read from oldest to newest.
    pub fn is_ascending(&self, order: Order) -> bool {
        match self {
            Self::Start => order == Order::Oldest,
            Self::Before(_) => false,
            Self::After(_) => true,
        }
    }
}

/// Cursors of the pages adjacent to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjacentPages<P> {
    /// Page with newer rows.
    pub newer: Option<Cursor<P>>,
    /// Page with older rows.
    pub older: Option<Cursor<P>>,
}

impl<P> AdjacentPages<P> {
    /// Returns the next page in the given order.
    pub fn on(self, order: Order) -> Option<Cursor<P>> {
        match order {
            Order::Newest => self.older,
            Order::Oldest => self.newer,
        }
    }
}

impl<P> Default for AdjacentPages<P> {
    fn default() -> Self {
        Self { newer: None, older: None }
    }
}

/// Builds a page from the rows read for it: at most `limit` rows, plus one that indicates that there are more. Puts
/// the rows in list order.
pub fn turn<Row, P>(
    rows: &mut Vec<Row>,
    limit: usize,
    cursor: &Cursor<P>,
    order: Order,
    place: impl Fn(&Row) -> P,
) -> AdjacentPages<P> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let is_ascending = cursor.is_ascending(order);
    let (newest, oldest) =
        if is_ascending { (rows.last(), rows.first()) } else { (rows.first(), rows.last()) };
    let (newer, older) =
        (newest.map(|row| Cursor::After(place(row))), oldest.map(|row| Cursor::Before(place(row))));
    // A cursor always comes from a row, so there is at least that row on its side.
    let came = !matches!(cursor, Cursor::Start);
    let beside = if is_ascending {
        AdjacentPages { newer: newer.filter(|_| more), older: older.filter(|_| came) }
    } else {
        AdjacentPages { newer: newer.filter(|_| came), older: older.filter(|_| more) }
    };
    if is_ascending != (order == Order::Oldest) {
        rows.reverse();
    }
    beside
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a page of the numbers 1 to 7, as the database would.
    fn page(cursor: Cursor<i32>, order: Order) -> (Vec<i32>, AdjacentPages<i32>) {
        let is_wanted = |n: &i32| match cursor {
            Cursor::Start => true,
            Cursor::Before(place) => *n < place,
            Cursor::After(place) => *n > place,
        };
        let mut rows: Vec<i32> = (1..=7).filter(is_wanted).collect();
        if !cursor.is_ascending(order) {
            rows.reverse();
        }
        rows.truncate(4);
        let beside = turn(&mut rows, 3, &cursor, order, |row| *row);
        (rows, beside)
    }

    #[test]
    fn a_list_goes_on_and_back_in_either_order() {
        let all = |order, step: fn(&AdjacentPages<i32>) -> Option<Cursor<i32>>, from| {
            let (mut seen, mut next) = (Vec::new(), Some(from));
            while let Some(cursor) = next {
                let (rows, beside) = page(cursor, order);
                seen.push(rows);
                next = step(&beside);
            }
            seen
        };
        let newest = all(Order::Newest, |beside| beside.older, Cursor::Start);
        assert_eq!(newest, [vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
        let oldest = all(Order::Oldest, |beside| beside.newer, Cursor::Start);
        assert_eq!(oldest, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
        let back = all(Order::Newest, |beside| beside.newer, Cursor::Before(2));
        assert_eq!(back, [vec![1], vec![4, 3, 2], vec![7, 6, 5]]);
        let back = all(Order::Oldest, |beside| beside.older, Cursor::After(6));
        assert_eq!(back, [vec![7], vec![4, 5, 6], vec![1, 2, 3]]);
    }

    #[test]
    fn the_first_page_has_nothing_before_it() {
        assert_eq!(
            page(Cursor::Start, Order::Newest).1,
            AdjacentPages { newer: None, older: Some(Cursor::Before(5)) }
        );
        assert_eq!(
            page(Cursor::Start, Order::Oldest).1,
            AdjacentPages { newer: Some(Cursor::After(3)), older: None }
        );
    }
}
