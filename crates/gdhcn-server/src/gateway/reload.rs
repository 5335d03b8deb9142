//! Other certificates and limits without a restart.
//!
//! A gateway takes all of the new files or none: a broken one leaves everything as it was. A pair
//! of certificate and key that is half written is refused and taken at the next look.

use std::path::{Path, PathBuf};

use gdhcn_crypto::sha256;
use gdhcn_envelope::x509::Certificate;
use jiff::Timestamp;
use tracing::{error, info, warn};

use super::{Followed, RunningGateway, StartError, read_anchors};
use crate::config::{ConfigError, GatewayConfig};
use crate::expiry::Warning;
use crate::jobs;
use crate::listen::tls::TlsConfigs;
use crate::metrics::Reload;

/// A configuration file and the files that it names, watched for changes of their content.
#[derive(Debug)]
pub struct ConfigWatch {
    file: PathBuf,
    named: Vec<PathBuf>,
    /// What they held when they were last taken over; empty when they are still to be.
    seen: Vec<Option<[u8; 32]>>,
    /// Why they were not taken over at the last look.
    refused: Option<String>,
}

impl ConfigWatch {
    /// Reads the configuration and notes what the files hold.
    ///
    /// # Errors
    ///
    /// As [`GatewayConfig::load`].
    pub fn load(file: &Path) -> Result<(Self, GatewayConfig), ConfigError> {
        let mut watch =
            Self { file: file.to_owned(), named: Vec::new(), seen: Vec::new(), refused: None };
        let config = watch.read()?;
        Ok((watch, config))
    }

    /// Reads the configuration. Until it succeeds and what was read is in use, the next look reads
    /// again.
    fn read(&mut self) -> Result<GatewayConfig, ConfigError> {
        self.seen.clear();
        // Noted before it is read: a change in between is seen at the next look. What it names is
        // read later.
        let before = content(&self.file);
        let config = GatewayConfig::load(&self.file)?;
        self.named = config.trust_anchors.clone();
        if let Some(tls) = &config.tls {
            self.named.extend([tls.certificate.clone(), tls.key.clone()]);
        }
        self.seen.push(before);
        self.seen.extend(self.named.iter().map(|file| content(file)));
        Ok(config)
    }

    /// Whether the content of any file has changed since it was last taken over.
    fn has_changed(&self) -> bool {
        let files = std::iter::once(&self.file).chain(&self.named);
        !files.map(|file| content(file)).eq(self.seen.iter().copied())
    }
}

fn content(file: &Path) -> Option<[u8; 32]> {
    std::fs::read(file).ok().map(|bytes| sha256(&bytes))
}

/// What the files of a configuration hold.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConfigFiles {
    /// The server's own certificate, where there is one that can be read.
    pub server: Option<Certificate>,
    /// The trust anchors.
    pub anchors: Vec<Certificate>,
}

impl ConfigFiles {
    /// Reads certificate, key and anchors as a gateway does at its start.
    ///
    /// # Errors
    ///
    /// [`StartError`] says which file is at fault.
    pub fn read(config: &GatewayConfig) -> Result<Self, StartError> {
        let tls = config.tls.as_ref().map(TlsConfigs::load).transpose()?;
        jobs::table(config)?;
        Ok(Self {
            server: tls.and_then(|tls| tls.certificate().cloned()),
            anchors: read_anchors(&config.trust_anchors)?,
        })
    }

    /// What can be used and should be looked at nevertheless.
    pub fn hints(&self, config: &GatewayConfig, now: Timestamp) -> Vec<String> {
        let mut hints = Vec::new();
        let ends = self.anchors.iter().map(|anchor| ("trust anchor", anchor.not_after()));
        for (what, end) in
            self.server.iter().map(|own| ("server certificate", own.not_after())).chain(ends)
        {
            if let Some(warning) = Warning::at(end, now) {
                hints.push(match warning.days {
                    0.. => format!("the {what} ends in {} days, on {end}", warning.days),
                    _ => format!("the {what} expired on {end}"),
                });
            }
        }
        match config.management_listen {
            None => hints.push(
                "without `management_listen` nobody can ask for health and metrics".to_owned(),
            ),
            Some(address) if !address.ip().is_loopback() => hints
                .push(format!("{address} (`management_listen`) answers everybody who reaches it")),
            Some(_) => {}
        }
        hints
    }
}

