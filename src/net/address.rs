//! Addresses: which ones stay on this machine, and how one is shown.
//!
//! In: a URL. Out: whether it is loopback, its origin, and a form of it without anything secret:
//! user, password, query and fragment are left out, because tokens are put in all of them.

use url::{Host, Url};

/// Whether the host is this machine: `localhost`, a name below it, 127.0.0.0/8 or `::1`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback())
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        None => false,
    }
}

/// Scheme, host, port and path; nothing that could be secret.
#[must_use]
pub fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

/// Whether two addresses have the same scheme, host and port.
#[must_use]
pub fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() -> Result<(), url::ParseError> {
        for (text, expected) in [
            ("http://127.0.0.1:1/", true),
            ("http://127.9.9.9/", true),
            ("ws://[::1]:4000/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://LOCALHOST/", true),
            ("http://a.localhost./", true),
            ("http://localhost.example.com/", false),
            ("http://notlocalhost/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(text)?), expected, "{text}");
        }
        Ok(())
    }

    #[test]
    fn what_is_shown_holds_no_secret() -> Result<(), url::ParseError> {
        let url = Url::parse("https://user:pw@host:8443/api/x?token=t#f")?;
        assert_eq!(shown(&url), "https://host:8443/api/x");
        Ok(())
    }
}
