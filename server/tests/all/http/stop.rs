//! Stopping and resuming a workflow on the home page.

use reqwest::StatusCode;
use store::actor::Role;
use store::control::kill::kill_switches;

use crate::support::{TestApp, location};

#[tokio::test]
async fn a_workflow_is_stopped_with_a_reason_and_resumed() {
    let app = TestApp::start().await;
    let mut revops = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let stop = |reason| [("workflow", "inbound-form"), ("reason", reason)];

    revops.post("/actions/stop-workflow", &stop(" ")).await;
    let page = revops.get("/").await.text().await.unwrap();
    assert!(page.contains("Not stopped: fix the reason.") && page.contains("Give a reason."), "{page}");
    assert!(kill_switches(app.store()).await.unwrap().is_empty());

    let stopped = revops.post("/actions/stop-workflow", &stop("Wrong\nterritory")).await;
    assert_eq!((stopped.status(), location(&stopped)), (StatusCode::SEE_OTHER, "/"));
    let page = revops.get("/").await.text().await.unwrap();
    assert!(
        page.contains("is stopped. New leads go to the queue") && page.contains("Wrong territory"),
        "{page}"
    );
    let [switch] = &kill_switches(app.store()).await.unwrap()[..] else { panic!("one switch") };
    assert_eq!(
        (switch.workflow.as_deref(), switch.reason.as_str()),
        (Some("inbound-form"), "Wrong territory")
    );
    assert!(switch.killed_by.starts_with("person:"));

    revops.post("/actions/stop-workflow", &stop("Again")).await;
    assert!(revops.get("/").await.text().await.unwrap().contains("is already stopped: Wrong territory"));

    // A person who cannot stop it cannot resume it either, but sees that it is stopped.
    let mut sdr = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let refused = sdr.post("/actions/resume-workflow", &[("workflow", "inbound-form")]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let seen = sdr.get("/").await.text().await.unwrap();
    assert!(
        seen.contains("Wrong territory")
            && !seen.contains("/sync/resume?workflow=inbound-form\">Resume<")
            && !seen.contains("Stop a workflow")
    );

    let confirm = "/sync/resume?workflow=inbound-form";
    assert!(page.contains(confirm), "{page}");
    let seen = sdr.get(confirm).await.text().await.unwrap();
    assert!(seen.contains("Stopped: Wrong territory") && !seen.contains("resume-workflow"), "{seen}");
    let refused = revops.post("/actions/resume-workflow", &[("workflow", "inbound-form")]).await;
    assert_eq!(location(&refused), confirm);
    let page = revops.get(confirm).await.text().await.unwrap();
    assert!(page.contains("Give a reason") && page.contains("The rules decide new leads again."), "{page}");
    for said in ["is resumed.", "is not stopped."] {
        let fields = [("workflow", "inbound-form"), ("reason", "The territory is right")];
        revops.post("/actions/resume-workflow", &fields).await;
        assert!(revops.get("/").await.text().await.unwrap().contains(said), "{said}");
    }
    let reasons: Vec<String> = sqlx::query_scalar(
        "SELECT detail->>'reason' FROM audit_log WHERE action IN ('workflow.kill', 'workflow.resume') ORDER BY id",
    )
    .fetch_all(app.store().pool())
    .await
    .unwrap();
    assert_eq!(reasons, ["Wrong territory", "The territory is right"]);
    revops.post("/actions/stop-workflow", &[("workflow", "*"), ("reason", "Everything")]).await;
    assert!(revops.get("/").await.text().await.unwrap().contains("Every workflow is stopped."));
    let unknown = revops.post("/actions/stop-workflow", &[("workflow", "nothing"), ("reason", "x")]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let log = revops.get("/audit").await.text().await.unwrap();
    assert!(log.contains("Stopped a workflow") && log.contains("Resumed a workflow"));
}