impl RunningGateway {
    /// Looks at the files again and takes over what has changed in them: the server's certificate
    /// and key, the trust anchors and the limits. With `always` also where nothing has changed.
    /// Gives the configuration that was taken over. What fails is logged and counted, leaves
    /// everything as it was, and is tried again at the next look: the files may be good and the
    /// database away.
    pub async fn look_again(&self, watch: &mut ConfigWatch, always: bool) -> Option<GatewayConfig> {
        if !always && !watch.has_changed() {
            return None;
        }
        let applied = match watch.read() {
            Ok(config) => self.apply(config).await,
            Err(error) => Err(error.into()),
        };
        let now = self.gateway.clock.now();
        match applied {
            Ok(config) => {
                self.gateway.metrics.reloaded(Reload::Applied, now);
                watch.refused = None;
                self.gateway.troubles.reload_refused(None);
                Some(config)
            }
            Err(cause) => {
                self.gateway.metrics.reloaded(Reload::Refused, now);
                watch.seen.clear();
                let cause = match cause {
                    StartError::Config(ConfigError::Read { .. }) => cause.to_string(),
                    StartError::Config(cause) => format!("{}: {cause}", watch.file.display()),
                    cause => cause.to_string(),
                };
                let cause = Some(cause);
                self.gateway.troubles.reload_refused(cause.clone());
                if cause != watch.refused {
                    error!(cause, "the new files are refused, the former ones stay in use");
                    watch.refused = cause;
                }
                None
            }
        }
    }

    async fn apply(&self, config: GatewayConfig) -> Result<GatewayConfig, StartError> {
        let tls = config.tls.as_ref().map(TlsConfigs::load).transpose()?;
        let anchors = read_anchors(&config.trust_anchors)?;
        // The last step that can fail comes first.
        if **self.gateway.trust.anchors() != *anchors {
            self.gateway.trust.replace_anchors(anchors).await?;
            info!("other trust anchors are in use");
        }
        if let Some(tls) = tls {
            self.gateway.measured.replace_server(tls.certificate().cloned());
            self.rules.replace_tls(tls);
        }
        let former = self.config.load_full();
        if former.limits != config.limits {
            self.rules.replace_limits(config.limits.clone());
            self.gateway.rates.replace(&config.limits);
            self.gateway.limits.store(config.limits.clone().into());
        }
        self.gateway.followed.store(Followed::of(&config).into());
        for key in at_next_start(&former, &config) {
            warn!(key, "this change takes effect at the next start");
        }
        self.config.store(config.clone().into());
        info!("certificates and configuration were read again");
        Ok(config)
    }
}

/// Keys whose change a running gateway does not follow.
fn at_next_start(former: &GatewayConfig, new: &GatewayConfig) -> Vec<&'static str> {
    let mut keys = Vec::new();
    for (key, differs) in [
        ("listen", former.listen != new.listen),
        ("management_listen", former.management_listen != new.management_listen),
        ("database", former.database != new.database),
        ("worker_threads", former.worker_threads != new.worker_threads),
        ("proxy_headers", former.proxy_headers != new.proxy_headers),
        ("profile", former.profile != new.profile),
        (
            "trusted_certificates.shared_kids",
            former.trusted_certificates.shared_kids != new.trusted_certificates.shared_kids,
        ),
        ("jobs", former.jobs != new.jobs),
        ("revocation", former.revocation != new.revocation),
        ("did", former.did != new.did),
        ("log", former.log != new.log),
        ("tls", former.tls.is_some() != new.tls.is_some()),
        ("limits.connections", former.limits.connections != new.limits.connections),
    ] {
        if differs {
            keys.push(key);
        }
    }
    keys
}
