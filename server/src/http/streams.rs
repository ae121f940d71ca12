//! The event streams of each session: how many may be open, and their end together with the session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::people::sessions::SessionIdHash;
use tokio_util::sync::CancellationToken;

/// Maximum number of streams of a session. Each visible page has one.
const PER_SESSION: usize = 8;
/// Maximum number of streams of the process. Each holds a connection.
const IN_ALL: usize = 1_000;

/// The open streams. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SessionStreams {
    open: Arc<Mutex<HashMap<SessionIdHash, OfSession>>>,
}

#[derive(Debug, Default)]
struct OfSession {
    streams: usize,
    ended: CancellationToken,
}

/// Why a stream was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamRefusal {
    /// The session has too many.
    Session,
    /// The process has too many.
    Process,
}

impl SessionStreams {
    /// Counts a stream until its place is dropped.
    pub(super) fn open(&self, session: SessionIdHash) -> Result<StreamPlace, StreamRefusal> {
        let mut open = self.lock();
        if open.get(&session).is_some_and(|of_session| of_session.streams >= PER_SESSION) {
            return Err(StreamRefusal::Session);
        }
        if open.values().map(|of_session| of_session.streams).sum::<usize>() >= IN_ALL {
            return Err(StreamRefusal::Process);
        }
        let of_session = open.entry(session).or_default();
        of_session.streams += 1;
        Ok(StreamPlace { session, ended: of_session.ended.clone(), all: self.clone() })
    }

    /// Returns the sessions that have streams.
    pub fn sessions(&self) -> Vec<SessionIdHash> {
        self.lock().keys().copied().collect()
    }

    /// Ends the streams of all sessions that are not among `remaining`.
    pub fn end_all_except(&self, asked: &[SessionIdHash], remaining: &[SessionIdHash]) {
        let open = self.lock();
        for session in asked.iter().filter(|session| !remaining.contains(session)) {
            if let Some(of_session) = open.get(session) {
                of_session.ended.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionIdHash, OfSession>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of an open stream.
pub(super) struct StreamPlace {
    session: SessionIdHash,
    ended: CancellationToken,
    all: SessionStreams,
}

impl StreamPlace {
    /// Completes when the session has ended.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.all.lock();
        if let Some(of_session) = open.get_mut(&self.session) {
            of_session.streams -= 1;
            if of_session.streams == 0 {
                open.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u8) -> SessionIdHash {
        SessionIdHash([number; 32])
    }

    #[test]
    fn a_session_has_its_own_limit_and_closed_streams_do_not_count() {
        let streams = SessionStreams::default();
        let mut places: Vec<_> = (0..PER_SESSION).map(|_| streams.open(session(1)).unwrap()).collect();
        assert_eq!(streams.open(session(1)).err(), Some(StreamRefusal::Session));
        assert!(streams.open(session(2)).is_ok());
        places.pop();
        places.push(streams.open(session(1)).unwrap());
        drop(places);
        assert!(streams.sessions().is_empty());
    }

    #[test]
    fn the_process_has_a_limit() {
        let streams = SessionStreams::default();
        let number = |at: usize| u8::try_from(at / PER_SESSION).unwrap();
        let _places: Vec<_> = (0..IN_ALL).map(|at| streams.open(session(number(at))).unwrap()).collect();
        assert_eq!(streams.open(session(200)).err(), Some(StreamRefusal::Process));
    }

    #[test]
    fn streams_end_with_their_session() {
        let streams = SessionStreams::default();
        let (one, other) = (streams.open(session(1)).unwrap(), streams.open(session(2)).unwrap());
        let asked = streams.sessions();
        let late = streams.open(session(3)).unwrap();
        streams.end_all_except(&asked, &[session(2)]);
        assert!(one.ended.is_cancelled() && !other.ended.is_cancelled() && !late.ended.is_cancelled());
    }
}
