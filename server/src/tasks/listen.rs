//! Hears when something was committed anywhere that tasks wait for.

use std::sync::Arc;

use sqlx::postgres::PgListener;
use store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::tasks::trouble::Trouble;

/// Rings whenever there may be something to do. Whoever listens marks the bell as heard *before* looking, so that a
/// ring during the look makes it look again.
pub(super) type Bell = Arc<watch::Sender<()>>;

/// Rings the bell of each channel for its notifications, on one connection for the whole process. Nothing depends on
/// it: without it work is found by polling.
pub(super) async fn run(store: Store, bells: Vec<(&'static str, Bell)>, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let heard = tokio::select! {
            heard = hear(&store, &bells, &mut trouble) => heard,
            () = stop.cancelled() => return,
        };
        if let Err(error) = heard {
            trouble.wait("listening for committed work", &error.into(), &stop).await;
        }
    }
}

/// Returns when the connection is lost.
async fn hear(
    store: &Store,
    bells: &[(&'static str, Bell)],
    trouble: &mut Trouble,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.listen_all(bells.iter().map(|(channel, _)| *channel)).await?;
    trouble.over("listening for committed work");
    // What was committed before we listened was not heard.
    for (_, bell) in bells {
        bell.send_replace(());
    }
    let ring = |channel: &str| {
        for (_, bell) in bells.iter().filter(|(known, _)| *known == channel) {
            bell.send_replace(());
        }
    };
    while let Some(first) = listener.try_recv().await? {
        let mut heard = std::collections::BTreeSet::from([first.channel().to_owned()]);
        while let Some(next) = listener.next_buffered() {
            heard.insert(next.channel().to_owned());
        }
        heard.iter().for_each(|channel| ring(channel));
    }
    Ok(())
}
