//! Whether a token may write, found out without writing.
//!
//! In: the answer of `GET /api/admin/user`. Out: yes or no. Widening and killing need two rights in
//! our project and environment; an admin token has all of them.

use super::wire::{Me, Permission};

/// What all commands together need.
const NEEDED: [&str; 2] = ["UPDATE_FEATURE_STRATEGY", "UPDATE_FEATURE_ENVIRONMENT"];

/// Whether the token may change flags of a project in an environment.
#[must_use]
pub fn may_write(me: &Me, project: &str, environment: &str) -> bool {
    let here =
        |scope: Option<&str>, wanted: &str| scope.is_none_or(|s| s.is_empty() || s == "*" || s == wanted);
    let applies = |right: &&Permission| {
        here(right.project.as_deref(), project) && here(right.environment.as_deref(), environment)
    };
    let has = |name: &str| me.permissions.iter().filter(applies).any(|right| right.permission == name);
    has("ADMIN") || NEEDED.iter().all(|name| has(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(permissions: &str) -> bool {
        let me = format!(r#"{{"user":{{"secret":"*:*.x"}},"permissions":{permissions}}}"#);
        may_write(&serde_json::from_str(&me).expect("json"), "default", "production")
    }

    #[test]
    fn both_rights_are_needed_in_our_project_and_environment() {
        let right = |permission: &str, project: &str, environment: &str| {
            format!(r#"{{"permission":"{permission}","project":"{project}","environment":"{environment}"}}"#)
        };
        let strategy = right("UPDATE_FEATURE_STRATEGY", "default", "production");
        let switch = right("UPDATE_FEATURE_ENVIRONMENT", "default", "production");
        assert!(may(&format!("[{strategy},{switch}]")));
        assert!(!may(&format!("[{strategy}]")));
        let elsewhere = right("UPDATE_FEATURE_ENVIRONMENT", "default", "development");
        assert!(!may(&format!("[{strategy},{elsewhere}]")));
        let other_project = right("UPDATE_FEATURE_ENVIRONMENT", "mobile", "production");
        assert!(!may(&format!("[{strategy},{other_project}]")));
    }

    #[test]
    fn an_admin_may_and_a_viewer_may_not() {
        assert!(may(r#"[{"permission":"ADMIN"}]"#));
        assert!(!may("[]"));
    }
}
