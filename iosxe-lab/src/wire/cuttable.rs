//! A byte stream that ends at once when the device goes down or a fault cuts it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream with a knife.
pub(super) struct Cuttable<S> {
    inner: S,
    knife: Pin<Box<dyn Future<Output = ()> + Send>>,
    gone: bool,
}

impl<S> Cuttable<S> {
    /// The stream fails as soon as `knife` is done.
    pub(super) fn new(inner: S, knife: impl Future<Output = ()> + Send + 'static) -> Self {
        Cuttable {
            inner,
            knife: Box::pin(knife),
            gone: false,
        }
    }

    fn cut(&mut self, cx: &mut Context<'_>) -> bool {
        self.gone = self.gone || self.knife.as_mut().poll(cx).is_ready();
        self.gone
    }
}

fn reset() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionReset)
}

impl<S: AsyncRead + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut(cx) {
            return Poll::Ready(Err(reset()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut(cx) {
            return Poll::Ready(Err(reset()));
        }
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
