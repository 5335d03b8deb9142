//! How the gateway is, for its operator.

use std::collections::{BTreeMap, BTreeSet};

use gdhcn_envelope::x509::Certificate;
use gdhcn_store::contact::Contact;
use gdhcn_store::federation_gateway::FederationGateway;
use gdhcn_store::job::JobState;
use gdhcn_store::signer_information::SignerType;
use gdhcn_store::{Overview, PendingRequest, TrustContent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::list::Entry;
use super::reload::ConfigFiles;
use super::snapshot::TrustSnapshot;
use crate::clock::Clock;
use crate::expiry::Warning;

/// What a participant needs to take part.
const NEEDED: [&str; 3] = ["AUTHENTICATION", "UPLOAD", "CSCA"];

/// Participants, what expires, and what cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// Number of the last change.
    pub revision: i64,
    /// What keeps a running gateway from its work, in words.
    #[serde(default)]
    pub faults: Vec<String>,
    /// Every participant that has a certificate, by code.
    pub participants: Vec<ParticipantStatus>,
    /// Certificates that end within 60 days or have ended while they were the last of their group;
    /// the most urgent first.
    pub expiring: Vec<Expiring>,
    /// Keys that the guide does not ask for, and that are served all the same.
    #[serde(default)]
    pub unusual_keys: Vec<UnusualKey>,
    /// Key identifiers under which several certificates are listed.
    pub kid_collisions: Vec<KidCollision>,
    /// Gateways that are pulled from.
    #[serde(default)]
    pub peers: Vec<PeerStatus>,
    /// Rows of the database that cannot be used.
    pub unreadable_rows: Vec<UnreadableStatus>,
    /// Onboarding requests that wait for operators, oldest first.
    pub pending_requests: Vec<PendingStatus>,
    /// Every job that was ever run, by name.
    pub jobs: Vec<JobStatus>,
    /// Entries of the transparency log.
    pub log_entries: u64,
}

/// Own certificates of a participant and group with one kind of key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusualKey {
    /// The participant.
    pub country: String,
    /// The group as lists name it.
    pub group: String,
    /// The key, such as `EC P-384`.
    pub key: String,
    /// How many certificates.
    pub count: u64,
}

/// An onboarding request that waits for operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingStatus {
    /// Its identifier.
    pub id: String,
    /// Alpha-3 code of the participant.
    pub participant: String,
    /// When it was made.
    #[serde(with = "instant")]
    pub created_at: Timestamp,
    /// How many approvals it has.
    pub approvals: u32,
}

/// How a job went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// Its name.
    pub name: String,
    /// The process that runs it now: machine and process number.
    pub running_in: Option<String>,
    /// When the last run began.
    #[serde(with = "perhaps_instant")]
    pub last_started_at: Option<Timestamp>,
    /// When a run last ended well.
    #[serde(with = "perhaps_instant")]
    pub last_succeeded_at: Option<Timestamp>,
    /// When a run last failed.
    #[serde(with = "perhaps_instant")]
    pub last_failed_at: Option<Timestamp>,
    /// Failed runs since the last one that ended well.
    pub failures: u32,
    /// Whether the last run that ended well left something that needs a person's look.
    pub marked: bool,
    /// What the last run said.
    pub message: Option<String>,
}

/// A gateway that is pulled from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerStatus {
    /// Its identity.
    pub gateway: String,
    /// Its address.
    pub endpoint: String,
    /// Seconds between two pulls; none: it is switched off.
    pub interval_seconds: Option<u32>,
    /// When it was last pulled from, whatever came of it.
    #[serde(with = "perhaps_instant")]
    pub last_pull: Option<Timestamp>,
    /// When a pull last succeeded.
    #[serde(with = "perhaps_instant")]
    pub last_success: Option<Timestamp>,
    /// Failed pulls since then.
    pub failures: u32,
    /// What the last pull said: why it failed, or what was not taken over.
    pub message: Option<String>,
    /// What it says needs a person's look: a failure that is no passing one, or something that was
    /// not taken over.
    pub needs_a_look: bool,
}

/// So many failures in a row may pass by themselves.
const PASSING_FAILURES: u32 = 2;

