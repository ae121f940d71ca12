//! The bounds of everything, each with its reason.

/// Bytes of one event's body: a long e-mail thread fits, a 10 MB string does not.
pub const EVENT_BYTES: usize = 256 * 1024;
/// Nesting of a JSON body: deeper input has no reader and only costs stack.
pub const JSON_DEPTH: usize = 32;
/// Events in one batch request: one transaction's worth a few times over.
pub const BATCH_LINES: usize = 10_000;
/// Bytes of one batch request.
pub const BATCH_BYTES: usize = 32 * 1024 * 1024;
/// Characters of an idempotency key; it must fit an index entry together with its source.
pub const KEY_CHARS: usize = 200;
/// Characters of names people give to things (sources, workflows, fields, rules).
pub const NAME_CHARS: usize = 100;
/// Bytes of one rule condition: what still fits a screen.
pub const EXPRESSION_BYTES: usize = 10_000;
/// Nesting of one rule condition: the parser recurses.
pub const EXPRESSION_DEPTH: usize = 64;
/// Pieces of one rule condition inside each other, chains such as `a + b + c` included: what walks the tree recurses.
pub const EXPRESSION_HEIGHT: usize = 200;
/// Work of one rule condition in the worst case, in steps of the evaluator: some tens of milliseconds.
pub const EXPRESSION_WORK: u64 = 1_000_000;
/// Pieces that `split` cuts a text into: what is gone through again for each of them stays bounded.
pub const PIECES: usize = 10_000;
/// Bytes of one pattern of `matches`, wherever it comes from.
pub const PATTERN_BYTES: usize = 1_000;
/// Characters and ranges of one pattern of `matches` once its repetitions are written out.
pub const PATTERN_WEIGHT: u64 = 10_000;
/// Rules in one rule set.
pub const RULES: usize = 2_000;
/// Fields in one catalogue: a feature row codes each with at least a byte.
pub const FIELDS: usize = 200;
/// Entries in one reference list.
pub const LIST_ENTRIES: usize = 1_000_000;
/// Characters of one text that a form extractor reads: beyond it a form field is no form field.
pub const EXTRACT_CHARS: usize = 20_000;
/// Minutes that `occurred_at` may lie in the future, which is what clocks are wrong by.
pub const FUTURE_MINUTES: i64 = 5;
/// Days that a field may look back over a lead's earlier events: beyond a year what a person said no longer holds.
pub const EARLIER_DAYS: u16 = 365;
/// Earlier events that are read for one decision; reading one costs as much as deciding about it.
pub const EARLIER_EVENTS: usize = 50;
/// Bytes of an apply file, its lists aside.
pub const APPLY_BYTES: usize = 8 * 1024 * 1024;
