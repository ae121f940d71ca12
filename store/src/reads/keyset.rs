//! Pages of long lists by keyset: a page begins beside a row rather than at a number, so that the thousandth costs what
//! the first does and nothing is seen twice when rows are added meanwhile.

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Order {
    /// The newest.
    #[default]
    Newest,
    /// The oldest.
    Oldest,
}

/// Where a page of a list begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cursor<P> {
    /// With the first row of the order.
    #[default]
    Start,
    /// With the rows older than this one.
    Before(P),
    /// With the rows newer than this one.
    After(P),
}

impl<P> Cursor<P> {
    /// Whether the rows of the page are read from the older to the newer ones.
    pub fn is_ascending(&self, order: Order) -> bool {
        match self {
            Self::Start => order == Order::Oldest,
            Self::Before(_) => false,
            Self::After(_) => true,
        }
    }
}

/// The pages beside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside<P> {
    /// The one with newer rows.
    pub newer: Option<Cursor<P>>,
    /// The one with older rows.
    pub older: Option<Cursor<P>>,
}

impl<P> Beside<P> {
    /// The page that comes next in the order.
    pub fn on(self, order: Order) -> Option<Cursor<P>> {
        match order {
            Order::Newest => self.older,
            Order::Oldest => self.newer,
        }
    }
}

impl<P> Default for Beside<P> {
    fn default() -> Self {
        Self { newer: None, older: None }
    }
}

/// Makes a page of what was read for it: at most `limit` rows and one, which tells that there are more. The rows are put
/// in order.
pub fn turn<Row, P>(
    rows: &mut Vec<Row>,
    limit: usize,
    cursor: &Cursor<P>,
    order: Order,
    place: impl Fn(&Row) -> P,
) -> Beside<P> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let is_ascending = cursor.is_ascending(order);
    let (newest, oldest) =
        if is_ascending { (rows.last(), rows.first()) } else { (rows.first(), rows.last()) };
    let (newer, older) =
        (newest.map(|row| Cursor::After(place(row))), oldest.map(|row| Cursor::Before(place(row))));
    // Whoever came from a row knows that there is something on its side.
    let came = !matches!(cursor, Cursor::Start);
    let beside = if is_ascending {
        Beside { newer: newer.filter(|_| more), older: older.filter(|_| came) }
    } else {
        Beside { newer: newer.filter(|_| came), older: older.filter(|_| more) }
    };
    if is_ascending != (order == Order::Oldest) {
        rows.reverse();
    }
    beside
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of the numbers 1 to 7, read as the database would.
    fn page(cursor: Cursor<i32>, order: Order) -> (Vec<i32>, Beside<i32>) {
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
        let all = |order, step: fn(&Beside<i32>) -> Option<Cursor<i32>>, from| {
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
            Beside { newer: None, older: Some(Cursor::Before(5)) }
        );
        assert_eq!(
            page(Cursor::Start, Order::Oldest).1,
            Beside { newer: Some(Cursor::After(3)), older: None }
        );
    }
}
