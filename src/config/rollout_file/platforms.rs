//! `[[platforms]]`: where the flag is served.

use std::time::Duration;

use super::names::Names;
use super::segments::Segments;
use super::{PlatformConfig, metrics, probes};
use crate::backends::paths::MAX_PATHS;
use crate::backends::{BackendSettings, Target};
use crate::config::fields::{Fields, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::{settings, values};
use crate::domain::{FlagKey, Platform, PlatformName, SegmentName, Source, SourceKind, Span, Text};
use crate::probes::Subject;

/// The most platforms of a rollout: every kill goes to all of them, so a hundred is a wall of work.
const MAX_PLATFORMS: usize = 64;

/// The longest reach: clients that look once a day. Slower ones cannot be stopped by a flag.
const MAX_REACH: Span = Span(Duration::from_secs(86_400));

const FIELDS: [&str; 7] = ["name", "backend", "flag", "reach", "paths", "segments", "probe"];

/// The platforms of the file.
#[derive(Default)]
pub(super) struct Platforms {
    /// For the engine.
    pub platforms: Vec<Platform>,
    /// For the adapters.
    pub configs: Vec<PlatformConfig>,
    /// For people.
    pub sources: Vec<(Source, String)>,
}

/// Reads all platforms.
pub(super) fn read(root: &Fields<'_>, segments: &Segments, problems: &mut Problems) -> Platforms {
    let mut read = Platforms::default();
    let items = match root.get("platforms") {
        Some(value) => match values::list(value, "the list of platforms", MAX_PLATFORMS, problems) {
            Some(items) => items,
            None => return read,
        },
        None => vec![],
    };
    if items.is_empty() {
        problems.push(
            Problem::new(root.place_of("platforms"), "a rollout needs at least one platform")
                .hint("add [[platforms]] with name, backend and flag: where the flag is served"),
        );
    }
    let mut names = Names::of("platforms named");
    for item in items {
        platform(item, segments, &mut names, &mut read, problems);
    }
    read
}

fn platform(
    item: &Value<'_>,
    segments: &Segments,
    names: &mut Names,
    read: &mut Platforms,
    problems: &mut Problems,
) -> Option<()> {
    let fields = Fields::of(item, "a platform", &FIELDS, problems)?;
    let name: Option<PlatformName> = names.read(&fields, problems);
    let flag: Option<FlagKey> = fields
        .require("flag", "flag = \"...\": the flag's key at the backend", problems)
        .and_then(|flag| values::parsed(flag, "the flag's key", problems));
    let own = fields.get("reach").map(|own| values::span(own, Span::default(), MAX_REACH, problems));
    let value = fields.require("backend", "backend = { kind = \"...\", ... }", problems)?;
    let backend: Option<BackendSettings> = settings::read(value, "backend", problems);
    let paths = fields.get("paths").map_or_else(|| Some(vec![]), |value| paths_of(value, problems));
    let own_names = fields.get("segments").map(|value| names_of(value, segments, problems));
    let probe = fields.get("probe").map(|value| probes::read(value, segments.segments.len(), problems));
    let (name, flag, backend, paths) = (name?, flag?, backend?, paths?);
    let said = metrics::interval_of(value, problems)?;
    // A backend that polls has its own default.
    let interval = backend.interval().unwrap_or(said);
    let (reach, capabilities) = (own.unwrap_or_else(|| Some(backend.reach()))?, backend.capabilities());
    read.sources.push((Source::new(SourceKind::Flags, name.as_str()), settings::describe(value)));
    let names = match own_names {
        Some(own) => own?,
        None => segments.names_at_backends.clone(),
    };
    let target = Target { platform: name.clone(), flag: flag.clone(), segments: names };
    let (described, ways) = (settings::describe(value), paths.iter().map(|(way, _)| way.clone()).collect());
    let probe = match probe {
        Some((settings, described)) => {
            read.sources.push((Source::of_probe(&name), described));
            let segments = segments.contexts.clone();
            Some((settings?, Subject { platform: name.clone(), flag: flag.clone(), segments }))
        }
        None => None,
    };
    let probed = probe.is_some();
    read.configs.push(PlatformConfig { backend, paths, target, probe });
    read.platforms.push(Platform {
        reach,
        capabilities,
        probed,
        backend: described,
        paths: ways,
        ..Platform::new(name, flag, interval)
    });
    Some(())
}

/// Other ways to the same flag, each with its name for people.
fn paths_of(value: &Value<'_>, problems: &mut Problems) -> Option<Vec<(Text, BackendSettings)>> {
    let items = values::list(value, "the list of paths", MAX_PATHS, problems)?;
    let read = |item| {
        let settings = settings::read(item, "paths", &mut *problems)?;
        Some((Text::new(&settings::describe(item)), settings))
    };
    // Every fault is reported, not only the first.
    let read: Vec<_> = items.into_iter().map(read).collect();
    read.into_iter().collect()
}

/// What this platform calls the segments, where it is not what the others call them.
fn names_of(
    value: &Value<'_>,
    segments: &Segments,
    problems: &mut Problems,
) -> Option<Vec<(SegmentName, String)>> {
    let all: Vec<&str> = segments.segments.iter().map(|segment| segment.name.as_str()).collect();
    let fields = Fields::of(value, "`segments` of a platform", &all, problems)?;
    let mut taken = Names::of("segments called");
    let mut names = segments.names_at_backends.clone();
    for (name, at_backend) in &mut names {
        if let Some(own) = fields.get(name.as_str()) {
            let own_name = values::text(own, "what the backend calls this segment", problems)?;
            own_name.clone_into(at_backend);
            taken.add(own_name, own.span(), problems);
        }
    }
    Some(names)
}
