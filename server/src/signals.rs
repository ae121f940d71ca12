//! Notifies this process of commits in any process that may concern a task or an open page.
//!
//! A signal is a hint. Tasks also poll, commits verify what they rely on, and a page can be reloaded.

use std::sync::Arc;

use store::channel::Channel;
use store::refresh::Topic;
use strum::VariantArray as _;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Number of topics that a page may lag behind. A page that lags further receives all topics.
const BEHIND: usize = 64;

/// A kind of signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// There may be effects to deliver.
    Outbox,
    /// Live releases may have changed.
    Release,
    /// There may be a job to run.
    Jobs,
    /// There may be a run to work on.
    Runs,
    /// Data on pages has changed.
    Changed(Topic),
}

impl Signal {
    /// Returns the signal of a notification, or `None` for a topic from another version of Meshline.
    pub fn read(channel: Channel, payload: &str) -> Option<Self> {
        match channel {
            Channel::Outbox => Some(Self::Outbox),
            Channel::Release => Some(Self::Release),
            Channel::Jobs => Some(Self::Jobs),
            Channel::Runs => Some(Self::Runs),
            Channel::Refresh => payload.parse().ok().map(Self::Changed),
        }
    }
}

/// Distributes signals to tasks and open pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Signals {
    outbox: Arc<watch::Sender<()>>,
    releases: Arc<watch::Sender<()>>,
    jobs: Arc<watch::Sender<()>>,
    runs: Arc<watch::Sender<()>>,
    topics: broadcast::Sender<Topic>,
    closed: CancellationToken,
}

impl Default for Signals {
    fn default() -> Self {
        let sender = || Arc::new(watch::channel(()).0);
        Self {
            outbox: sender(),
            releases: sender(),
            jobs: sender(),
            runs: sender(),
            topics: broadcast::channel(BEHIND).0,
            closed: CancellationToken::new(),
        }
    }
}

impl Signals {
    /// Receives [`Signal::Outbox`]. The receiver must mark the signal as seen *before* it checks for work, so that a signal
    /// during the check triggers another one. This applies to the other receivers too.
    pub fn outbox(&self) -> watch::Receiver<()> {
        self.outbox.subscribe()
    }

    /// Receives [`Signal::Release`].
    pub fn releases(&self) -> watch::Receiver<()> {
        self.releases.subscribe()
    }

    /// Receives [`Signal::Jobs`].
    pub fn jobs(&self) -> watch::Receiver<()> {
        self.jobs.subscribe()
    }

    /// Receives [`Signal::Runs`].
    pub fn runs(&self) -> watch::Receiver<()> {
        self.runs.subscribe()
    }

    /// Receives the topics of [`Signal::Changed`].
    pub fn topics(&self) -> broadcast::Receiver<Topic> {
        self.topics.subscribe()
    }

    /// Forwards a signal to its receivers.
    pub fn send(&self, signal: Signal) {
        match signal {
            Signal::Outbox => {
                self.outbox.send_replace(());
                self.changed(Topic::Sync);
            }
            Signal::Release => {
                self.releases.send_replace(());
            }
            Signal::Jobs => {
                self.jobs.send_replace(());
            }
            Signal::Runs => {
                self.runs.send_replace(());
            }
            Signal::Changed(topic) => self.changed(topic),
        }
    }

    /// Sends every signal, since notifications are lost while the process is not listening.
    pub fn send_all(&self) {
        [Signal::Outbox, Signal::Release, Signal::Jobs, Signal::Runs]
            .into_iter()
            .for_each(|signal| self.send(signal));
        Topic::VARIANTS.iter().for_each(|topic| self.changed(*topic));
    }

    /// Returns a token that is cancelled once the process stops.
    pub fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    fn changed(&self, topic: Topic) {
        // Fails if no page is open, which is fine.
        self.topics.send(topic).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_receiver_gets_its_own_signal() {
        let signals = Signals::default();
        let (mut outbox, mut jobs, mut topics) = (signals.outbox(), signals.jobs(), signals.topics());
        signals.send(Signal::Outbox);
        assert!(outbox.has_changed().unwrap() && !jobs.has_changed().unwrap());
        assert_eq!(topics.try_recv(), Ok(Topic::Sync));
        outbox.mark_unchanged();
        signals.send(Signal::Jobs);
        assert!(jobs.has_changed().unwrap() && !outbox.has_changed().unwrap());
        assert!(topics.try_recv().is_err());
        jobs.mark_unchanged();
        signals.send_all();
        assert!(jobs.has_changed().unwrap() && outbox.has_changed().unwrap());
    }

    #[test]
    fn a_notification_is_read_by_its_channel() {
        assert_eq!(Signal::read(Channel::Refresh, "queue"), Some(Signal::Changed(Topic::Queue)));
        assert_eq!(Signal::read(Channel::Refresh, "of tomorrow"), None);
        assert_eq!(Signal::read(Channel::Release, ""), Some(Signal::Release));
    }
}
