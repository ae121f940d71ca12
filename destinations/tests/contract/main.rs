//! The contract that every destination keeps, tried on a real Postgres, a real CalDAV server and a real HTTP server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where something goes wrong")]

mod caldav;
mod calendars;
mod chaos;
mod receiver;
mod suite;
mod warehouse;
mod webhook;

/// Each promise is kept by each kind.
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
    what_it_holds_can_be_looked_up_or_it_says_that_it_cannot,
    changes_are_listed_page_by_page_or_it_says_that_it_cannot,
    a_batch_has_a_result_for_each_row,
    a_batch_about_one_record_ends_with_the_latest,
    the_same_write_twice_is_one,
    the_same_write_at_the_same_time_is_one,
    a_later_write_updates,
    a_stale_write_loses_and_is_kept,
    records_are_apart,
    hostile_texts_arrive,
    a_refused_connection_is_worth_a_retry,
    a_lost_answer_is_made_good_by_a_retry,
    a_silent_destination_does_not_hold_us,
    a_connection_can_be_tested,
    nothing_secret_is_told,
];
