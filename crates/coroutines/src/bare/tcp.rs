//! A TCP connection that is waited for by futures.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use reactor::Socket;

use super::driver::Driver;

/// A TCP connection, in 16 bytes. Dropping it closes it.
///
/// It belongs to the thread on which it was connected, and is ready only while an
/// [`Executor`](super::Executor) runs there. One task at a time waits for it.
#[derive(Debug)]
pub struct TcpStream(Socket<Waker>);

impl TcpStream {
    /// Connects to `address`.
    pub fn connect(address: SocketAddr) -> Connect {
        Connect(Connecting::NotYet(address))
    }

    /// Reads what has come, as far as it fits; 0 bytes at its end.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = self.0.try_read(buffer);
        ready_or_wait(&self.0, context, read)
    }

    /// Writes as many of the bytes as are taken.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.0.try_write(bytes);
        ready_or_wait(&self.0, context, written)
    }
}

/// The future of [`TcpStream::connect`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Connect(Connecting);

#[derive(Debug)]
enum Connecting {
    NotYet(SocketAddr),
    Begun(Socket<Waker>),
    Over,
}

impl Future for Connect {
    type Output = io::Result<TcpStream>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let socket = match std::mem::replace(&mut self.0, Connecting::Over) {
            Connecting::NotYet(address) => Driver::of_this_thread().connect(address)?,
            Connecting::Begun(socket) => socket,
            Connecting::Over => panic!("polled after it was connected"),
        };
        let connected = socket.finish_connect();
        match ready_or_wait(&socket, context, connected) {
            Poll::Ready(connected) => Poll::Ready(connected.map(|()| TcpStream(socket))),
            Poll::Pending => {
                self.0 = Connecting::Begun(socket);
                Poll::Pending
            }
        }
    }
}

