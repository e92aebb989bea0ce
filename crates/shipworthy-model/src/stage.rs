//! Which stage a path or a module is for, by the words in its name: production, development, or neither.

/// What the words of a name say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Says production.
    Production,
    /// Says nothing.
    Neutral,
    /// Says something deployed that is not production: staging, review, sandbox.
    Staging,
    /// Says that others build on it: base, common, defaults.
    Base,
    /// Says development, tests, examples or documentation.
    Development,
}

impl Stage {
    /// What a path or dotted module name says. Where words contradict, the last one in the name decides, but a test is
    /// always a test.
    pub fn of(name: &str) -> Self {
        let words = name.split(|character: char| !character.is_ascii_alphanumeric());
        if Self::is_test(name) {
            return Self::Development;
        }
        words.filter_map(Self::of_word).next_back().unwrap_or(Self::Neutral)
    }

    /// What a dotted module name says: its last part first, then the packages around it, where words for shared code say
    /// nothing (`core.settings`).
    pub fn of_module(module: &str) -> Self {
        let (packages, last) = module.rsplit_once('.').unwrap_or(("", module));
        match (Self::of(last), Self::of(packages)) {
            (_, Self::Development) if Self::is_test(packages) => Self::Development,
            (Self::Neutral, Self::Base) => Self::Neutral,
            (Self::Neutral, packages) => packages,
            (last, _) => last,
        }
    }

    /// What the name of a class says: `ProdConfiguration`.
    pub fn of_class(name: &str) -> Self {
        let mut words = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() {
                words.push(' ');
            }
            words.push(letter);
        }
        Self::of(&words)
    }

    /// Whether a name says test. A test is never production, whatever else its name says.
    pub fn is_test(name: &str) -> bool {
        let mut words = name.split(|character: char| !character.is_ascii_alphanumeric());
        words.any(|word| is_one_of(word, &["test", "tests", "testing", "conftest", "pytest", "e2e"]))
    }

    fn of_word(word: &str) -> Option<Self> {
        const PRODUCTION: &[&str] = &["prod", "production", "prd", "live", "deploy", "deployment", "release"];
        const STAGING: &[&str] =
            &["stage", "staging", "stg", "qa", "uat", "preview", "review", "sandbox", "preprod", "preproduction"];
        const BASE: &[&str] = &["base", "common", "default", "defaults", "core", "shared", "global", "components", "generic"];
        #[rustfmt::skip]
        const DEVELOPMENT: &[&str] = &[
            "local", "localdev", "dev", "devel", "develop", "developer", "development", "ci", "example", "examples", "sample", "samples",
            "demo", "demos", "doc", "docs", "devcontainer", "vagrant", "debug", "travis", "circleci", "github", "gitlab",
            "fixtures", "testapp", "testproject", "devproject", "playground", "tutorial", "tutorials", "override", "benchmark", "benchmarks",
            "cookiecutter", "runserver", "localvm",
        ];
        [(Self::Production, PRODUCTION), (Self::Staging, STAGING), (Self::Base, BASE), (Self::Development, DEVELOPMENT)]
            .into_iter()
            .find_map(|(stage, words)| is_one_of(word, words).then_some(stage))
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide() {
        for (name, stage) in [
            ("config.settings.production", Stage::Production),
            ("docker/prod/Dockerfile", Stage::Production),
            ("Dockerfile", Stage::Neutral),
            ("docker-compose.override.yml", Stage::Development),
            (".env.example", Stage::Development),
            (".devcontainer/Dockerfile", Stage::Development),
            ("mysite.settings", Stage::Neutral),
            ("local_settings", Stage::Development),
            ("config.settings.base", Stage::Base),
            ("compose/production/test.yml", Stage::Development),
            ("settings.staging", Stage::Staging),
            (".env.production.example", Stage::Development),
            ("productivity.settings", Stage::Neutral),
        ] {
            assert_eq!(Stage::of(name), stage, "{name}");
        }
    }

    #[test]
    fn the_last_part_of_a_module_decides() {
        for (name, stage) in [
            ("core.settings", Stage::Neutral),
            ("config.settings.base", Stage::Base),
            ("tests.projects.production", Stage::Development),
            ("demo.settings.production", Stage::Production),
            ("deploy.production.dev", Stage::Development),
            ("demo.settings", Stage::Development),
        ] {
            assert_eq!(Stage::of_module(name), stage, "{name}");
        }
    }
}
