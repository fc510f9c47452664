//! The flag as we understand it, from either source.
//!
//! In: what the REST API or the stream says. Out: a [`Flag`]. What makes no sense in it (a variation that is not
//! there, a weight that is no number) becomes [`Serve::Broken`] with the reason, not an error: the rest of the flag is
//! still good, and a kill needs none of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::layout::WHOLE;
use super::wire;
use crate::domain::Timestamp;

/// Contexts of this kind are meant where none is named.
pub const USER: &str = "user";

/// A flag in one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Flag {
    /// Grows with each change in this environment.
    pub version: u64,
    /// The switch.
    pub on: bool,
    /// When it was changed last. The stream does not say.
    pub changed_at: Option<Timestamp>,
    /// What it can answer.
    pub variations: Vec<Variation>,
    /// What everybody gets while it is off. `None`: the default in the code.
    pub off: Option<usize>,
    /// For whom no rule matches.
    pub fallthrough: Serve,
    /// The rules that are in use.
    pub rules: Vec<Rule>,
    /// How many contexts get a variation by name.
    pub targets: BTreeMap<usize, usize>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Variation {
    /// What writes refer to; empty when only the stream was read.
    pub id: String,
    /// Its name; without one, its value.
    pub name: String,
    /// The answer itself.
    pub value: Value,
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What writes refer to.
    pub id: String,
    /// What people call it; empty without a name.
    pub name: String,
    /// What it answers.
    pub serve: Serve,
}

/// What a rule answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Serve {
    /// One variation to all.
    Fixed(usize),
    /// Several, by shares.
    Rollout(Rollout),
    /// Nothing that can be understood, and why.
    Broken(String),
}

/// Shares of variations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rollout {
    /// Weights in thousandths of a percent, each with its variation, in the order of the draw.
    pub parts: Vec<(u32, usize)>,
    /// Whether an experiment counts on these shares.
    pub is_experiment: bool,
    /// The kind of context that is drawn; `None`: `user`.
    pub context_kind: Option<String>,
    /// The attribute that is drawn; `None`: the key.
    pub bucket_by: Option<String>,
    /// What the draw starts from; `None`: flag key and salt.
    pub seed: Option<i64>,
}

impl Rollout {
    /// The kind of context that is drawn.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.context_kind.as_deref().unwrap_or(USER)
    }
}

impl Variation {
    fn new(id: String, name: &str, value: Value) -> Self {
        let name = if name.is_empty() { shown(&value) } else { name.to_owned() };
        Self { id, name, value }
    }

    /// Whether a person means this one by a word: its name, its value or its id.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        self.name == word || self.id == word || shown(&self.value) == word
    }
}

/// A value in words: a text as it stands, anything else as JSON, cut to a line.
fn shown(value: &Value) -> String {
    /// The longest value that serves as a name.
    const LONGEST: usize = 60;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(LONGEST).collect()
}

impl Flag {
    /// As the REST API has it. `None`: the environment is not there.
    #[must_use]
    pub fn of_rest(flag: &wire::Flag, environment: &str) -> Option<Self> {
        let config = flag.environments.get(environment)?;
        let variations =
            flag.variations.iter().map(|v| Variation::new(v.id.clone(), &v.name, v.value.clone())).collect();
        Some(Self::of(config, variations))
    }

    /// As the stream has it: without ids and names, which are taken from what the REST API said before, if it did and
    /// the variations are still the same.
    #[must_use]
    pub fn of_stream(config: &wire::Config, known: Option<&Self>) -> Self {
        let known = known.filter(|known| known.variations.iter().map(|v| &v.value).eq(&config.variations));
        let variations = match known {
            Some(known) => known.variations.clone(),
            None => config.variations.iter().map(|v| Variation::new(String::new(), "", v.clone())).collect(),
        };
        let mut flag = Self::of(config, variations);
        for rule in &mut flag.rules {
            let same = known.and_then(|known| known.rules.iter().find(|one| one.id == rule.id));
            rule.name = same.map(|same| same.name.clone()).unwrap_or_default();
        }
        flag
    }

    fn of(config: &wire::Config, variations: Vec<Variation>) -> Self {
        let count = variations.len();
        let mut targets = BTreeMap::new();
        let others =
            config.context_targets.iter().filter(|t| t.context_kind.as_deref().unwrap_or(USER) != USER);
        for target in config.targets.iter().chain(others) {
            if let Ok(variation) = usize::try_from(target.variation) {
                *targets.entry(variation).or_default() += target.values.len();
            }
        }
        Self {
            version: config.version,
            on: config.on,
            changed_at: config.last_modified.map(Timestamp),
            off: config.off_variation.and_then(|off| usize::try_from(off).ok()),
            fallthrough: serve(&config.fallthrough, count),
            rules: config
                .rules
                .iter()
                .filter(|rule| !rule.disabled)
                .map(|rule| Rule {
                    id: rule.id.clone(),
                    name: rule.description.clone(),
                    serve: serve(&rule.serve, count),
                })
                .collect(),
            targets,
            variations,
        }
    }
}

fn serve(serve: &wire::Serve, variations: usize) -> Serve {
    let place = |variation: i64| {
        usize::try_from(variation)
            .ok()
            .filter(|place| *place < variations)
            .ok_or_else(|| format!("it serves variation {variation}, and there are {variations}"))
    };
    if let Some(variation) = serve.variation {
        return place(variation).map_or_else(Serve::Broken, Serve::Fixed);
    }
    let Some(rollout) = &serve.rollout else { return Serve::Broken("it serves no variation".into()) };
    let part = |part: &wire::Weight| {
        let in_range = (0.0..=f64::from(WHOLE)).contains(&part.weight) && part.weight.fract() == 0.0;
        if !in_range {
            return Err(format!("it has a weight of {}, which is not 0 to {WHOLE}", part.weight));
        }
        // In range and whole, so nothing is cut off.
        Ok((part.weight as u32, place(part.variation)?))
    };
    match rollout.variations.iter().map(part).collect::<Result<Vec<_>, _>>() {
        Ok(parts) if parts.is_empty() => Serve::Broken("its rollout has no variation".into()),
        Ok(parts) => Serve::Rollout(Rollout {
            parts,
            is_experiment: rollout.experiment_allocation.is_some()
                || rollout.kind.as_deref() == Some("experiment"),
            context_kind: rollout.context_kind.clone().filter(|kind| !kind.is_empty()),
            bucket_by: rollout.bucket_by.clone().filter(|by| !by.is_empty() && by != "key"),
            seed: rollout.seed,
        }),
        Err(why) => Serve::Broken(why),
    }
}
