//! The space of leads, split at everything that the rules test: each field has classes of values that no
//! question distinguishes, and so do the result of each list and the order of two fields.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};

use super::budget::Budget;
use super::classes::{Classes, Range};
use super::question::FieldQuestion;
use super::set::ClassSet;
use crate::catalogue::FieldType;
use crate::rules::code::{AcceptedOrderings, LiteralSet as Written, Node, Operand, Operation};
use crate::rules::numeric::Numeric;
use crate::rules::row::{Datum, Slot};
use crate::rules::rule_set::RuleSet;
use crate::value::Value;

/// Something that questions are about.
pub(super) enum Variable {
    /// A field.
    Field(FieldClasses),
    /// The result of a list: no or yes.
    Answer { question: usize },
    /// The order of two values: less, equal or greater.
    Order { left: Operand, right: Operand },
    /// A question that is not analysed: false or true.
    Opaque(Operation),
}

/// The maximum number of questions in a rule set about more than a single field or list; further ones are not
/// distinguished.
const OTHERS: usize = 1_000;

/// The maximum number of classes of one field; a field with more is not analysed.
const CLASSES: usize = 1 << 16;

/// The classes of a field.
pub(super) struct FieldClasses {
    pub slot: usize,
    pub values: Values,
    /// The confidence classes of the reading, if rules test them; otherwise the field is assumed to be known.
    pub sureness: Option<Vec<Range<Numeric>>>,
    /// The class of the value that a missing field has.
    stated: Option<usize>,
}

/// The values of a field.
pub(super) enum Values {
    Bool,
    Codes(usize),
    Numbers(Vec<Range<Numeric>>),
    Texts(Vec<Range<Box<str>>>),
    /// Values that no question distinguishes.
    Alike,
    /// Values that are not analysed, because questions distinguish too many of them.
    TooMany,
}

/// All variables; those of the fields come first, by slot.
pub(super) struct Space {
    pub variables: Vec<Variable>,
    pub sizes: Vec<usize>,
    /// The step limit of everything that uses this space.
    pub budget: Budget,
    answers: usize,
    /// The indices of questions about more than a field, by their fingerprint.
    others: HashMap<u64, Vec<usize>>,
}

impl Space {
    pub fn of(rules: &RuleSet) -> Self {
        let kinds = || rules.rules.iter().flat_map(|rule| &*rule.code).map(|node: &Node| &node.kind);
        let mut asked: Vec<Vec<FieldQuestion<'_>>> = rules.slots.iter().map(|_| Vec::new()).collect();
        let mut needed: Vec<Vec<f64>> = rules.slots.iter().map(|_| Vec::new()).collect();
        for kind in kinds() {
            for read in kind.reads() {
                if let Some(needed) = needed.get_mut(usize::from(read.slot)) {
                    needed.push(read.needed);
                }
            }
            if let Some((slot, one)) = FieldQuestion::of(kind)
                && let Some(asked) = asked.get_mut(slot)
            {
                asked.push(one);
            }
        }
        let about = rules.slots.iter().enumerate().zip(asked.into_iter().zip(needed));
        let mut variables: Vec<Variable> = about
            .map(|((slot, definition), (asked, needed))| {
                Variable::Field(FieldClasses::of(slot, definition, &asked, &needed))
            })
            .collect();
        let answers = variables.len();
        variables.extend((0..rules.questions().len()).map(|question| Variable::Answer { question }));
        let mut space =
            Self { sizes: Vec::new(), answers, variables, budget: Budget::new(), others: HashMap::new() };
        let mut others = 0;
        for kind in kinds() {
            let is_plain = matches!(
                kind,
                Operation::All
                    | Operation::Any
                    | Operation::Not
                    | Operation::Same { .. }
                    | Operation::Constant(_)
                    | Operation::Listed { .. }
            );
            if others < OTHERS
                && !is_plain
                && space.asked(kind).is_none()
                && space.budget.take(glance(kind))
                && space.place(kind).is_none()
            {
                others += 1;
                space.others.entry(looks(kind)).or_default().push(space.variables.len());
                space.variables.push(match kind {
                    Operation::Compare { left, right, .. } => {
                        Variable::Order { left: left.clone(), right: right.clone() }
                    }
                    other => Variable::Opaque(other.clone()),
                });
            }
        }
        space.sizes = space.variables.iter().map(Variable::len).collect();
        space
    }

