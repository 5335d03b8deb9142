//! A client that costs little, because it shares the processors with what it measures: HTTP/1.1
//! over rustls on blocking sockets.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// What is asked of whom, and how.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) request: String,
    /// Threads that ask.
    pub(super) threads: usize,
    /// Connections of each thread; all of them are asked before the first answer is read. None: each
    /// request has a connection of its own.
    pub(super) connections: Option<usize>,
    /// How long; what has begun is ended.
    pub(super) time: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Answers in a second.
    pub(super) answers: f64,
    /// Bytes of their bodies in a second.
    pub(super) bytes: f64,
}

impl Load {
    /// Asks as long as is asked for; every answer must have `status`.
    pub(super) fn run(&self, status: u16) -> Rate {
        let start = Barrier::new(self.threads);
        let (mut answers, mut bytes, mut seconds) = (0_u64, 0_u64, 0.0_f64);
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..self.threads)
                .map(|_| scope.spawn(|| self.one_thread(&start, status)))
                .collect();
            for run in runs {
                let (more_answers, more_bytes, took) = run.join().unwrap();
                answers += more_answers;
                bytes += more_bytes;
                seconds = seconds.max(took);
            }
        });
        Rate { answers: answers as f64 / seconds, bytes: bytes as f64 / seconds }
    }

    fn one_thread(&self, start: &Barrier, status: u16) -> (u64, u64, f64) {
        let (mut answers, mut bytes) = (0, 0);
        let mut open: Vec<_> = (0..self.connections.unwrap_or(0)).map(|_| self.open()).collect();
        start.wait();
        let begin = Instant::now();
        while begin.elapsed() < self.time {
            if self.connections.is_none() {
                open = vec![self.open()];
            }
            for connection in &mut open {
                connection.ask(&self.request);
            }
            for connection in &mut open {
                let answer = connection.answer(|_| {});
                assert_eq!(answer.status, status, "{}", answer.head);
                answers += 1;
                bytes += answer.length;
            }
        }
        (answers, bytes, begin.elapsed().as_secs_f64())
    }

    /// One answer with its body.
    pub(super) fn once(&self) -> (Answer, Vec<u8>) {
        let mut connection = self.open();
        connection.ask(&self.request);
        let mut body = Vec::new();
        let answer = connection.answer(|piece| body.extend_from_slice(piece));
        (answer, body)
    }

    /// Asks until the gateway takes connections; the first answer.
    pub(super) fn first(&self) -> Answer {
        while TcpStream::connect(self.address).is_err() {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.once().0
    }

    fn open(&self) -> Connection {
        let tcp = TcpStream::connect(self.address).unwrap();
        tcp.set_nodelay(true).unwrap();
        let tls = ClientConnection::new(Arc::clone(&self.tls), self.address.ip().into()).unwrap();
        // The TLS library reads 4 kB at a time: a buffer makes fewer calls of it.
        let reading = BufReader::with_capacity(256 * 1024, tcp.try_clone().unwrap());
        Connection { tls, tcp, reading, plain: vec![0; 64 * 1024] }
    }
}

/// The head of an answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) length: u64,
}

impl Answer {
    /// The value of a header; `name` in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

struct Connection {
    tls: ClientConnection,
    tcp: TcpStream,
    reading: BufReader<TcpStream>,
    plain: Vec<u8>,
}

impl Connection {
    fn ask(&mut self, request: &str) {
        self.tls.writer().write_all(request.as_bytes()).unwrap();
        self.flush();
    }

    fn flush(&mut self) {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.tcp).unwrap();
        }
    }

    fn answer(&mut self, mut piece: impl FnMut(&[u8])) -> Answer {
        let mut filled = 0;
        let end = loop {
            filled += self.read(filled);
            if let Some(at) = self.plain[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8(self.plain[..end].to_vec()).unwrap();
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer { status, head, length: 0 };
        if let Some(length) = answer.header("content-length").filter(|_| status != 304) {
            answer.length = length.parse().unwrap();
        }
        piece(&self.plain[end..filled]);
        let mut left = answer.length - (filled - end) as u64;
        while left > 0 {
            let read = self.read(0);
            piece(&self.plain[..read]);
            left -= read as u64;
        }
        answer
    }

    /// Reads behind `at`; waits for at least one byte.
    fn read(&mut self, at: usize) -> usize {
        loop {
            match self.tls.reader().read(&mut self.plain[at..]) {
                Ok(0) => panic!("the connection was closed"),
                Ok(count) => return count,
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
            self.flush();
            self.tls.read_tls(&mut self.reading).unwrap();
            self.tls.process_new_packets().unwrap();
        }
    }
}

/// The rules of a participant's client, for the demo's gateway.
pub(super) fn client_config(folder: &Path, country: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let server = CertificateDer::from_pem_file(folder.join("operator/gateway.pem")).unwrap();
    roots.add(server).unwrap();
    let chain =
        vec![CertificateDer::from_pem_file(folder.join(format!("{country}/tls.pem"))).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{country}/tls.key"))).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
    config.resumption = Resumption::disabled();
    Arc::new(config)
}
