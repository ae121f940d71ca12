//! The space of leads, cut at everything that the rules of a set ask: each field falls into classes that no question
//! tells apart, and so does the answer of each list and how two fields compare.

use std::cmp::Ordering;

use super::classes::{Classes, Range};
use super::set::Set;
use crate::catalogue::FieldType;
use crate::rules::code::{Accepted, Kind, Node, Operand, Set as Written};
use crate::rules::numeric::Numeric;
use crate::rules::row::{Datum, Slot};
use crate::rules::rule_set::RuleSet;
use crate::value::Value;

/// Something that questions ask about.
pub(super) enum Variable {
    /// A field.
    Field(FieldClasses),
    /// The answer of a list: no, yes.
    Answer { question: usize },
    /// How two things compare: less, equal, greater.
    Order { left: Operand, right: Operand },
    /// A question that is not looked into: false, true.
    Opaque(Kind),
}

/// The classes of a field.
pub(super) struct FieldClasses {
    pub slot: usize,
    pub values: Values,
    /// How surely it may be read, where rules ask that; else it is taken for known.
    pub sureness: Option<Vec<Range<Numeric>>>,
    /// The class of the value that is stated for a missing field.
    stated: Option<usize>,
}

/// The values of a field.
pub(super) enum Values {
    Bool,
    Codes(usize),
    Numbers(Vec<Range<Numeric>>),
    Texts(Vec<Range<Box<str>>>),
    /// Values that no question tells apart by themselves.
    Alike,
}

/// All variables; those of the fields come first, by slot.
pub(super) struct Space {
    pub variables: Vec<Variable>,
    pub sizes: Vec<usize>,
    answers: usize,
}