impl PeerStatus {
    /// What the database tells of a peer.
    pub fn of(peer: &FederationGateway) -> Self {
        let FederationGateway { configured, .. } = peer;
        let failed = peer.retry_count > 0;
        let on = configured.interval_seconds.is_some();
        let said = if failed {
            peer.retry_count > PASSING_FAILURES
        } else {
            peer.status_message.is_some()
        };
        Self {
            gateway: peer.id().to_owned(),
            endpoint: configured.peer.endpoint.clone(),
            interval_seconds: configured.interval_seconds,
            last_pull: peer.last_download,
            last_success: peer.last_successful_download,
            failures: peer.retry_count,
            message: peer.status_message.clone(),
            needs_a_look: on && said,
        }
    }
}

/// The certificates of one participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantStatus {
    /// Its two-letter code.
    pub country: String,
    /// What it has.
    pub groups: Vec<GroupStatus>,
    /// Groups without a valid certificate that taking part needs.
    pub missing: Vec<String>,
    /// When it last got what it asked for.
    #[serde(with = "perhaps_instant")]
    pub last_download: Option<Timestamp>,
    /// When it last changed something.
    #[serde(with = "perhaps_instant")]
    pub last_upload: Option<Timestamp>,
}

/// The certificates of one participant and group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    /// The group as lists name it.
    pub group: String,
    /// How many there are.
    pub all: usize,
    /// How many are valid.
    pub valid: usize,
    /// When the last of them ends.
    #[serde(with = "perhaps_instant")]
    pub last_end: Option<Timestamp>,
}

/// A certificate whose end is near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiring {
    /// The participant; none for the gateway's own, of the groups SERVER and TRUSTANCHOR.
    pub country: Option<String>,
    /// The group as lists name it.
    pub group: String,
    /// SHA-256 of the certificate.
    pub thumbprint: String,
    /// The end.
    #[serde(with = "instant")]
    pub not_after: Timestamp,
    /// Whole days until then, negative when it is over.
    pub days: i64,
    /// The step of the warning: 60, 30, 14, 7 or 1 days.
    pub warning: i64,
    /// Whether the participant has another valid one of the group that lasts longer.
    pub has_successor: bool,
    /// When a client last came with it, where it is a client certificate: one with a successor that
    /// still comes has not been replaced everywhere.
    #[serde(with = "perhaps_instant")]
    pub last_used: Option<Timestamp>,
}

/// A key identifier with more than one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KidCollision {
    /// The identifier as lists show it.
    pub kid: String,
    /// Whose they are.
    pub certificates: Vec<KidHolder>,
}

impl KidCollision {
    /// Whether one participant of this gateway has two under it: verifiers tell those of others
    /// apart by the country.
    fn needs_a_look(&self) -> bool {
        let own = || self.certificates.iter().filter(|one| one.source_gateway.is_none());
        own()
            .enumerate()
            .any(|(at, one)| own().skip(at + 1).any(|other| other.country == one.country))
    }
}

/// One certificate of a doubled key identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KidHolder {
    /// The participant.
    pub country: String,
    /// The group as lists name it.
    pub group: String,
    /// SHA-256 of the certificate.
    pub thumbprint: String,
    /// The gateway that it was pulled from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_gateway: Option<String>,
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableStatus {
    /// Its table.
    pub table: String,
    /// Its primary key.
    pub id: String,
    /// SHA-256 of the certificate as it is stored, where that can be read.
    pub thumbprint: String,
    /// What is wrong with it.
    pub fault: String,
}

impl ParticipantStatus {
    /// Groups of which it had certificates and has no valid one any more.
    pub fn lapsed(&self) -> impl Iterator<Item = &str> {
        let had = |group: &&String| self.groups.iter().any(|found| found.group == **group);
        self.missing.iter().filter(had).map(String::as_str)
    }

    /// Whether it cannot take part as it was onboarded: nobody can come for it, or a group has
    /// lapsed. One that only asks needs no authority and uploads nothing.
    pub fn needs_a_look(&self) -> bool {
        self.missing.iter().any(|group| group == "AUTHENTICATION") || self.lapsed().next().is_some()
    }
}

impl Expiring {
    /// Whether the participant uploaded it itself.
    pub fn is_uploaded(&self) -> bool {
        self.group.parse::<SignerType>().is_ok()
    }
}

impl Status {
    /// From the content of a database. Takes time: every signature is checked.
    pub fn of(
        content: TrustContent,
        overview: &Overview,
        files: &ConfigFiles,
        now: Timestamp,
    ) -> Self {
        let snapshot = TrustSnapshot::build(content, &files.anchors);
        let own = Own { server: files.server.as_ref(), anchors: &files.anchors, overview };
        Self::seen(&snapshot, own, now)
    }

