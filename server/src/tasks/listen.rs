//! Hears when effects were committed anywhere.

use std::sync::Arc;

use sqlx::postgres::PgListener;
use store::Store;
use store::sync::OUTBOX_CHANNEL;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::tasks::trouble::Trouble;

/// Rings whenever there may be something to do. Whoever listens marks the bell as heard *before* looking, so that a
/// ring during the look makes it look again.
pub(super) type Bell = Arc<watch::Sender<()>>;

/// Rings the bell for each notification, on one connection for the whole process. Nothing depends on it: without it
/// work is found by polling.
pub(super) async fn run(store: Store, bell: Bell, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let heard = tokio::select! {
            heard = hear(&store, &bell, &mut trouble) => heard,
            () = stop.cancelled() => return,
        };
        if let Err(error) = heard {
            trouble.wait("listening for committed effects", &error.into(), &stop).await;
        }
    }
}

/// Returns when the connection is lost.
async fn hear(store: &Store, bell: &Bell, trouble: &mut Trouble) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.listen(OUTBOX_CHANNEL).await?;
    trouble.over("listening for committed effects");
    // What was committed before we listened was not heard.
    bell.send_replace(());
    while listener.try_recv().await?.is_some() {
        while listener.next_buffered().is_some() {}
        bell.send_replace(());
    }
    Ok(())
}