impl Space {
    pub fn of(rules: &RuleSet) -> Self {
        let kinds: Vec<&Kind> =
            rules.rules.iter().flat_map(|rule| &*rule.code).map(|node: &Node| &node.kind).collect();
        let mut variables: Vec<Variable> = rules
            .slots
            .iter()
            .enumerate()
            .map(|(slot, definition)| Variable::Field(FieldClasses::of(slot, definition, &kinds)))
            .collect();
        let answers = variables.len();
        variables.extend((0..rules.questions().len()).map(|question| Variable::Answer { question }));
        let mut space = Self { sizes: Vec::new(), answers, variables };
        for kind in kinds {
            let is_plain = matches!(
                kind,
                Kind::All
                    | Kind::Any
                    | Kind::Not
                    | Kind::Same { .. }
                    | Kind::Constant(_)
                    | Kind::Listed { .. }
            );
            if !is_plain && space.asked(kind).is_none() && space.other(kind).is_none() {
                space.variables.push(match kind {
                    Kind::Compare { left, right, .. } => {
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

    /// The variable of a question that is not one about a single field, and the classes in which it holds.
    pub fn other(&self, kind: &Kind) -> Option<(usize, Set)> {
        self.variables.iter().enumerate().skip(self.answers).find_map(|(index, variable)| {
            match (variable, kind) {
                (Variable::Order { left, right }, Kind::Compare { left: a, accepted, right: b })
                    if left == a && right == b =>
                {
                    Some((index, Set::of(3, |class| accepts(*accepted, class))))
                }
                (Variable::Opaque(known), kind) if known == kind => {
                    Some((index, Set::of(2, |class| class == 1)))
                }
                _ => None,
            }
        })
    }

    /// The slot of a question about a single field, and the classes of that field in which it holds and does not hold;
    /// in the others it cannot be told.
    pub fn atom(&self, kind: &Kind) -> Option<(usize, Set, Set)> {
        let (field, asked) = self.asked(kind)?;
        let len = field.len();
        if let (Asked::Number { accepted, bound, .. }, Values::Numbers(all), None) =
            (&asked, &field.values, &field.sureness)
        {
            // The commonest question by far, over fields that may be cut into thousands of classes.
            let from = all.partition_point(|range| range.order(bound) == Ordering::Less);
            let to = all.partition_point(|range| range.order(bound) != Ordering::Greater);
            let holds = |order| accepted.accepts(order);
            let holds = (holds(Ordering::Less), holds(Ordering::Equal), holds(Ordering::Greater));
            let of = |wanted: bool| {
                let pick =
                    |holds: bool, from: usize, to: usize| if holds == wanted { from..to } else { 0..0 };
                Set::of_ranges(len, [pick(holds.0, 0, from), pick(holds.1, from, to), pick(holds.2, to, len)])
            };
            return Some((field.slot, of(true), of(false)));
        }
        let outcomes: Vec<Option<bool>> = (0..len).map(|class| field.outcome(class, &asked)).collect();
        let of = |wanted: bool| Set::of(len, |class| outcomes[class] == Some(wanted));
        Some((field.slot, of(true), of(false)))
    }

    fn asked<'a>(&self, kind: &'a Kind) -> Option<(&FieldClasses, Asked<'a>)> {
        let (slot, asked) = Asked::of(kind)?;
        let field = self.field(slot)?;
        asked.fits(&field.values).then_some((field, asked))
    }

    /// The classes in which a field is known as surely as `needed`.
    pub fn known(&self, slot: usize, needed: f64) -> Option<Set> {
        let field = self.field(slot)?;
        field.sureness.as_ref()?;
        Some(Set::of(field.len(), |class| field.value(class, needed).is_some()))
    }
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

/// What a question about one field asks.
enum Asked<'a> {
    Number { needed: f64, accepted: Accepted, bound: Numeric },
    Numbers { needed: f64, all: &'a [Numeric] },
    Text { needed: f64, accepted: Accepted, bound: &'a str, is_flipped: bool },
    Texts { needed: f64, all: &'a [Box<str>] },
    Codes { needed: f64, accepted: &'a [bool] },
    Flag { needed: f64 },
    Has,
    Sure { accepted: Accepted, bound: Numeric, is_flipped: bool },
}

impl<'a> Asked<'a> {
    fn of(kind: &'a Kind) -> Option<(usize, Self)> {
        match kind {
            Kind::Bound { read, accepted, bound } => Some((
                read.slot.into(),
                Self::Number { needed: read.needed, accepted: *accepted, bound: *bound },
            )),
            Kind::Codes { read, accepted } => {
                Some((read.slot.into(), Self::Codes { needed: read.needed, accepted }))
            }
            Kind::Flag(read) => Some((read.slot.into(), Self::Flag { needed: read.needed })),
            Kind::Has(slot) => Some(((*slot).into(), Self::Has)),
            Kind::OneOf { needle: Operand::Field(read), set } => Some((
                read.slot.into(),
                match set {
                    Written::Numbers(all) => Self::Numbers { needed: read.needed, all },
                    Written::Texts(all) => Self::Texts { needed: read.needed, all },
                },
            )),
            Kind::Compare { left, accepted, right } => {
                let (side, literal, is_flipped) = match (left, right) {
                    (side, literal @ (Operand::Number(_) | Operand::Text(_))) => (side, literal, false),
                    (literal @ (Operand::Number(_) | Operand::Text(_)), side) => (side, literal, true),
                    _ => return None,
                };
                match (side, literal) {
                    (Operand::Confidence(slot), Operand::Number(bound)) => {
                        Some(((*slot).into(), Self::Sure { accepted: *accepted, bound: *bound, is_flipped }))
                    }
                    (Operand::Field(read), Operand::Text(bound)) => Some((
                        read.slot.into(),
                        Self::Text { needed: read.needed, accepted: *accepted, bound, is_flipped },
                    )),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the field is of the kind that the question is about.
    fn fits(&self, values: &Values) -> bool {
        match self {
            Self::Number { .. } | Self::Numbers { .. } => matches!(values, Values::Numbers(_)),
            Self::Text { .. } | Self::Texts { .. } => matches!(values, Values::Texts(_)),
            Self::Codes { .. } => matches!(values, Values::Codes(_)),
            Self::Flag { .. } => matches!(values, Values::Bool),
            Self::Has | Self::Sure { .. } => true,
        }
    }
}

impl FieldClasses {
    fn of(slot: usize, definition: &Slot, kinds: &[&Kind]) -> Self {
        let mine = || {
            kinds
                .iter()
                .filter_map(|kind| Asked::of(kind))
                .filter(|(at, _)| *at == slot)
                .map(|(_, asked)| asked)
        };
        let field = &definition.definition;
        let values = match field.kind {
            FieldType::Bool => Values::Bool,
            FieldType::Enum => Values::Codes(field.values.len()),
            FieldType::Timestamp => Values::Alike,
            FieldType::Integer | FieldType::Number => {
                let points = mine().flat_map(|asked| match asked {
                    Asked::Number { bound, .. } => vec![bound],
                    Asked::Numbers { all, .. } => all.to_vec(),
                    _ => Vec::new(),
                });
                let range = (field.min.map(Numeric::Float), field.max.map(Numeric::Float));
                Values::Numbers(Classes::numbers(points.collect(), range, field.kind == FieldType::Integer))
            }
            FieldType::String => {
                let points = mine().flat_map(|asked| match asked {
                    Asked::Text { bound, .. } => vec![bound.into()],
                    Asked::Texts { all, .. } => all.to_vec(),
                    _ => Vec::new(),
                });
                Values::Texts(Classes::texts(points.collect()))
            }
        };
        let is_observed = mine().any(|asked| matches!(asked, Asked::Has | Asked::Sure { .. }));
        let sureness = is_observed.then(|| {
            let needed =
                kinds.iter().flat_map(|kind| kind.reads()).filter(|read| usize::from(read.slot) == slot);
            let mut points: Vec<Numeric> = needed.map(|read| Numeric::Float(read.needed)).collect();
            points.extend(mine().filter_map(|asked| match asked {
                Asked::Sure { bound, .. } => Some(bound),
                _ => None,
            }));
            Classes::numbers(points, (Some(Numeric::Float(0.0)), Some(Numeric::Float(1.0))), false)
        });
        let mut classes = Self { slot, values, sureness, stated: None };
        classes.stated = classes.class_of(definition.cell(None).datum);
        classes
    }

    fn width(&self) -> usize {
        match &self.values {
            Values::Bool => 2,
            Values::Codes(count) => *count,
            Values::Numbers(all) => all.len(),
            Values::Texts(all) => all.len(),
            Values::Alike => 1,
        }
    }

    pub fn len(&self) -> usize {
        match &self.sureness {
            None => self.width(),
            Some(sureness) => 1 + sureness.len() * self.width(),
        }
    }

    /// The class of the value and, where that is asked, of the sureness; a missing field has neither.
    pub fn split(&self, class: usize) -> (Option<usize>, Option<usize>) {
        match &self.sureness {
            None => (Some(class), None),
            Some(_) => match class.checked_sub(1) {
                None => (None, None),
                Some(rest) => (Some(rest % self.width()), Some(rest / self.width())),
            },
        }
    }

    /// The class of the value that questions see who need it this surely.
    fn value(&self, class: usize, needed: f64) -> Option<usize> {
        match (self.split(class), &self.sureness) {
            ((None, _), _) => self.stated,
            ((value, None), _) => value,
            ((value, Some(sure)), Some(sureness)) => {
                let is_known = sureness.get(sure)?.order(&Numeric::Float(needed)) != Ordering::Less;
                value.filter(|_| is_known)
            }
            _ => None,
        }
    }

    /// The class of a value.
    pub fn class_of(&self, datum: Datum<'_>) -> Option<usize> {
        self.values.class_of(datum)
    }

    /// What a question comes to in a class; `None` where it cannot be told.
    fn outcome(&self, class: usize, asked: &Asked<'_>) -> Option<bool> {
        let number = |needed: f64| match &self.values {
            Values::Numbers(all) => all.get(self.value(class, needed)?),
            _ => None,
        };
        let text = |needed: f64| match &self.values {
            Values::Texts(all) => all.get(self.value(class, needed)?),
            _ => None,
        };
        match asked {
            Asked::Number { needed, accepted, bound } => {
                Some(accepted.accepts(number(*needed)?.order(bound)))
            }
            Asked::Numbers { needed, all } => {
                let range = number(*needed)?;
                Some(all.iter().any(|value| range.order(value) == Ordering::Equal))
            }
            Asked::Text { needed, accepted, bound, is_flipped } => {
                Some(accepted.accepts(turned(text(*needed)?.order(&(*bound).into()), *is_flipped)))
            }
            Asked::Texts { needed, all } => {
                let range = text(*needed)?;
                Some(all.iter().any(|value| range.order(value) == Ordering::Equal))
            }
            Asked::Codes { needed, accepted } => accepted.get(self.value(class, *needed)?).copied(),
            Asked::Flag { needed } => Some(self.value(class, *needed)? == 1),
            Asked::Has => Some(self.split(class).0.is_some()),
            Asked::Sure { accepted, bound, is_flipped } => {
                let order = match (self.split(class).1, &self.sureness) {
                    (Some(sure), Some(sureness)) => sureness.get(sure)?.order(bound),
                    _ => Numeric::Float(0.0).order(*bound),
                };
                Some(accepted.accepts(turned(order, *is_flipped)))
            }
        }
    }
}

impl Values {
    /// The same cut at further values.
    pub fn cut_at(&self, slot: &Slot, further: &[Value]) -> Self {
        let data = further.iter().map(|value| slot.datum(value));
        match self {
            Self::Bool => Self::Bool,
            Self::Codes(count) => Self::Codes(*count),
            Self::Alike => Self::Alike,
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

    /// The class of a value.
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

fn turned(order: Ordering, is_flipped: bool) -> Ordering {
    if is_flipped { order.reverse() } else { order }
}

fn accepts(accepted: Accepted, class: usize) -> bool {
    let order = match class {
        0 => Ordering::Less,
        1 => Ordering::Equal,
        _ => Ordering::Greater,
    };
    accepted.accepts(order)
}