    /// From what is served.
    pub(super) fn seen(snapshot: &TrustSnapshot, own: Own<'_>, now: Timestamp) -> Self {
        let contacts: BTreeMap<_, _> = own
            .overview
            .contacts
            .iter()
            .map(|contact| (contact.thumbprint.as_str(), contact))
            .collect();
        let last = |country: &str, at: fn(&Contact) -> Option<Timestamp>| {
            let of_country = |contact: &&&Contact| contact.country == country;
            contacts.values().filter(of_country).filter_map(|contact| at(contact)).max()
        };
        let groups = snapshot.groups(now);
        let mut participants = BTreeMap::<&str, Vec<GroupStatus>>::new();
        // Where a peer's anchor or server is from takes no part by that.
        let takes_part =
            |group: &str| !["TRUSTANCHOR", "AUTHENTICATION_FEDERATION"].contains(&group);
        for ((country, group), state) in groups.iter().filter(|((_, group), _)| takes_part(group)) {
            participants.entry(country).or_default().push(GroupStatus {
                group: (*group).to_owned(),
                all: state.all,
                valid: state.valid,
                last_end: state.last_end,
            });
        }
        let participants = participants.into_iter().map(|(country, found)| ParticipantStatus {
            country: country.to_owned(),
            missing: NEEDED
                .iter()
                .filter(|wanted| {
                    groups.get(&(country, **wanted)).is_none_or(|state| state.valid == 0)
                })
                .map(ToString::to_string)
                .collect(),
            groups: found,
            last_download: last(country, |contact| contact.downloaded_at),
            last_upload: last(country, |contact| contact.uploaded_at),
        });
        let mut expiring: Vec<_> = snapshot
            .own_entries()
            .filter_map(|entry| {
                let (_, not_after) = entry.facts.validity?;
                let warning = Warning::at(not_after, now)?;
                let group = groups.get(&(entry.country.as_str(), entry.group))?;
                let has_successor = group.last_end > Some(not_after);
                // What has ended and was replaced is history.
                (warning.days >= 0 || !has_successor).then(|| Expiring {
                    country: Some(entry.country.clone()),
                    group: entry.group.to_owned(),
                    thumbprint: entry.thumbprint.clone(),
                    not_after,
                    days: warning.days,
                    warning: warning.step,
                    has_successor,
                    last_used: contacts
                        .get(entry.thumbprint.as_str())
                        .and_then(|contact| contact.downloaded_at.max(contact.uploaded_at)),
                })
            })
            .chain(own.expiring(now))
            .collect();
        expiring.sort_by(|a, b| (a.not_after, &a.thumbprint).cmp(&(b.not_after, &b.thumbprint)));
        Self {
            revision: snapshot.revision(),
            faults: Vec::new(),
            participants: participants.collect(),
            expiring,
            unusual_keys: unusual_keys(snapshot.own_entries()),
            kid_collisions: collisions(snapshot.all_entries()),
            peers: own.overview.peers.iter().map(PeerStatus::of).collect(),
            unreadable_rows: snapshot
                .refused()
                .iter()
                .map(|row| UnreadableStatus {
                    table: row.table.to_owned(),
                    id: row.id.clone(),
                    thumbprint: row.thumbprint.clone(),
                    fault: row.fault.to_string(),
                })
                .collect(),
            pending_requests: own.overview.pending_requests.iter().map(pending).collect(),
            jobs: own.overview.jobs.iter().map(job).collect(),
            log_entries: own.overview.log_entries,
        }
    }

    /// Whether somebody should act: a gateway that is kept from its work, a row that cannot be used,
    /// a doubled key identifier, a job that fails time and again or marks something, a peer that is
    /// not taken over from, a participant that cannot take part, or a last certificate of a
    /// participant's onboarded group, or of the gateway, that ends within 14 days.
    pub fn needs_a_look(&self) -> bool {
        let urgent = |one: &Expiring| one.warning <= 14 && !one.has_successor && !one.is_uploaded();
        !self.faults.is_empty()
            || !self.unreadable_rows.is_empty()
            || self.participants.iter().any(ParticipantStatus::needs_a_look)
            || self.kid_collisions.iter().any(KidCollision::needs_a_look)
            || self.peers.iter().any(|peer| peer.needs_a_look)
            || self.jobs.iter().any(|job| job.failures > PASSING_FAILURES || job.marked)
            || self.expiring.iter().any(urgent)
    }
}

