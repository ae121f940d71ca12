//! The contract that every destination must fulfil, tested against a real Postgres, CalDAV server and HTTP server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic fails the test")]

mod caldav;
mod calendars;
mod chaos;
mod receiver;
mod suite;
mod warehouse;
mod webhook;

/// Tests a promise with every kind of destination.
macro_rules! every_destination {
    ($($promise:ident),+ $(,)?) => {
        mod on_calendars {
            $(#[tokio::test]
            async fn $promise() {
                super::suite::$promise(super::calendars::subject().await).await;
            })+
        }
        mod on_a_warehouse {
            $(#[tokio::test]
            async fn $promise() {
                super::suite::$promise(super::warehouse::subject().await).await;
            })+
        }
        mod on_a_webhook {
            $(#[tokio::test]
            async fn $promise() {
                super::suite::$promise(super::webhook::subject().await).await;
            })+
        }
    };
}

every_destination![
    a_write_arrives,
    records_can_be_looked_up_or_are_not_checkable,
    changes_are_listed_page_by_page_or_are_not_checkable,
    a_batch_has_a_result_for_each_row,
    a_batch_about_one_record_ends_with_the_latest,
    a_repeated_write_counts_once,
    a_concurrent_repeat_counts_once,
    a_later_write_updates,
    a_stale_write_loses_and_is_kept,
    a_later_incarnation_replaces_decisions_that_the_database_lost,
    records_are_independent,
    hostile_texts_arrive,
    a_refused_connection_is_retried,
    a_retry_recovers_from_a_lost_response,
    a_silent_destination_times_out,
    a_connection_can_be_tested,
    messages_contain_no_secret,
];
