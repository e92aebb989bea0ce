//! Looking at the running site: which one, whether we may, by which way, and what is kept of it.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shipworthy_model::{Facts, Notice, Secret, Site, Wire};
use shipworthy_wire::{Access, Options, address, har};

use crate::cli::LookArgs;
use crate::config::Config;
use crate::error::Error;

/// A site to look at, as the user describes it.
pub(crate) struct Look<'a> {
    /// Its address as typed.
    pub(crate) url: Option<&'a str>,
    /// How.
    pub(crate) arguments: &'a LookArgs,
    /// What the project says of itself.
    pub(crate) config: &'a Config,
}

impl Look<'_> {
    /// What is seen there, or was when it was recorded. The project's own facts help to find what to ask for.
    pub(crate) fn look(&self, facts: Option<&Facts>) -> Result<(Wire, Vec<Notice>), Error> {
        if let Some(path) = &self.arguments.from {
            return Ok((har::read(&read_text(path)?)?, Vec::new()));
        }
        let options = self.options(facts)?;
        if !options.access.is_local() && !self.arguments.i_own_this && !self.is_own(&options.site) {
            return Err(Error::Stranger { host: options.site.host.to_string() });
        }
        let (wire, notices) = shipworthy_wire::look(&options)?;
        if let Some(path) = &self.arguments.save {
            std::fs::write(path, har::write(&wire))
                .map_err(|error| Error::Write { path: path.clone(), reason: error.kind().to_string() })?;
        }
        Ok((wire, notices))
    }

    /// The requests that would be sent.
    pub(crate) fn plan(&self) -> Result<String, Error> {
        Ok(shipworthy_wire::plan(&self.options(None)?).join("\n") + "\n")
    }

    fn options(&self, facts: Option<&Facts>) -> Result<Options, Error> {
        let arguments = self.arguments;
        let url = self.url.or(self.config.url.as_ref().map(|url| url.get_ref().as_str()));
        let url = url.ok_or_else(|| wrong("probe", "it takes the address of a site"))?;
        let mut site = address(url)?;
        if let Some(port) = arguments.http_port {
            site.http = Some(port);
        }
        let access = match &arguments.unix_socket {
            Some(path) => Access::Socket(path.clone()),
            None => Access::find(&site.host, self.resolved(&site.host)?)?,
        };
        if matches!(access, Access::Socket(_)) {
            // One socket speaks one protocol.
            if url.starts_with("http://") { site.https = None } else { site.http = None }
        }
        let mut options = Options::new(site, access);
        options.timeout = Duration::from_secs(arguments.timeout);
        options.headers = self.headers()?;
        options.roots = arguments.cacert.as_deref().map(read_bytes).transpose()?;
        if let Some(path) = &arguments.cert {
            let chain = read_bytes(path)?;
            let key = read_text(arguments.key.as_deref().unwrap_or(path))?;
            options.identity = Some((chain, Secret::new(key)));
        }
        let paths = [("--login-url", &arguments.login_url), ("--websocket-url", &arguments.websocket_url)];
        let media = arguments.media_url.iter().map(|path| ("--media-url", path));
        for (option, path) in paths.into_iter().flat_map(|(option, all)| all.iter().map(move |path| (option, path))).chain(media)
        {
            if !path.starts_with('/') {
                return Err(wrong(option, "a path on the site starts with a slash"));
            }
        }
        options.websockets.clone_from(&arguments.websocket_url);
        options.login.clone_from(&arguments.login_url);
        options.media.clone_from(&arguments.media_url);
        options.app_port = arguments.app_port;
        if let Some(facts) = facts {
            learn(&mut options, facts);
        }
        Ok(options)
    }

    /// The address that is given for a host.
    fn resolved(&self, host: &str) -> Result<Option<IpAddr>, Error> {
        for given in &self.arguments.resolve {
            let form = || wrong("--resolve", "it takes HOST:ADDRESS");
            let (name, address) = given.split_once(':').ok_or_else(form)?;
            let address = address.trim_start_matches('[').trim_end_matches(']').parse().map_err(|_| form())?;
            if name.eq_ignore_ascii_case(host) {
                return Ok(Some(address));
            }
        }
        Ok(None)
    }

    fn headers(&self) -> Result<Vec<(String, Secret)>, Error> {
        let mut headers = Vec::new();
        for header in &self.arguments.header {
            // What was typed is not repeated: it may be a credential.
            let (name, value) = header.split_once(':').ok_or_else(|| wrong("--header", "it takes NAME: VALUE"))?;
            if name.trim().eq_ignore_ascii_case("host") {
                return Err(wrong("--header", "the host is part of what is tried; use --resolve for another address"));
            }
            headers.push((name.trim().to_owned(), Secret::new(value.trim().to_owned())));
        }
        if let Some(pair) = &self.arguments.basic_auth {
            let value = Secret::new(format!("Basic {}", STANDARD.encode(pair)));
            headers.push(("Authorization".to_owned(), value));
        }
        Ok(headers)
    }

    /// Whether the project says that the site is its own.
    fn is_own(&self, site: &Site) -> bool {
        let configured = self.config.url.as_ref().and_then(|url| address(url.get_ref()).ok());
        configured.is_some_and(|own| own.host == site.host)
    }
}

/// What the settings tell about where to look.
fn learn(options: &mut Options, facts: &Facts) {
    let text = |name: &str| facts.setting(name).value.as_str().map(str::to_owned);
    options.static_url =
        text("STATIC_URL").map(|url| if url.contains("//") || url.starts_with('/') { url } else { format!("/{url}") });
    let login = text("LOGIN_URL").filter(|path| path.starts_with('/') && path != "/accounts/login/");
    options.login.extend(login);
    if !facts.settings.module.is_empty() {
        options.settings = Some(format!("{}.py", facts.settings.module.replace('.', "/")));
    }
}

fn wrong(option: &'static str, message: &str) -> Error {
    Error::Option { option, message: message.to_owned(), help: None }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::Read { path: path.to_owned(), reason: error.kind().to_string() })
}

fn read_text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::Read { path: path.to_owned(), reason: error.kind().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_site_is_the_projects_own() {
        let config: Config = toml::from_str("url = 'https://shop.example/'").unwrap();
        let arguments = LookArgs::default();
        let look = Look { url: None, arguments: &arguments, config: &config };
        let own = |url: &str| look.is_own(&address(url).unwrap());
        assert!(own("https://shop.example") && own("http://SHOP.example/x"));
        assert!(!own("https://example") && !own("https://www.shop.example"));
    }

    #[test]
    fn credentials_become_headers() {
        let config = Config::default();
        let arguments =
            LookArgs { basic_auth: Some("ann:pw".to_owned()), header: vec!["X-Gate: 1".to_owned()], ..LookArgs::default() };
        let headers = Look { url: None, arguments: &arguments, config: &config }.headers().unwrap();
        let shown: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(shown, [("X-Gate", "1"), ("Authorization", "Basic YW5uOnB3")]);
    }
}