fn ready_or_wait<T>(
    socket: &Socket<Waker>,
    context: &mut Context<'_>,
    done: io::Result<T>,
) -> Poll<io::Result<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            socket.wait(context.waker().clone());
            Poll::Pending
        }
        done => Poll::Ready(done),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::rc::Rc;
    use std::sync::{Arc, Barrier, Mutex};
    use std::thread;
    use std::time::Duration;

    use workload::Moment;

    use super::super::{Alarm, Executor, Sleep, block_on};
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// A server that does this with the first connection.
    fn serve<R: Send + 'static>(
        with: impl FnOnce(std::net::TcpStream) -> R + Send + 'static,
    ) -> (SocketAddr, thread::JoinHandle<R>) {
        let (listener, address) = listen();
        (address, thread::spawn(move || with(listener.accept().unwrap().0)))
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|context| stream.poll_read(context, buffer)).await
    }

    async fn write_all(stream: &mut TcpStream, mut bytes: &[u8]) -> io::Result<usize> {
        let mut parts = 0;
        while !bytes.is_empty() {
            let written = poll_fn(|context| stream.poll_write(context, bytes)).await?;
            bytes = &bytes[written..];
            parts += 1;
        }
        Ok(parts)
    }

    fn has_driver_sockets() -> bool {
        Driver::of_this_thread().notifier().is_some()
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn two_hundred_connections_wait_at_once() {
        const CONNECTIONS: usize = 200;
        let (listener, address) = listen();
        let server = thread::spawn(move || {
            let all_are_here = Arc::new(Barrier::new(CONNECTIONS));
            let served: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let all_are_here = all_are_here.clone();
                    thread::spawn(move || {
                        let mut request = [0; 4];
                        stream.read_exact(&mut request).unwrap();
                        all_are_here.wait();
                        stream.write_all(&request).unwrap();
                    })
                })
                .collect();
            served.into_iter().for_each(|thread| thread.join().unwrap());
        });
        let ended = Rc::new(Cell::new(0));
        let mut executor = Executor::new();
        for number in 0..200u32 {
            let ended = ended.clone();
            executor.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                write_all(&mut stream, &number.to_le_bytes()).await.unwrap();
                let mut answer = [0; 8];
                assert_eq!(read(&mut stream, &mut answer).await.unwrap(), 4);
                assert_eq!(answer[..4], number.to_le_bytes());
                assert_eq!(read(&mut stream, &mut answer).await.unwrap(), 0);
                ended.set(ended.get() + 1);
            });
        }
        executor.run();
        server.join().unwrap();
        assert_eq!(ended.get(), CONNECTIONS);
        assert!(!has_driver_sockets());
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn a_large_body_goes_out_in_parts() {
        const BYTES: usize = 8 * 1024 * 1024;
        let (address, server) = serve(|mut stream| {
            thread::sleep(20 * MS);
            let mut bytes = vec![0; BYTES];
            stream.read_exact(&mut bytes).unwrap();
        });
        let parts = block_on(async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            write_all(&mut stream, &vec![1; BYTES]).await.unwrap()
        });
        assert!(parts > 1);
        server.join().unwrap();
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn a_refused_connection_is_an_error() {
        let address = listen().1;
        let error = block_on(TcpStream::connect(address)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(!has_driver_sockets());
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn an_alarm_ends_a_wait_and_dropping_the_stream_closes_it() {
        let (address, server) = serve(|mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
        let start = Moment::now();
        block_on(async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut alarm = Alarm::at(start + 20 * MS);
            poll_fn(|context| {
                assert!(stream.poll_read(context, &mut [0; 8]).is_pending());
                Pin::new(&mut alarm).poll(context)
            })
            .await;
            drop(stream);
            assert!(!has_driver_sockets());
        });
        assert!(Moment::now().since(start) >= 20 * MS);
        assert_eq!(server.join().unwrap(), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn a_task_that_panics_closes_its_stream_only() {
        let (listener, address) = listen();
        let server = thread::spawn(move || {
            let streams = [(); 3].map(|()| listener.accept().unwrap().0);
            streams.map(|mut stream| {
                stream.write_all(b"x").unwrap();
                stream.read_to_end(&mut Vec::new()).unwrap()
            })
        });
        let ended = Rc::new(Cell::new(0));
        let mut executor = Executor::new();
        for panics in [false, true, false] {
            let ended = ended.clone();
            executor.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                assert_eq!(read(&mut stream, &mut [0; 8]).await.unwrap(), 1);
                if panics {
                    std::panic::resume_unwind(Box::new("planted"));
                }
                ended.set(ended.get() + 1);
            });
        }
        executor.run();
        assert_eq!(ended.get(), 2);
        assert!(!has_driver_sockets());
        assert_eq!(server.join().unwrap(), [0; 3]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn another_thread_wakes_an_executor_that_waits_for_sockets() {
        let (address, server) = serve(|mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
        let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
        let shared = kept.clone();
        let other = thread::spawn(move || {
            for _ in 0..20 {
                let waker = loop {
                    if let Some(waker) = shared.lock().unwrap().take() {
                        break waker;
                    }
                    thread::yield_now();
                };
                // Mostly the executor is asleep by then, and now and then it is not.
                thread::sleep(MS);
                waker.wake();
            }
        });
        block_on(async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut polls = 0;
            poll_fn(|context| {
                assert!(stream.poll_read(context, &mut [0; 8]).is_pending());
                polls += 1;
                if polls > 20 {
                    return Poll::Ready(());
                }
                *kept.lock().unwrap() = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        });
        other.join().unwrap();
        server.join().unwrap();
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn tasks_that_are_always_busy_do_not_keep_a_stream_waiting() {
        let (address, server) = serve(|mut stream| stream.write_all(b"x").unwrap());
        let is_over = Rc::new(Cell::new(false));
        let mut executor: Executor<Pin<Box<dyn Future<Output = ()>>>> = Executor::new();
        let seen = is_over.clone();
        executor.spawn(Box::pin(poll_fn(move |context| {
            if seen.get() {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })));
        executor.spawn(Box::pin(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            assert_eq!(read(&mut stream, &mut [0; 8]).await.unwrap(), 1);
            is_over.set(true);
        }));
        executor.run();
        server.join().unwrap();
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn sleeps_and_streams_wait_side_by_side() {
        let (address, server) = serve(|mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
        block_on(async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut sleep = Sleep::until(Moment::now() + 5 * MS);
            poll_fn(|context| {
                assert!(stream.poll_read(context, &mut [0; 8]).is_pending());
                Pin::new(&mut sleep).poll(context)
            })
            .await;
        });
        server.join().unwrap();
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn the_sockets_go_with_the_last_executor() {
        let (address, server) = serve(drop);
        let executor = Executor::<std::future::Ready<()>>::new();
        let driver = Rc::downgrade(&Driver::of_this_thread());
        block_on(TcpStream::connect(address)).map(drop).unwrap();
        assert!(driver.upgrade().is_some());
        drop(executor);
        assert!(driver.upgrade().is_none());
        server.join().unwrap();
    }

    #[test]
    fn a_stream_is_small() {
        assert_eq!(size_of::<TcpStream>(), 16);
        assert_eq!(size_of::<Connect>(), size_of::<SocketAddr>());
    }
}
