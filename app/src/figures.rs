//! Figures that pages keep for a while because they take long to compute.

use engine::control::kpi::Ratio;
use store::reads::dashboard::{Bar, Pipeline, Report};
use store::reads::home::DecidedCount;

/// The dashboard's figures for one period and workflow.
pub struct DashboardFigures {
    /// Figures by week, by rule and in total.
    pub report: Report,
    /// Open and won pipeline.
    pub pipeline: Vec<Pipeline>,
    /// Decisions by time and action.
    pub bars: Vec<Bar>,
    /// Complete ones of the newest decisions.
    pub complete: Ratio,
}

/// The decisions of a day, for everyone whose day began at the same instant.
pub struct DecidedToday {
    /// What was decided today.
    pub decided: Vec<DecidedCount>,
    /// Whether there were more decisions than were read.
    pub is_cut: bool,
    /// How many leads each workflow decides in a day.
    pub load: Vec<(uuid::Uuid, f64)>,
}
