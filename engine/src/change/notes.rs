//! Places the findings about a rule set at their rules in its text.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::draft::{TextProblem, marks};
use crate::problem::Problem;
use crate::rules::analysis::Finding;
use crate::rules::{Analysis, RuleSetFile};

/// The maximum number of findings shown, starting with the first rules.
const MAX_NOTES: usize = 100;

/// A hint about a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The hint and its place in the text.
    pub mark: TextProblem,
    /// Whether the draft brings it, so that it does not apply to what is live.
    pub is_new: bool,
}

/// Marks the findings in the text, the new ones first; `live` is the analysis of what is live, and `decided` the number of leads
/// that were evaluated.
pub(super) fn notes(
    text: &str,
    file: &RuleSetFile,
    analysis: &Analysis,
    live: &Analysis,
    decided: usize,
) -> Vec<Note> {
    let (written, _) = file.written();
    let said = |finding: &Finding| (finding.rule_id.clone(), finding.message());
    let known: BTreeSet<_> = live.findings.iter().map(said).collect();
    let (old, new): (Vec<&Finding>, Vec<&Finding>) =
        analysis.findings.iter().take(MAX_NOTES).partition(|finding| known.contains(&said(finding)));
    let problem = |finding: &&Finding| {
        let mut message = finding.message();
        message.extend(finding.example().map(|example| format!(" {example}")));
        if let Some(leads) = finding.leads.filter(|leads| *leads > 0) {
            message.push_str(&format!(" This affects {leads} of the {decided} newest leads."));
        }
        let mut problem = Problem::at("?", message);
        if let Some(written) = finding.rule.and_then(|rule| written.get(rule)) {
            let about = Problem { pointer: "/when".into(), span: finding.span, ..problem };
            problem = written.problem(about);
        }
        problem
    };
    let placed = |findings: Vec<&Finding>, is_new: bool| {
        let marks = marks(text, findings.iter().map(problem).collect());
        marks.into_iter().map(move |mark| Note { mark, is_new })
    };
    placed(new, true).chain(placed(old, false)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rules::RuleSet;

    #[test]
    fn findings_are_placed_at_their_rule_part_or_row() {
        let text = "rule_set: r\nrules:\n- id: a\n  when: size > 5 && size < 3\n  then: [advance]\n- id: b\n  when: 'true'\n  then: []\n  table: |\n    size,action\n    >= 5,hold\n    >= 9,reject\n    ,nurture\ndefault: hold\n";
        let file = RuleSetFile::from_yaml(text).unwrap();
        let fields = crate::rules::yaml::read("{size: {type: integer}}").unwrap();
        let rules = RuleSet::compile(&file, &fields, &BTreeMap::new(), &Default::default()).unwrap();
        let analysis = rules.analyse(&BTreeMap::new());
        let live = Analysis { findings: analysis.findings[1..].to_vec() };
        let found = notes(text, &file, &analysis, &live, 0);
        assert_eq!(found.iter().map(|note| note.is_new).collect::<Vec<_>>(), [true, false]);
        let marks: Vec<TextProblem> = found.into_iter().map(|note| note.mark).collect();
        let found: Vec<_> =
            marks.iter().map(|mark| (mark.line, mark.span.map(|span| &text[span.start..span.end]))).collect();
        assert_eq!(found, [(4, Some("size > 5 && size < 3")), (12, Some(">= 9,reject"))], "{marks:?}");
        assert!(
            marks[1]
                .message
                .starts_with("Row 3: No lead reaches this rule: `b-from-5` matches them all first."),
            "{marks:?}"
        );
    }
}
