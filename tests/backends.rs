//! What `docs/backends.md` says of the backends is what the code says, and the template that it offers compiles and works.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "backends/documented.rs"]
mod documented;
#[path = "../docs/backend-template.rs"]
mod template;
#[path = "backends/templated.rs"]
mod templated;
