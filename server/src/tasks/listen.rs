//! Receives the notifications of all processes on one connection, and forwards them as signals.

use std::collections::BTreeSet;

use sqlx::postgres::{PgListener, PgNotification};
use store::Store;
use store::channel::Channel;
use strum::VariantArray as _;
use tokio_util::sync::CancellationToken;

use crate::signals::{Signal, Signals};
use crate::tasks::outage::DatabaseOutage;

/// Listens until the token is cancelled, then closes the signals.
pub async fn run(store: Store, signals: Signals, shutdown: CancellationToken) {
    let _close = signals.closed().clone().drop_guard();
    let mut trouble = DatabaseOutage::default();
    while !shutdown.is_cancelled() {
        let heard = tokio::select! {
            heard = listen(&store, &signals, &mut trouble) => heard,
            () = shutdown.cancelled() => return,
        };
        if let Err(error) = heard {
            trouble.wait("listening for commits", &error.into(), &shutdown).await;
        }
    }
}

/// Forwards notifications until the connection is lost.
async fn listen(store: &Store, signals: &Signals, trouble: &mut DatabaseOutage) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.listen_all(Channel::VARIANTS.iter().map(|channel| channel.name())).await?;
    trouble.over("listening for commits");
    signals.send_all();
    while let Some(first) = listener.try_recv().await? {
        // Under load, thousands of notifications are identical.
        let mut heard: BTreeSet<Signal> = read(&first).into_iter().collect();
        while let Some(next) = listener.next_buffered() {
            heard.extend(read(&next));
        }
        heard.into_iter().for_each(|signal| signals.send(signal));
    }
    Ok(())
}

fn read(notification: &PgNotification) -> Option<Signal> {
    Signal::read(notification.channel().parse().ok()?, notification.payload())
}
