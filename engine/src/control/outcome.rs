//! The outcomes of leads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage that a lead reached after its decision, as reported by people and the CRM.
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
    /// The lead was contacted for the first time.
    Touched,
    /// An AE accepted the lead.
    Accepted,
    /// An AE returned the lead.
    Rejected,
    /// The lead became sales-qualified.
    SalesQualified,
    /// An opportunity was opened.
    Opportunity,
    /// The opportunity was won.
    Won,
    /// The opportunity was lost.
    Lost,
    /// An SDR disqualified the lead.
    Disqualified,
}

impl OutcomeStage {
    /// Returns whether sales accepted the lead: an AE accepted it, or it became an opportunity. This is the
    /// numerator of MQL→SQL. `lost` does not count, because it is also reported for leads without an
    /// opportunity.
    pub fn is_qualified(self) -> bool {
        matches!(self, Self::Accepted | Self::SalesQualified | Self::Opportunity | Self::Won)
    }

    /// Returns whether the stage, as the first verdict, means that the lead should not have been passed on.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Disqualified | Self::Lost)
    }

    /// Returns whether the stage is a verdict on the lead. Every stage except `touched` is one, since a first
    /// contact says nothing about quality.
    pub fn is_verdict(self) -> bool {
        self.is_qualified() || self.is_refusal()
    }

    /// Returns whether the lead certainly is, or was, sales-qualified.
    pub fn is_sales_qualified(self) -> bool {
        self == Self::SalesQualified || self.is_conversion()
    }

    /// Returns whether there certainly is, or was, an opportunity.
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
