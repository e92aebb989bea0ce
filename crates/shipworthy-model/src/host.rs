//! Host names as `ALLOWED_HOSTS`, cookie domains and origins write them.

use std::collections::HashSet;

use crate::{Datum, Facts, Item, Truth, Value};

/// Hosts under which nobody asks who does not sit at the machine.
const OF_THIS_MACHINE: [&str; 6] = ["", "localhost", ".localhost", "127.0.0.1", "[::1]", "testserver"];

/// Whether a host matches a pattern as Django compares them: exactly, or as the domain behind a leading dot or a name below
/// it. Case does not matter.
pub fn is_same_domain(host: &str, pattern: &str) -> bool {
    let (host, pattern) = (host.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    match pattern.strip_prefix('.') {
        Some(domain) => host.ends_with(&pattern) || host == domain,
        None => !pattern.is_empty() && host == pattern,
    }
}

/// Whether strangers can get names of their own below this domain: a public suffix such as `com` or `co.uk`, or a platform
/// that hands out names such as `herokuapp.com`. A leading dot or star is ignored.
///
/// A selection of the Public Suffix List: the suffixes that settings of real projects name.
pub fn is_shared(domain: &str) -> bool {
    #[rustfmt::skip]
    const TOP_LEVEL: &[&str] = &[
        "com", "org", "net", "edu", "gov", "info", "biz", "io", "co", "app", "dev", "ai", "me", "tv", "xyz", "online", "site",
        "shop", "store", "tech", "cloud", "club", "space", "website", "page", "eu", "us", "uk", "de", "fr", "es", "it", "nl", "be",
        "ch", "at", "pl", "cz", "se", "no", "dk", "fi", "pt", "gr", "ie", "ru", "ua", "tr", "in", "cn", "jp", "kr", "tw", "hk",
        "sg", "id", "my", "th", "vn", "ph", "au", "nz", "ca", "br", "mx", "ar", "cl", "za", "ng", "ke", "eg", "il", "ir", "pk",
        "bd", "co.uk", "org.uk", "ac.uk", "gov.uk", "com.au", "org.au", "net.au", "co.nz", "co.jp", "co.kr", "co.in", "com.br",
        "com.cn", "com.tr", "com.mx", "com.ar", "co.za", "com.sg", "com.my", "co.id", "com.ng", "co.ke", "com.eg", "co.il",
    ];
    #[rustfmt::skip]
    const PLATFORMS: &[&str] = &[
        "herokuapp.com", "appspot.com", "run.app", "cloudfunctions.net", "web.app", "firebaseapp.com", "onrender.com", "fly.dev",
        "railway.app", "up.railway.app", "vercel.app", "netlify.app", "pages.dev", "workers.dev", "github.io", "gitlab.io",
        "pythonanywhere.com", "azurewebsites.net", "azurecontainerapps.io", "cloudapp.net", "cloudapp.azure.com",
        "azurestaticapps.net", "elasticbeanstalk.com", "amazonaws.com", "elb.amazonaws.com", "cloudfront.net", "awsapprunner.com",
        "lambda-url.amazonaws.com", "ondigitalocean.app", "digitaloceanspaces.com", "koyeb.app", "northflank.app",
        "platformsh.site", "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "trycloudflare.com", "loca.lt",
        "localtunnel.me", "serveo.net", "gitpod.io", "github.dev", "app.github.dev", "repl.co", "replit.app", "replit.dev",
        "glitch.me", "herokudns.com", "scalingo.io", "clever-cloud.com", "cleverapps.io", "deno.dev", "surge.sh", "nip.io",
        "sslip.io", "duckdns.org", "no-ip.org", "dyndns.org", "gigalixirapp.com", "dokku.me", "code.run", "leapcell.dev",
        "alwaysdata.net", "evennode.com", "zeabur.app", "hf.space", "streamlit.app", "codesandbox.io", "csb.app", "stackblitz.io",
        "webcontainer.io", "exe.xyz", "caprover.com", "easypanel.host", "sevalla.app", "kinsta.app", "qovery.io",
    ];
    let domain = domain.trim_start_matches(['*', '.']).trim_end_matches('.').to_ascii_lowercase();
    // Load balancers and such have one more label, the region: `eu-west-1.elb.amazonaws.com`.
    let regional = [".elb.amazonaws.com", ".compute.amazonaws.com", ".elasticbeanstalk.com", ".awsapprunner.com", ".a.run.app"];
    let is_regional = regional.iter().filter_map(|end| domain.strip_suffix(end)).any(|region| !region.contains('.'));
    TOP_LEVEL.contains(&domain.as_str()) || PLATFORMS.contains(&domain.as_str()) || is_regional
}

/// The patterns of `ALLOWED_HOSTS`, ready to be asked about many hosts.
#[derive(Debug)]
pub struct AllowedHosts {
    /// Names that are certainly among them, in lower case.
    exact: HashSet<String>,
    /// Domains that are certainly among them with all below, without the dot and in lower case.
    domains: HashSet<String>,
    /// A certain `*`.
    everybody: bool,
    /// What is left: entries that may be there, or that nobody knows.
    doubtful: Value,
}

impl AllowedHosts {
    fn new(hosts: Value) -> Self {
        let mut allowed =
            Self { exact: HashSet::default(), domains: HashSet::default(), everybody: false, doubtful: hosts.clone() };
        let (Datum::List(items) | Datum::Tuple(items) | Datum::Set(items)) = hosts.datum else { return allowed };
        let mut doubtful = Vec::new();
        for item in items {
            let pattern = match &item {
                Item::One(value) => value.expose_str().map(str::to_ascii_lowercase),
                Item::Perhaps(..) | Item::Many(_) => None,
            };
            match pattern {
                None => doubtful.push(item),
                Some(pattern) if pattern == "*" => allowed.everybody = true,
                Some(pattern) => match pattern.strip_prefix('.') {
                    Some(domain) => drop(allowed.domains.insert(domain.to_owned())),
                    None => drop(allowed.exact.insert(pattern)),
                },
            }
        }
        allowed.exact.remove("");
        allowed.doubtful.datum = Datum::List(doubtful);
        allowed
    }

    /// Whether this host name is let in (without a port).
    pub fn allow(&self, host: &str) -> Truth {
        let name = host.to_ascii_lowercase();
        let mut domains = std::iter::successors(Some(name.as_str()), |domain| Some(domain.split_once('.')?.1));
        if self.everybody || self.exact.contains(&name) || domains.any(|domain| self.domains.contains(domain)) {
            return Truth::Yes;
        }
        let matches = |pattern: &str| pattern == "*" || is_same_domain(host, pattern);
        let doubt = |pattern: &Value| pattern.decide(|pattern| pattern.expose_str().is_some_and(matches));
        self.doubtful.any(doubt).unwrap_or(Truth::No)
    }
}

impl Facts {
    /// Whether Django answers nobody who does not sit at this machine: no host is allowed that others could ask for.
    pub(crate) fn serves_only_here(&self) -> bool {
        let hosts = self.setting("ALLOWED_HOSTS");
        let is_here = |host: &Value| match &host.datum {
            Datum::None => true,
            _ => host.as_str().is_some_and(|host| OF_THIS_MACHINE.contains(&host)),
        };
        let all = |items: &[Item]| items.iter().all(|item| matches!(item, Item::One(host) if is_here(host)));
        hosts.explicit.is_yes() && hosts.value.items().is_some_and(all)
    }

    /// The hosts that `ALLOWED_HOSTS` lets in.
    pub fn allowed_hosts(&self) -> AllowedHosts {
        AllowedHosts::new(self.setting("ALLOWED_HOSTS").value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_hosts_answer_as_their_patterns_do_one_by_one() {
        let patterns = ["shop.example", ".Dot.example", "", ".", "*.star.example", "UPPER.example"];
        let one = |text: &str| Item::One(Value::text(text));
        let allowed = AllowedHosts::new(Value::of(Datum::List(patterns.map(one).into())));
        for host in [
            "shop.example",
            "www.shop.example",
            "dot.example",
            "a.b.dot.EXAMPLE",
            "mydot.example",
            "",
            "x.",
            "upper.Example",
            "example",
            "a.star.example",
        ] {
            let expected = patterns.iter().any(|pattern| is_same_domain(host, pattern));
            assert_eq!(allowed.allow(host), if expected { Truth::Yes } else { Truth::No }, "{host}");
        }
        assert!(AllowedHosts::new(Value::of(Datum::Tuple(vec![one("*")]))).allow("any.example").is_yes());
        let why = crate::Unknown::new(crate::Why::Call("hosts()".into()), None);
        for unknown in [Datum::List(vec![Item::Many(why.clone())]), Datum::Unknown(why.clone())] {
            assert_eq!(AllowedHosts::new(Value::of(unknown)).allow("a.example"), Truth::Unknown(why.clone()));
        }
    }

    #[test]
    fn a_leading_dot_covers_the_domain_and_what_is_below() {
        for (host, pattern, same) in [
            ("shop.example", "shop.example", true),
            ("www.shop.example", ".shop.example", true),
            ("shop.example", ".SHOP.example", true),
            ("myshop.example", ".shop.example", false),
            ("www.shop.example", "shop.example", false),
            ("shop.example", "*.shop.example", false),
            ("", "", false),
        ] {
            assert_eq!(is_same_domain(host, pattern), same, "{host} {pattern}");
        }
    }

    #[test]
    fn shared_domains() {
        for domain in
            [".com", "co.uk", "*.herokuapp.com", ".fly.dev", "eu-west-1.elb.amazonaws.com", ".us-east-1.elasticbeanstalk.com"]
        {
            assert!(is_shared(domain), "{domain}");
        }
        for domain in [
            ".example.com",
            "shop.herokuapp.com",
            "example",
            ".local",
            ".svc.cluster.local",
            "shop.us-east-1.elasticbeanstalk.com",
        ] {
            assert!(!is_shared(domain), "{domain}");
        }
    }
}
