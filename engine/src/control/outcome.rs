//! What really happened to a lead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage that a lead reached after it was decided, as people and the CRM report it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OutcomeStage {
    /// Somebody got in touch for the first time.
    Touched,
    /// An AE took it over.
    Accepted,
    /// An AE sent it back.
    Rejected,
    /// It is a sales-qualified lead.
    SalesQualified,
    /// An opportunity was opened.
    Opportunity,
    /// The opportunity was won.
    Won,
    /// The opportunity was lost.
    Lost,
    /// An SDR took it out.
    Disqualified,
}

impl OutcomeStage {
    /// Whether the stage says that sales wants the lead: an AE accepted it or it became an opportunity.
    /// This is the numerator of MQL→SQL. `lost` is none: it is also reported where no opportunity ever was.
    pub fn is_qualified(self) -> bool {
        matches!(self, Self::Accepted | Self::SalesQualified | Self::Opportunity | Self::Won)
    }

    /// Whether the stage says that the lead should not have been passed on, if it is the first verdict.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Disqualified | Self::Lost)
    }

    /// Whether somebody judged the lead. Everything but `touched` is a verdict: getting in touch says nothing
    /// about what was found.
    pub fn is_verdict(self) -> bool {
        self.is_qualified() || self.is_refusal()
    }

    /// Whether it is, or was, a sales-qualified lead for certain.
    pub fn is_sales_qualified(self) -> bool {
        self == Self::SalesQualified || self.is_conversion()
    }

    /// Whether there is, or was, an opportunity for certain.
    pub fn is_conversion(self) -> bool {
        matches!(self, Self::Opportunity | Self::Won)
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_stage_but_touched_is_exactly_one_kind_of_verdict() {
        for stage in OutcomeStage::VARIANTS {
            assert_eq!(stage.is_verdict(), *stage != OutcomeStage::Touched, "{stage}");
            assert!(!(stage.is_qualified() && stage.is_refusal()), "{stage}");
            assert!(!stage.is_conversion() || stage.is_qualified(), "{stage}");
        }
    }

    #[test]
    fn the_text_is_the_same_in_json_and_on_screen() {
        for stage in OutcomeStage::VARIANTS {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.to_string());
            assert_eq!(stage.to_string().parse(), Ok(*stage));
        }
        assert_eq!(OutcomeStage::SalesQualified.to_string(), "sales_qualified");
        assert!("sql".parse::<OutcomeStage>().is_err());
    }
}
