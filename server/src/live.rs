//! What tells open pages that something they show has changed: one connection listens for the whole process, and fans out.

use std::time::Duration;

use sqlx::postgres::PgListener;
use store::Store;
use store::live::{self, LIVE_CHANNEL, Topic};
use store::sync::OUTBOX_CHANNEL;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Topics a page may be behind; one that is further behind is told of all of them.
const BEHIND: usize = 64;
/// How often what was marked is told: a page that changes more often than this cannot be read.
const FLUSH: Duration = Duration::from_millis(300);
/// From a lost connection to the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// Where open pages hear what has changed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub {
    topics: broadcast::Sender<Topic>,
    closed: CancellationToken,
}

impl Default for Hub {
    fn default() -> Self {
        Self { topics: broadcast::channel(BEHIND).0, closed: CancellationToken::new() }
    }
}

impl Hub {
    /// Hears from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Topic> {
        self.topics.subscribe()
    }

    /// Done once the process stops.
    pub fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    fn tell(&self, topic: Topic) {
        // Nobody may be there to hear it.
        self.topics.send(topic).ok();
    }
}

/// Listens and tells until the token is cancelled, and then closes the hub.
pub async fn run(store: Store, hub: Hub, shutdown: CancellationToken) {
    let _close = hub.closed.clone().drop_guard();
    tokio::select! {
        () = listen(&store, &hub) => {}
        () = flush(&store) => {}
        () = shutdown.cancelled() => {}
    }
}

async fn listen(store: &Store, hub: &Hub) {
    loop {
        if let Err(error) = hear(store, hub).await {
            tracing::debug!(%error, "not hearing of changes; trying again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns when the connection is lost.
async fn hear(store: &Store, hub: &Hub) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.listen_all([LIVE_CHANNEL, OUTBOX_CHANNEL]).await?;
    // What changed before we listened was not heard.
    <Topic as strum::VariantArray>::VARIANTS.iter().for_each(|topic| hub.tell(*topic));
    while let Some(heard) = listener.try_recv().await? {
        if heard.channel() == OUTBOX_CHANNEL {
            hub.tell(Topic::Sync);
        } else if let Ok(topic) = heard.payload().parse() {
            hub.tell(topic);
        }
    }
    Ok(())
}

async fn flush(store: &Store) {
    loop {
        tokio::time::sleep(FLUSH).await;
        if let Err(error) = live::flush(store).await {
            tracing::debug!(%error, "changes were not told; trying again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
