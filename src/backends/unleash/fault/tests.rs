//! Unit tests of `fault`.

use super::*;

fn fault(code: u16, body: &str) -> Fault {
    HttpError::Status {
        url: "http://h/x".into(),
        code,
        retry_after: Some(Duration::from_secs(7)),
        body: Text::new(&body.chars().take(300).collect::<String>()),
    }
    .into()
}

#[test]
fn each_refusal_of_a_live_server_says_what_to_do() {
    // Bodies verbatim from 7.4.1.
    for (code, body, kind, part) in [
        (
            401,
            r#"{"id":"8a46","name":"UnauthorizedError","message":"You must log in to use Unleash."}"#,
            Kind::Hopeless,
            "does not know the token",
        ),
        (
            403,
            r#"{"message":"invalid token: expected a different token type for this endpoint"}"#,
            Kind::Hopeless,
            "personal access token",
        ),
        (
            403,
            r#"{"id":"0ec2e7bb-a0be-4508-9cee-dae5bc7a7b82","name":"PermissionError","message":"You don't have the required permissions to perform this operation. To perform this action, you need the \"UPDATE_FEATURE_ENVIRONMENT\" permission.","details":[{"message":"You don't"#,
            Kind::Hopeless,
            "lacks the permission UPDATE_FEATURE_ENVIRONMENT",
        ),
        (
            404,
            r#"{"name":"NotFoundError","message":"Could not find environment nope for feature: x1","details":[]}"#,
            Kind::Hopeless,
            "Could not find environment nope",
        ),
        (
            400,
            r#"{"name":"ArchivedFeatureError","message":"Cannot perform this operation on archived features"}"#,
            Kind::Hopeless,
            "archived",
        ),
        (
            400,
            r#"{"name":"BadDataError","message":"Request validation failed"}"#,
            Kind::Rejected,
            "Request validation failed",
        ),
        (
            500,
            r#"{"name":"UnknownError","message":"Test operation failed\nname: TEST_OPERATION_FAILED"}"#,
            Kind::Conflict,
            "somebody else",
        ),
        (503, "<html>upstream</html>", Kind::Unsure, "upstream"),
        (429, "", Kind::Unsure, "too often"),
        (302, "", Kind::Hopeless, "login page"),
    ] {
        let fault = fault(code, body);
        assert_eq!(fault.kind, kind, "{body}");
        assert!(fault.cause.contains(part), "{}", fault.cause);
        assert_eq!(fault.wait, Some(Duration::from_secs(7)));
    }
}

#[test]
fn a_message_that_is_cut_off_is_still_read() {
    assert_eq!(message(r#"{"message":"There's no \"x"#), "There's no \"x");
    assert_eq!(message(r#"{"message":"a\\b\nc","details":"#), "a\\b c");
    assert_eq!(message("gateway"), "gateway");
}
