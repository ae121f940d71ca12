//! The limits of every input, each with its reason.

/// Bytes in the body of one event: fits a long e-mail thread, but not a 10 MB string.
pub const EVENT_BYTES: usize = 256 * 1024;
/// Nesting depth of a JSON body: nothing reads deeper input, and it only uses up the stack.
pub const JSON_DEPTH: usize = 32;
/// Events in one batch request: enough for several transactions.
pub const BATCH_LINES: usize = 10_000;
/// Bytes in one batch request.
pub const BATCH_BYTES: usize = 32 * 1024 * 1024;
/// Characters in an idempotency key, which must fit in an index entry together with its source.
pub const KEY_CHARS: usize = 200;
/// Characters in the names of sources, workflows, fields and rules.
pub const NAME_CHARS: usize = 100;
/// Bytes in one rule condition, which should still fit on a screen.
pub const EXPRESSION_BYTES: usize = 10_000;
/// Nesting depth of one rule condition, since the parser is recursive.
pub const EXPRESSION_DEPTH: usize = 64;
/// Height of the syntax tree of one rule condition, including chains such as `a + b + c`, since tree traversals
/// are recursive.
pub const EXPRESSION_HEIGHT: usize = 200;
/// Worst-case work of one rule condition, in evaluator steps; takes some tens of milliseconds.
pub const EXPRESSION_WORK: u64 = 1_000_000;
/// Pieces that `split` produces from a text, which bounds the work done for each of them.
pub const PIECES: usize = 10_000;
/// Bytes in one pattern of `matches`, whatever its source.
pub const PATTERN_BYTES: usize = 1_000;
/// Characters and ranges in one pattern of `matches` after its repetitions are expanded.
pub const PATTERN_WEIGHT: u64 = 10_000;
/// The same for all different patterns of one rule set together, which bounds the time and memory of compiling it.
pub const RULE_SET_PATTERN_WEIGHT: u64 = 200_000;
/// Characters in an e-mail address (RFC 5321 permits 64 before the `@` and 255 after it).
pub const EMAIL_CHARS: usize = 320;
/// Rules in one rule set.
pub const RULES: usize = 2_000;
/// Fields in one catalogue; a feature row uses at least one byte for each.
pub const FIELDS: usize = 200;
/// Entries in one reference list.
pub const LIST_ENTRIES: usize = 1_000_000;
/// Bytes in all entries of one reference list together: a million company names fit.
pub const LIST_BYTES: usize = 24 * 1024 * 1024;
/// Characters of one text that a form extractor reads; longer texts are not form fields.
pub const EXTRACT_CHARS: usize = 20_000;
/// Characters of one message that intent phrases are searched in: as many as an event can have bytes, so that a
/// message is never cut.
pub const MESSAGE_CHARS: usize = EVENT_BYTES;
/// Minutes that `occurred_at` can be in the future, which allows for clock skew.
pub const FUTURE_MINUTES: i64 = 5;
/// Days that a field can look back over a lead's earlier events; statements older than a year are outdated.
pub const EARLIER_DAYS: u16 = 365;
/// Earlier events read for one decision; reading one costs as much as evaluating it.
pub const EARLIER_EVENTS: usize = 50;
/// Bytes in an apply file, excluding its lists.
pub const APPLY_BYTES: usize = 8 * 1024 * 1024;
