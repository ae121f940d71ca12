//! Building blocks of pages, from small to large: words, numbers and times; icons, chips and notes; tables and charts.

#![allow(
    missing_docs,
    reason = "the fields and functions of these modules say in their names what they show"
)]

mod acts;
pub mod browser;
pub mod charts;
pub mod chip;
pub mod clock;
pub mod code;
pub mod confidence;
pub mod dialog;
pub mod diff;
pub mod evidence;
pub mod filters;
pub mod form;
pub mod icon;
pub mod job_kinds;
pub mod kinds;
pub mod note;
pub mod number;
pub mod progress;
pub mod refresh;
pub mod roles;
pub mod series;
pub mod table;
pub mod titles;
pub mod words;
