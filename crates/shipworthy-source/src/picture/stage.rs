//! Stages that the contents of a file tell of, where its path says nothing: what only developers start and build.

use shipworthy_model::Stage;

/// Whether a Procfile is for a developer's own machine, to be started by foreman or honcho: it starts containers, watches
/// files, or serves by `runserver` on a port of its own choosing, which no platform would find.
pub(super) fn is_developers_procfile(text: &str) -> bool {
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
    // What runs on each release is for a platform, which alone makes releases.
    let released = lines().any(|line| line.split_once(':').is_some_and(|(name, _)| name.trim() == "release"));
    !released
        && lines().filter_map(|line| line.split_once(':')).any(|(name, command)| {
            let command = command.trim_start();
            let containers = ["docker ", "docker-compose ", "podman "].iter().any(|start| command.starts_with(start));
            let word = |word: &str| matches!(word, "watch" | "watcher" | "livereload" | "vite" | "ngrok" | "mailpit" | "mailhog");
            let watches = name.split(['-', '_']).any(word) || command.split(|it: char| !it.is_ascii_alphanumeric()).any(word);
            let served = name.trim() == "web" && command.contains("runserver") && !command.contains("PORT");
            containers || watches || served
        })
}

/// Whether a compose file is a developer's: it says so in its own name, or builds stages for development and no others.
pub(super) fn builds_for_development(text: &str) -> bool {
    let value = |line: &str, key: &str| Some(line.trim().strip_prefix(key)?.trim().trim_matches(['"', '\'']).to_owned());
    let named = text.lines().filter(|line| !line.starts_with(' ')).find_map(|line| value(line, "name:"));
    let is_stage =
        |target: &String| !target.is_empty() && !target.contains(['/', '$']) && !target.bytes().all(|it| it.is_ascii_digit());
    let stages: Vec<String> = text.lines().filter_map(|line| value(line, "target:")).filter(is_stage).collect();
    let developed = |name: &String| Stage::of(name) == Stage::Development;
    // What Compose does while somebody changes the code (docs.docker.com/reference/compose-file/develop).
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let mut watched = false;
    while let Some(line) = lines.next() {
        watched |= line.trim() == "develop:" && lines.peek().is_some_and(|next| next.trim() == "watch:");
    }
    watched || named.as_ref().is_some_and(developed) || !stages.is_empty() && stages.iter().all(developed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn developers_start_what_platforms_do_not() {
        for text in [
            "db: docker-compose --profile db up db\nweb: gunicorn shop.wsgi\n",
            "web: ./manage.py runserver\ntailwind: npm start\n",
            "web: make run\nscss: make watch-scss\n",
            "web: DATABASE_URL=x python manage.py runserver 8000\n",
        ] {
            assert!(is_developers_procfile(text), "{text}");
        }
        for text in [
            "release: ./manage.py migrate\nweb: ./manage.py runserver 0.0.0.0:8000\n",
            "web: python manage.py runserver 0.0.0.0:$PORT\n",
            "web: gunicorn shop.wsgi\n# db: docker run x\n",
        ] {
            assert!(!is_developers_procfile(text), "{text}");
        }
    }

    #[test]
    fn developers_build_stages_of_their_own() {
        assert!(builds_for_development("services:\n  web:\n    develop:\n      watch:\n      - path: x\n"));
        assert!(builds_for_development("name: shop-dev\nservices: {}\n"));
        assert!(builds_for_development("services:\n  web:\n    build:\n      target: development\n"));
        for text in [
            "services:\n  web:\n    build:\n      target: release\n  test:\n    build:\n      target: test\n",
            "services:\n  web:\n    name: dev\n    ports:\n    - target: 8000\n    volumes:\n    - target: /dev/shm\n",
            "name: shop\nservices: {}\n",
        ] {
            assert!(!builds_for_development(text), "{text}");
        }
    }
}
