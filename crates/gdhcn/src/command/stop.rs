//! Being told to end: Ctrl-C, and SIGTERM, which service managers send.

use crate::exit::{Fault, OrInternal as _};

/// Listens for the signals from the moment it is made, so that none is lost between the line that
/// says "up" and the waiting.
#[derive(Debug)]
pub(crate) struct StopSignals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl StopSignals {
    /// Within a runtime only.
    pub(crate) fn listen() -> Result<Self, Fault> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt()).or_internal("listening for Ctrl-C")?,
                terminate: signal(SignalKind::terminate()).or_internal("listening for SIGTERM")?,
            })
        }
        #[cfg(windows)]
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c().or_internal("listening for Ctrl-C")?,
        })
    }

    /// Resolves with the first of them.
    pub(crate) async fn received(mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}

/// SIGHUP, by which an operator asks to read the files again. Elsewhere it never comes.
#[derive(Debug)]
pub(crate) struct HangUp {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl HangUp {
    /// Within a runtime only.
    pub(crate) fn listen() -> Result<Self, Fault> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { signal: signal(SignalKind::hangup()).or_internal("listening for SIGHUP")? })
        }
        #[cfg(windows)]
        Ok(Self {})
    }

    /// Resolves with the next one.
    pub(crate) async fn received(&mut self) {
        #[cfg(unix)]
        {
            self.signal.recv().await;
        }
        #[cfg(windows)]
        std::future::pending::<()>().await;
    }
}