    pub fn field(&self, slot: usize) -> Option<&FieldClasses> {
        match self.variables.get(slot) {
            Some(Variable::Field(field)) => Some(field),
            _ => None,
        }
    }

    pub fn answer(&self, question: u32) -> usize {
        self.answers + question as usize
    }

    /// Returns the variable of a question about more than a single field, and the classes for which it is true.
    pub fn other(&self, kind: &Operation) -> Option<(usize, ClassSet)> {
        let place = self.budget.take(glance(kind)).then(|| self.place(kind))??;
        let holds = match kind {
            Operation::Compare { accepted, .. }
                if matches!(self.variables[place], Variable::Order { .. }) =>
            {
                ClassSet::of(3, |class| accepts(*accepted, class))
            }
            _ => ClassSet::of(2, |class| class == 1),
        };
        Some((place, holds))
    }

    fn place(&self, kind: &Operation) -> Option<usize> {
        let is_it = |place: &&usize| match (self.variables.get(**place), kind) {
            (Some(Variable::Order { left, right }), Operation::Compare { left: a, right: b, .. }) => {
                left == a && right == b
            }
            (Some(Variable::Opaque(known)), kind) => known == kind,
            _ => false,
        };
        self.others.get(&looks(kind))?.iter().find(is_it).copied()
    }

    /// Returns the slot of a question about a single field, and the classes of that field for which it is true
    /// and false; it is unknown for all others. Returns `None` for other questions, or if the limit was
    /// reached.
    pub fn atom(&self, kind: &Operation) -> Option<(usize, ClassSet, ClassSet)> {
        let (field, asked) = self.asked(kind)?;
        let steps = self.sizes.get(field.slot).map_or(0, |size| size / 16) + asked.weight();
        self.budget
            .take(steps as u64)
            .then(|| (field.slot, field.set(&asked, true), field.set(&asked, false)))
    }

    fn asked<'a>(&self, kind: &'a Operation) -> Option<(&FieldClasses, FieldQuestion<'a>)> {
        let (slot, asked) = FieldQuestion::of(kind)?;
        let field = self.field(slot)?;
        asked.fits(&field.values).then_some((field, asked))
    }

    /// Returns the classes in which a field is known with at least the confidence `needed`.
    pub fn known(&self, slot: usize, needed: f64) -> Option<ClassSet> {
        let field = self.field(slot)?;
        field.sureness.as_ref()?;
        Some(field.seen(std::iter::once(0..field.width()), needed))
    }

    /// Returns the steps needed to create a lead from classes.
    pub fn weight(&self) -> u64 {
        self.sizes.iter().map(|size| 32 + *size as u64).sum()
    }
}

/// Returns the steps needed to compute the fingerprint of a question.
fn glance(kind: &Operation) -> u64 {
    match kind {
        Operation::General(program) => 2_000 + program.steps() / 4,
        Operation::OneOf { set: Written::Numbers(all), .. } => 300 + all.len() as u64 * 20,
        Operation::OneOf { set: Written::Texts(all), .. } => 300 + all.len() as u64 * 20,
        _ => 600,
    }
}

