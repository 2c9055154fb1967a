//! Connections: how many, and for how long.

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutWriter;

/// With a file open for each, they stay below the 256 file descriptors that some systems grant.
const MOST: usize = 100;

/// For a whole request's head, from the connection's start or the answer before.
const HEAD: Duration = Duration::from_secs(5);

/// Without a byte of the answer taken.
const STALL: Duration = Duration::from_secs(30);

/// After the system refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers for ever. Who comes when all places are taken waits in the system's queue.
pub async fn answer<S, B>(listeners: &[TcpListener], service: S) -> !
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MOST));
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        // Out of file descriptors, or the client has left already: neither is the end.
        let Ok(stream) = accept(listeners).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let service = service.clone();
        tokio::spawn(async move {
            let mut stream = TimeoutWriter::new(stream);
            stream.set_timeout(Some(STALL));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD);
            // What goes wrong on a connection is its client's to know.
            let _ = http.serve_connection(TokioIo::new(Box::pin(stream)), service).await;
            drop(place);
        });
    }
}

async fn accept(listeners: &[TcpListener]) -> io::Result<TcpStream> {
    let ready = poll_fn(|cx| {
        let ready = listeners.iter().map(|l| l.poll_accept(cx)).find(Poll::is_ready);
        ready.unwrap_or(Poll::Pending)
    });
    ready.await.map(|(stream, _)| stream)
}
