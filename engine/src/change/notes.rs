//! Places the findings about a rule set at their rules in its text.

use super::draft::{TextProblem, marks};
use crate::problem::Problem;
use crate::rules::{Analysis, RuleSetFile};

/// The maximum number of findings shown, starting with the first rules.
const MAX_NOTES: usize = 100;

/// Marks the findings in the text; `decided` is the number of leads that were evaluated.
pub(super) fn notes(text: &str, file: &RuleSetFile, analysis: &Analysis, decided: usize) -> Vec<TextProblem> {
    let (written, _) = file.written();
    let problem = |finding: &crate::rules::analysis::Finding| {
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
    marks(text, analysis.findings.iter().take(MAX_NOTES).map(problem).collect())
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
        let marks = notes(text, &file, &rules.analyse(&BTreeMap::new()), 0);
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