/// What status tells beside the content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own<'a> {
    pub(super) server: Option<&'a Certificate>,
    pub(super) anchors: &'a [Certificate],
    pub(super) overview: &'a Overview,
}

impl Own<'_> {
    /// The gateway's own certificates that end soon or have ended.
    fn expiring(&self, now: Timestamp) -> impl Iterator<Item = Expiring> {
        let last = self.anchors.iter().map(Certificate::not_after).max();
        let anchors = self.anchors.iter().map(move |anchor| ("TRUSTANCHOR", anchor, last));
        let server = self.server.into_iter().map(|server| ("SERVER", server, None));
        server.chain(anchors).filter_map(move |(group, certificate, last)| {
            let not_after = certificate.not_after();
            let warning = Warning::at(not_after, now)?;
            let has_successor = last > Some(not_after);
            (warning.days >= 0 || !has_successor).then(|| Expiring {
                country: None,
                group: group.to_owned(),
                thumbprint: certificate.thumbprint().to_string(),
                not_after,
                days: warning.days,
                warning: warning.step,
                has_successor,
                last_used: None,
            })
        })
    }
}

fn pending(request: &PendingRequest) -> PendingStatus {
    PendingStatus {
        id: request.id.clone(),
        participant: request.participant.clone(),
        created_at: request.created_at,
        approvals: request.approvals,
    }
}

fn job(state: &JobState) -> JobStatus {
    // A process that was killed stays in the table until another takes over; the database's time
    // is the present instant, by machines that keep their clocks together.
    let running = state.is_running(Clock::System.now());
    let holder = state.holder.as_deref().filter(|_| running);
    JobStatus {
        name: state.name.clone(),
        running_in: holder.and_then(|holder| holder.split(' ').next()).map(str::to_owned),
        last_started_at: state.last_started_at,
        last_succeeded_at: state.last_succeeded_at,
        last_failed_at: state.last_failed_at,
        failures: state.failures,
        marked: state.marked,
        message: state.message.clone(),
    }
}

/// An instant as text.
mod instant {
    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// An instant as text, or null.
mod perhaps_instant {
    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
    {
        at.map(|at| at.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D>(from: D) -> Result<Option<Timestamp>, D::Error>
    where
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

fn unusual_keys<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<UnusualKey> {
    let mut counts = BTreeMap::<_, u64>::new();
    for entry in entries {
        if let Some(key) = &entry.facts.unusual_key {
            let count = counts.entry((entry.country.as_str(), entry.group, &**key)).or_default();
            *count = count.saturating_add(1);
        }
    }
    counts
        .into_iter()
        .map(|((country, group, key), count)| UnusualKey {
            country: country.to_owned(),
            group: group.to_owned(),
            key: key.to_owned(),
            count,
        })
        .collect()
}

fn collisions<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<KidCollision> {
    let mut by_kid = BTreeMap::<&str, Vec<&Entry>>::new();
    for entry in entries {
        by_kid.entry(&entry.kid).or_default().push(entry);
    }
    by_kid
        .into_iter()
        .filter(|(_, holders)| holders.len() > 1)
        // The same certificate of two gateways is one.
        .filter(|(_, holders)| {
            holders.iter().map(|one| &one.thumbprint).collect::<BTreeSet<_>>().len() > 1
        })
        .map(|(kid, holders)| KidCollision {
            kid: kid.to_owned(),
            certificates: holders
                .into_iter()
                .map(|entry| KidHolder {
                    country: entry.country.clone(),
                    group: entry.group.to_owned(),
                    thumbprint: entry.thumbprint.clone(),
                    source_gateway: entry.source_gateway.clone(),
                })
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_participant_uploads_is_its_own_business_in_every_group() {
        let expiring = |group: &str| Expiring {
            country: Some("XA".to_owned()),
            group: group.to_owned(),
            thumbprint: String::new(),
            not_after: Timestamp::UNIX_EPOCH,
            days: 3,
            warning: 7,
            has_successor: false,
            last_used: None,
        };
        for group in ["DSC", "SIGN", "AUTH", "CUSTOM", "DESC"] {
            assert!(expiring(group).is_uploaded(), "{group}");
        }
        for group in ["CSCA", "UPLOAD", "AUTHENTICATION", "DECA", "SERVER"] {
            assert!(!expiring(group).is_uploaded(), "{group}");
        }
    }
}
