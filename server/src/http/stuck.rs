//! Keeps pages that wait in vain, for example for a locked table, from taking the connections of all others.
//!
//! A page that fails after it waited for the database is stuck until one of its requests succeeds. Meanwhile only a few requests
//! try it, and the others are refused at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State as FromState};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::failure::is_program;
use super::{Failure, FailureKind, State};

/// A request that fails after this time has waited for the database. Statements wait three seconds for a lock.
const SLOW: Duration = Duration::from_secs(2);
/// Number of concurrent requests for a stuck page. More than one, so that a single slow request does not close the page.
const TRIALS: usize = 2;

/// The pages that are stuck, by path, with the number of requests that try them.
#[derive(Debug, Default)]
pub(crate) struct StuckPages(Mutex<HashMap<String, usize>>);

impl StuckPages {
    /// Admits a request. Returns `None` if enough others try the page already.
    fn admit(&self, path: &str) -> Option<Trial<'_>> {
        let mut stuck = self.lock();
        if let Some(trials) = stuck.get_mut(path) {
            if *trials >= TRIALS {
                return None;
            }
            *trials += 1;
            return Some(Trial { pages: self, path: path.to_owned(), is_counted: true });
        }
        Some(Trial { pages: self, path: path.to_owned(), is_counted: false })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An admitted request. It no longer counts once it is dropped, also when its client disconnects.
struct Trial<'a> {
    pages: &'a StuckPages,
    path: String,
    is_counted: bool,
}

impl Trial<'_> {
    /// Remembers how the request ended.
    fn ended(&self, is_slow_failure: bool) {
        let mut stuck = self.pages.lock();
        if is_slow_failure {
            stuck.entry(self.path.clone()).or_default();
        } else if self.is_counted {
            stuck.remove(&self.path);
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if self.is_counted
            && let Some(trials) = self.pages.lock().get_mut(&self.path)
        {
            *trials = trials.saturating_sub(1);
        }
    }
}

/// Refuses requests for a page that is stuck, except for a few that find out whether it still is.
pub(crate) async fn refuse(FromState(state): FromState<State>, request: Request, next: Next) -> Response {
    let path = match request.extensions().get::<MatchedPath>() {
        Some(path) if request.method() == Method::GET && !is_program(path.as_str()) => {
            path.as_str().to_owned()
        }
        _ => return next.run(request).await,
    };
    let Some(trial) = state.stuck.admit(&path) else {
        let detail = "This page waits for the database, and others are already trying. Nothing was changed.";
        return Failure::new(FailureKind::Unavailable, detail).into_response();
    };
    let start = Instant::now();
    let response = next.run(request).await;
    trial.ended(response.status() == StatusCode::SERVICE_UNAVAILABLE && start.elapsed() >= SLOW);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_page_is_tried_by_a_few_until_one_succeeds() {
        let pages = StuckPages::default();
        let admitted: Vec<_> = (0..5).map(|_| pages.admit("/leads").unwrap()).collect();
        admitted.iter().for_each(|request| request.ended(true));
        drop(admitted);

        let first = pages.admit("/leads").unwrap();
        let canceled = pages.admit("/leads").unwrap();
        assert!(pages.admit("/leads").is_none());
        assert!(pages.admit("/changes").is_some(), "other pages are not affected");
        drop(canceled);
        let second = pages.admit("/leads").unwrap();
        first.ended(true);
        drop(first);
        second.ended(false);
        drop(second);
        let all: Vec<_> = (0..5).map(|_| pages.admit("/leads")).collect();
        assert!(all.iter().all(Option::is_some));
    }
}
