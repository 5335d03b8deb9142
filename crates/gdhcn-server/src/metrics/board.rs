use std::fmt;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::name::{ALL, Kind};

/// Bounds of the duration histogram in seconds: a conditional request is answered in some tens of
/// microseconds, an upload may wait for the disk.
const DURATIONS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A set of series under the names of [`ALL`].
pub(crate) struct Board {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

type Labels<'a> = &'a [(&'static str, &'a str)];

impl Board {
    pub(super) fn new() -> Self {
        // An error means an empty list of bounds; without bounds there would be quantiles.
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets(&DURATIONS).unwrap_or_default();
        let recorder = builder.build_recorder();
        for metric in ALL {
            let (name, help) = (metric.name.into(), metric.help.into());
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, None, help),
                Kind::Gauge => recorder.describe_gauge(name, None, help),
                Kind::Histogram => recorder.describe_histogram(name, None, help),
            }
        }
        let handle = recorder.handle();
        Self { recorder, handle }
    }

    pub(crate) fn counter(&self, name: &'static str, labels: Labels<'_>) -> Counter {
        self.recorder.register_counter(&key(name, labels), &METADATA)
    }

    pub(crate) fn gauge(&self, name: &'static str, labels: Labels<'_>) -> Gauge {
        self.recorder.register_gauge(&key(name, labels), &METADATA)
    }

    pub(crate) fn histogram(&self, name: &'static str, labels: Labels<'_>) -> Histogram {
        self.recorder.register_histogram(&key(name, labels), &METADATA)
    }

    pub(super) fn render(&self) -> String {
        self.handle.render()
    }

    pub(super) fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Board")
    }
}

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

fn key(name: &'static str, labels: Labels<'_>) -> Key {
    let labels: Vec<_> =
        labels.iter().map(|(label, value)| Label::new(*label, (*value).to_owned())).collect();
    Key::from_parts(name, labels)
}
