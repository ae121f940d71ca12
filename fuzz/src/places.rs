//! Asserts that the engine reports problems at existing locations.

use engine::problem::Problem;
use engine::rules::RuleSetFile;

/// Asserts that every problem has a message, and covers whole characters of the text.
///
/// # Panics
/// Panics if one does not.
pub fn assert_located(text: &str, problems: &[Problem]) {
    for problem in problems {
        assert!(!problem.message.is_empty(), "{problem:?} of {text:?}");
        if let Some(span) = problem.span {
            assert!(text.get(span.start..span.end).is_some(), "{problem:?} of {text:?}");
        }
    }
}

/// Asserts the same for the problems of a file, each in the text that it points to.
///
/// # Panics
/// Panics if one does not.
pub fn assert_located_in_file(file: &RuleSetFile, problems: &[Problem]) {
    for problem in problems {
        let mut path = problem.pointer.split('/').skip(1);
        let parts = (path.next(), path.next().and_then(|index| index.parse::<usize>().ok()), path.next());
        let text = match parts {
            (Some("rules"), Some(index), Some("when")) => {
                file.rules.get(index).map(|rule| rule.when.as_str())
            }
            (Some("rules"), Some(index), Some("table")) => {
                file.rules.get(index).and_then(|rule| rule.table.as_deref())
            }
            _ => None,
        };
        assert!(text.is_some() || problem.span.is_none(), "{problem:?} of {file:?}");
        assert_located(text.unwrap_or_default(), std::slice::from_ref(problem));
    }
}
