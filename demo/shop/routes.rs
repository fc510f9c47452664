//! What the shop answers over HTTP. In: requests. Out: metrics, state, comments; faults set and undone.
//!
//! A request that says something unknown is refused with the reason, never half-obeyed.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::people::{Fault, SEGMENTS, segment};
use crate::shop::Shop;

/// Error rate of a break that names none.
const DEFAULT_RATE: f64 = 0.2;
/// Slowest that a break can make a checkout: beyond it every customer has left.
const SLOWEST_MS: f64 = 60_000.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Break {
    segment: Option<String>,
    rate: Option<f64>,
    slow_ms: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    after: Option<u64>,
}

/// All routes of a shop.
pub fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/state", get(async |State(shop): State<Arc<Shop>>| Json(shop.state(Instant::now()))))
        .route("/feedback", get(feedback))
        .route("/break", post(break_checkout))
        .route("/mend", post(mend))
        .fallback(async || {
            refuse(StatusCode::NOT_FOUND, "here are GET /metrics /state /feedback, POST /break /mend")
        })
        .with_state(shop)
}

async fn metrics(State(shop): State<Arc<Shop>>) -> Response {
    match shop.metrics() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            refuse(StatusCode::INTERNAL_SERVER_ERROR, &format!("cannot write the metrics: {error}"))
        }
    }
}

async fn feedback(State(shop): State<Arc<Shop>>, query: Result<Query<After>, QueryRejection>) -> Response {
    match query {
        Ok(Query(After { after })) => {
            Json(json!({ "items": shop.comments(after.unwrap_or(0)) })).into_response()
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.body_text()),
    }
}

async fn break_checkout(
    State(shop): State<Arc<Shop>>,
    query: Result<Query<Break>, QueryRejection>,
) -> Response {
    match query.map_err(|error| error.body_text()).and_then(|Query(wish)| apply(&shop, wish)) {
        Ok(()) => Json(shop.state(Instant::now())).into_response(),
        Err(reason) => refuse(StatusCode::BAD_REQUEST, &reason),
    }
}

async fn mend(State(shop): State<Arc<Shop>>) -> Response {
    shop.mend();
    Json(shop.state(Instant::now())).into_response()
}

fn apply(shop: &Shop, wish: Break) -> Result<(), String> {
    let (rate, slow_ms) = (wish.rate.unwrap_or(DEFAULT_RATE), wish.slow_ms.unwrap_or(0.0));
    if !(0.0..=1.0).contains(&rate) {
        return Err(format!("rate={rate}: it is a share, 0 to 1"));
    }
    if !(0.0..=SLOWEST_MS).contains(&slow_ms) {
        return Err(format!("slow_ms={slow_ms}: between 0 and {SLOWEST_MS} milliseconds"));
    }
    let only = match wish.segment.as_deref() {
        None => None,
        Some(name) => Some(segment(name).ok_or_else(|| {
            format!("segment={name:?} is none of {}", SEGMENTS.map(|segment| segment.name).join(", "))
        })?),
    };
    shop.break_checkout(only, Fault { rate, slow_ms });
    Ok(())
}

fn refuse(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({ "error": reason }))).into_response()
}
