//! File work off the caller's runtime, whichever that is.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// What a thread came to.
enum Slot<T> {
    Running(Option<Waker>),
    Done(T),
    /// The thread ended without a value: it panicked.
    Lost,
}

struct Report<T>(Arc<Mutex<Slot<T>>>);

impl<T> Report<T> {
    fn set(&self, value: Slot<T>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Slot::Running(waker) = &mut *slot {
            let waker = waker.take();
            *slot = value;
            drop(slot);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        self.set(Slot::Lost);
    }
}

/// Runs file work on a thread of its own; `None` when it panicked.
///
/// A local workbook of 5,000 rows takes some 100 ms and a network share can take seconds: too long
/// for a worker of the engine's runtime. A thread costs some 20 µs, knows no runtime, and ends the
/// work even when the caller stops waiting, so that a file is never left half written.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let slot = Arc::new(Mutex::new(Slot::Running(None)));
    let report = Report(Arc::clone(&slot));
    let work = move || {
        let value = work();
        report.set(Slot::Done(value));
    };
    // Where no thread can be had the report is dropped with the work, and the caller is told.
    let spawned = std::thread::Builder::new()
        .name("inventory".to_owned())
        .spawn(work);
    drop(spawned);
    poll_fn(move |context| {
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *slot, Slot::Lost) {
            Slot::Running(_) => {
                *slot = Slot::Running(Some(context.waker().clone()));
                Poll::Pending
            }
            Slot::Done(value) => Poll::Ready(Some(value)),
            Slot::Lost => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_value_arrives_and_a_panic_is_told() {
        assert_eq!(run(|| 7).await, Some(7));
        let many: Vec<_> = (0..50).map(|n| tokio::spawn(run(move || n))).collect();
        for (n, task) in (0..).zip(many) {
            assert_eq!(task.await.unwrap(), Some(n));
        }
        assert_eq!(
            run(|| assert!(std::hint::black_box(false), "on purpose")).await,
            None
        );
    }
}
