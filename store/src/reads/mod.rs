//! Queries behind pages, one module per page. Every statement here is bounded, whatever the filter.

pub mod audit_log;
pub mod dashboard;
pub mod frame;
pub mod home;
pub mod keyset;
pub mod lead_page;
pub mod leads_list;
pub mod replays;
pub mod search;
pub mod subjects;
