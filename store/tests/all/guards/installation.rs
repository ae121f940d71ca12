//! `refuse_going_back`: the high-water mark of an installation only rises, and its id never changes.

use super::support::Guards;

const RISES: &str = "the high-water mark of an installation only rises";

#[tokio::test]
async fn the_high_water_mark_only_rises() {
    let mut guards = Guards::open("UPDATE installation SET high_water_mark = 7").await;
    guards.would_accept("UPDATE installation SET high_water_mark = 8").await;
    guards.would_accept("UPDATE installation SET high_water_mark = 7").await;
    guards.refuses("UPDATE installation SET high_water_mark = 6", RISES).await;
    guards.refuses("UPDATE installation SET id = gen_random_uuid()", RISES).await;
}