/// Returns a fingerprint of a question. All orders of the same two values share one.
fn looks(kind: &Operation) -> u64 {
    struct Into(DefaultHasher);
    impl std::fmt::Write for Into {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut into = Into(DefaultHasher::new());
    let written = match kind {
        Operation::Compare { left, right, .. } => write!(into, "{left:?}{right:?}"),
        other => write!(into, "{other:?}"),
    };
    written.map_or(0, |()| into.0.finish())
}

impl Variable {
    fn len(&self) -> usize {
        match self {
            Self::Field(field) => field.len(),
            Self::Answer { .. } | Self::Opaque(_) => 2,
            Self::Order { .. } => 3,
        }
    }
}

impl FieldClasses {
    fn of(slot: usize, definition: &Slot, asked: &[FieldQuestion<'_>], needed: &[f64]) -> Self {
        let field = &definition.definition;
        let values = match field.kind {
            FieldType::Bool => Values::Bool,
            FieldType::Enum => Values::Codes(field.values.len()),
            FieldType::Timestamp => Values::Alike,
            FieldType::Integer | FieldType::Number => {
                let points = asked.iter().flat_map(|asked| match asked {
                    FieldQuestion::Number { bound, .. } => std::slice::from_ref(bound),
                    FieldQuestion::Numbers { all, .. } => all,
                    _ => &[],
                });
                let range = (field.min.map(Numeric::Float), field.max.map(Numeric::Float));
                let is_whole = field.kind == FieldType::Integer;
                Values::Numbers(Classes::numbers(points.copied().collect(), range, is_whole))
            }
            FieldType::String => {
                let mut points: Vec<&str> = Vec::new();
                for asked in asked {
                    match asked {
                        FieldQuestion::Text { bound, .. } => points.push(bound),
                        FieldQuestion::Texts { all, .. } => points.extend(all.iter().map(|text| &**text)),
                        _ => {}
                    }
                }
                points.sort_unstable();
                points.dedup();
                Values::Texts(Classes::texts(points.into_iter().map(Box::from).collect()))
            }
        };
        let is_observed =
            asked.iter().any(|asked| matches!(asked, FieldQuestion::Has | FieldQuestion::Sure { .. }));
        let sureness = is_observed.then(|| {
            let mut points: Vec<Numeric> = needed.iter().copied().map(Numeric::Float).collect();
            points.extend(asked.iter().filter_map(|asked| match asked {
                FieldQuestion::Sure { bound, .. } => Some(*bound),
                _ => None,
            }));
            Classes::numbers(points, (Some(Numeric::Float(0.0)), Some(Numeric::Float(1.0))), false)
        });
        let mut classes = Self { slot, values, sureness, stated: None };
        if classes.len() > CLASSES {
            return Self { slot, values: Values::TooMany, sureness: None, stated: None };
        }
        classes.stated = classes.class_of(definition.cell(None).datum);
        classes
    }

    fn width(&self) -> usize {
        match &self.values {
            Values::Bool => 2,
            Values::Codes(count) => *count,
            Values::Numbers(all) => all.len(),
            Values::Texts(all) => all.len(),
            Values::Alike | Values::TooMany => 1,
        }
    }

    pub fn len(&self) -> usize {
        match &self.sureness {
            None => self.width(),
            Some(sureness) => 1 + sureness.len() * self.width(),
        }
    }

    /// Returns the classes of the value and, if rules test it, of the confidence; a missing field has neither.
    pub fn split(&self, class: usize) -> (Option<usize>, Option<usize>) {
        match &self.sureness {
            None => (Some(class), None),
            Some(_) => match class.checked_sub(1) {
                None => (None, None),
                Some(rest) => (Some(rest % self.width()), Some(rest / self.width())),
            },
        }
    }

    /// Returns the class of a value.
    pub fn class_of(&self, datum: Datum<'_>) -> Option<usize> {
        self.values.class_of(datum)
    }

    /// Returns the classes for which a question has this result.
    fn set(&self, asked: &FieldQuestion<'_>, wanted: bool) -> ClassSet {
        match asked {
            FieldQuestion::Has if self.sureness.is_some() => {
                ClassSet::of_ranges(self.len(), std::iter::once(if wanted { 1..self.len() } else { 0..1 }))
            }
            FieldQuestion::Has => ClassSet::of_ranges(self.len(), wanted.then_some(0..self.len())),
            FieldQuestion::Sure { accepted, bound } => {
                let is_it = |order| accepted.accepts(order) == wanted;
                let missing = is_it(Numeric::Float(0.0).order(*bound)).then_some(0..1);
                let blocks = self.blocks(|sureness| is_it(sureness.order(bound)));
                ClassSet::of_ranges(self.len(), missing.into_iter().chain(blocks))
            }
            about => self.seen(about.values(&self.values, wanted).into_iter(), about.needed()),
        }
    }

    /// Returns the classes of the values in some ranges that are read with at least this confidence.
    fn seen(&self, values: impl Iterator<Item = std::ops::Range<usize>> + Clone, needed: f64) -> ClassSet {
        if self.sureness.is_none() {
            return ClassSet::of_ranges(self.len(), values);
        }
        let is_stated = self.stated.is_some_and(|stated| values.clone().any(|range| range.contains(&stated)));
        let sure = self.blocks(|sureness| sureness.order(&Numeric::Float(needed)) != Ordering::Less);
        let seen = sure.flat_map(|block| {
            values.clone().map(move |range| block.start + range.start..block.start + range.end)
        });
        ClassSet::of_ranges(self.len(), is_stated.then_some(0..1).into_iter().chain(seen))
    }

    /// Returns the classes of all values for each included confidence.
    fn blocks(
        &self,
        is_meant: impl Fn(&Range<Numeric>) -> bool,
    ) -> impl Iterator<Item = std::ops::Range<usize>> {
        let width = self.width();
        let all = self.sureness.iter().flatten().enumerate();
        all.filter(move |(_, sureness)| is_meant(sureness))
            .map(move |(index, _)| 1 + index * width..1 + (index + 1) * width)
    }
}

impl Values {
    /// Returns the same field, split at further values.
    pub fn cut_at(&self, slot: &Slot, further: &[Value]) -> Self {
        let data = further.iter().map(|value| slot.datum(value));
        match self {
            Self::Bool => Self::Bool,
            Self::Codes(count) => Self::Codes(*count),
            Self::Alike => Self::Alike,
            Self::TooMany => Self::TooMany,
            Self::Numbers(all) => {
                let more = data.filter_map(|datum| match datum {
                    Datum::Number(number) => Some(number),
                    _ => None,
                });
                let points =
                    all.iter().flat_map(|range| [range.low, range.high]).flatten().chain(more).collect();
                let field = &slot.definition;
                let range = (field.min.map(Numeric::Float), field.max.map(Numeric::Float));
                Self::Numbers(Classes::numbers(points, range, field.kind == FieldType::Integer))
            }
            Self::Texts(all) => {
                let more = data.filter_map(|datum| slot.text(datum)).map(Box::from);
                let points = all.iter().flat_map(|range| [range.low.clone(), range.high.clone()]).flatten();
                Self::Texts(Classes::texts(points.chain(more).collect()))
            }
        }
    }

    /// Returns the class of a value.
    pub fn class_of(&self, datum: Datum<'_>) -> Option<usize> {
        match (self, datum) {
            (Values::Bool, Datum::Bool(holds)) => Some(usize::from(holds)),
            (Values::Codes(count), Datum::Code(code)) => Some(code as usize).filter(|code| code < count),
            (Values::Numbers(all), Datum::Number(number)) => all.iter().position(|range| range.has(&number)),
            (Values::Texts(all), Datum::Text(text)) => {
                let text: Box<str> = text.into();
                all.iter().position(|range| range.has(&text))
            }
            (Values::Alike, Datum::Timestamp(_)) => Some(0),
            _ => None,
        }
    }
}

fn accepts(accepted: AcceptedOrderings, class: usize) -> bool {
    let order = match class {
        0 => Ordering::Less,
        1 => Ordering::Equal,
        _ => Ordering::Greater,
    };
    accepted.accepts(order)
}
