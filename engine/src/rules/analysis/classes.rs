//! Splits an ordered set of values at points, into the points and the ranges between them.

use std::cmp::Ordering;

use crate::rules::numeric::Numeric;

/// A point, or everything strictly between two points, either of which can be absent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range<T> {
    pub low: Option<T>,
    pub high: Option<T>,
}

/// An ordered type of values.
pub(super) trait Ordered {
    fn order(&self, other: &Self) -> Ordering;
}

impl Ordered for Numeric {
    fn order(&self, other: &Self) -> Ordering {
        Numeric::order(*self, *other)
    }
}

impl Ordered for Box<str> {
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl<T: Ordered> Range<T> {
    pub fn is_point(&self) -> bool {
        matches!((&self.low, &self.high), (Some(low), Some(high)) if low.order(high) == Ordering::Equal)
    }

    /// Returns how its values compare with one of the points that the values are split at.
    pub fn order(&self, point: &T) -> Ordering {
        self.order_by(|value| value.order(point))
    }

    /// Does the same, with a function that compares the ends with the point.
    pub fn order_by(&self, compare: impl Fn(&T) -> Ordering) -> Ordering {
        if self.is_point() {
            return self.low.as_ref().map_or(Ordering::Equal, compare);
        }
        match &self.low {
            Some(low) if compare(low) != Ordering::Less => Ordering::Greater,
            _ => Ordering::Less,
        }
    }

    /// Returns whether a value is in the range.
    pub fn has(&self, value: &T) -> bool {
        if self.is_point() {
            return self.low.as_ref().is_some_and(|low| low.order(value) == Ordering::Equal);
        }
        self.low.as_ref().is_none_or(|low| low.order(value) == Ordering::Less)
            && self.high.as_ref().is_none_or(|high| high.order(value) == Ordering::Greater)
    }
}

/// Creates classes of values.
pub(super) struct Classes;

impl Classes {
    /// Returns the classes of numbers within a range, restricted to whole numbers if requested.
    pub fn numbers(
        mut points: Vec<Numeric>,
        (min, max): (Option<Numeric>, Option<Numeric>),
        is_whole: bool,
    ) -> Vec<Range<Numeric>> {
        points.extend(min);
        points.extend(max);
        let is_inside = |range: &Range<Numeric>| {
            min.is_none_or(|min| range.order(&min) != Ordering::Less)
                && max.is_none_or(|max| range.order(&max) != Ordering::Greater)
        };
        let mut classes = cut(points);
        classes.retain(|range| is_inside(range) && (!is_whole || holds_whole(range)));
        classes
    }

    /// Returns the classes of texts.
    pub fn texts(points: Vec<Box<str>>) -> Vec<Range<Box<str>>> {
        let mut classes = cut(points);
        // No text is less than the empty text.
        classes.retain(|range| range.is_point() || range.high.as_deref() != Some(""));
        classes
    }
}

fn cut<T: Ordered + Clone>(mut points: Vec<T>) -> Vec<Range<T>> {
    points.sort_by(T::order);
    points.dedup_by(|a, b| a.order(b) == Ordering::Equal);
    let mut classes = Vec::with_capacity(points.len() * 2 + 1);
    let mut before = None;
    for point in points {
        classes.push(Range { low: before, high: Some(point.clone()) });
        classes.push(Range { low: Some(point.clone()), high: Some(point.clone()) });
        before = Some(point);
    }
    classes.push(Range { low: before, high: None });
    classes
}

fn holds_whole(range: &Range<Numeric>) -> bool {
    whole_in(range).is_some()
}

/// Returns the whole number of a range that is closest to its lower end, or else to its upper end.
pub(super) fn whole_in(range: &Range<Numeric>) -> Option<i64> {
    let floor = |number: Numeric| match number {
        Numeric::Integer(n) => Some(n),
        Numeric::Float(n) if n.abs() < 9e18 => Some(n.floor() as i64),
        Numeric::Float(_) => None,
    };
    let candidates = match (range.low, range.high) {
        (Some(low), Some(high)) => [floor(low), floor(low).and_then(|n| n.checked_add(1)), floor(high)],
        (Some(low), None) => [floor(low).and_then(|n| n.checked_add(1)), Some(i64::MAX), Some(i64::MIN)],
        (None, Some(high)) => [floor(high).and_then(|n| n.checked_sub(1)), floor(high), Some(i64::MIN)],
        (None, None) => [Some(0), None, None],
    };
    candidates.into_iter().flatten().find(|n| range.has(&Numeric::Integer(*n)))
}
