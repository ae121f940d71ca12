//! What the engine says is wrong has to be said at a place that there is.

use engine::problem::Problem;
use engine::rules::RuleSetFile;

/// Every problem has words, and stands on whole characters of the text.
///
/// # Panics
/// One does not.
pub fn stands_in(text: &str, problems: &[Problem]) {
    for problem in problems {
        assert!(!problem.message.is_empty(), "{problem:?} of {text:?}");
        if let Some(span) = problem.span {
            assert!(text.get(span.start..span.end).is_some(), "{problem:?} of {text:?}");
        }
    }
}

/// The same for the problems of a file, each in the text that it points to.
///
/// # Panics
/// One does not.
pub fn stands_in_file(file: &RuleSetFile, problems: &[Problem]) {
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
        stands_in(text.unwrap_or_default(), std::slice::from_ref(problem));
    }
}
