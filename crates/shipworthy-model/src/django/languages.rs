//! The languages Django is translated into: the default of LANGUAGES, and the catalogues that ship with Django.

use super::Version;

/// The codes of the default LANGUAGES of every known version.
const LANGUAGES: [&str; 98] = [
    "af", "ar", "ar-dz", "ast", "az", "bg", "be", "bn", "br", "bs", "ca", "ckb", "cs", "cy", "da", "de", "dsb", "el", "en",
    "en-au", "en-gb", "eo", "es", "es-ar", "es-co", "es-mx", "es-ni", "es-ve", "et", "eu", "fa", "fi", "fr", "fy", "ga", "gd",
    "gl", "he", "hi", "hr", "hsb", "hu", "hy", "ia", "id", "ig", "io", "is", "it", "ja", "ka", "kab", "kk", "km", "kn", "ko",
    "ky", "lb", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "nn", "os", "pa", "pl", "pt", "pt-br", "ro",
    "ru", "sk", "sl", "sq", "sr", "sr-latn", "sv", "sw", "ta", "te", "tg", "th", "tk", "tr", "tt", "udm", "uk", "ur", "uz", "vi",
    "zh-hans", "zh-hant",
];

/// Codes that came later, with the feature release that brought them.
const LATER: [(&str, (u16, u16)); 2] = [("ug", (5, 0)), ("ht", (6, 0))];

/// Languages that are offered although no catalogue of their own ships with Django.
const WITHOUT_CATALOGUE: [&str; 1] = ["ht"];

/// Names that Python's `locale` module takes for one of the above, and that `gettext` therefore finds.
const ALIASES: [&str; 59] = [
    "american",
    "arabic",
    "bokmal",
    "catalan",
    "cextend",
    "croatian",
    "cz",
    "cz-cz",
    "czech",
    "danish",
    "dansk",
    "deutsch",
    "dutch",
    "eesti",
    "eng-gb",
    "english",
    "english-uk",
    "english-us",
    "english-united-states",
    "estonian",
    "finnish",
    "fre-fr",
    "french",
    "french-france",
    "galego",
    "galician",
    "ger-de",
    "german",
    "german-germany",
    "greek",
    "hebrew",
    "hrvatski",
    "in",
    "in-id",
    "italian",
    "iw",
    "iw-il",
    "japan",
    "japanese",
    "jp-jp",
    "korean",
    "nynorsk",
    "polish",
    "romanian",
    "rumanian",
    "russian",
    "sh",
    "sh-sp",
    "sh-yu",
    "slovak",
    "slovene",
    "sp",
    "sp-yu",
    "spanish",
    "spanish-spain",
    "swedish",
    "thai",
    "turkish",
    "univ",
];

/// Languages that stand in for others in ways their codes do not tell.
const FALLBACKS: [(&str, &str); 6] = [
    ("zh-cn", "zh-hans"),
    ("zh-hk", "zh-hant"),
    ("zh-mo", "zh-hant"),
    ("zh-my", "zh-hans"),
    ("zh-sg", "zh-hans"),
    ("zh-tw", "zh-hant"),
];

/// The codes of the version's default LANGUAGES, in no particular order.
pub fn languages(version: Version) -> impl Iterator<Item = &'static str> {
    let later = LATER.iter().filter(move |(_, since)| version.feature() >= *since).map(|(code, _)| *code);
    LANGUAGES.iter().copied().chain(later)
}

/// The language Django tries besides the more general forms of a code.
pub fn language_fallback(code: &str) -> Option<&'static str> {
    FALLBACKS.iter().find(|(from, _)| *from == code).map(|(_, to)| *to)
}

/// Whether Django of this version ships a translation that `gettext` finds for a language code.
pub fn has_catalogue(version: Version, code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    let language = code.split(['-', '@']).next().unwrap_or_default();
    let ships = |wanted: &str| languages(version).any(|known| known == wanted && !WITHOUT_CATALOGUE.contains(&wanted));
    ships(&code) || ships(language) || ALIASES.contains(&code.as_str()) || ALIASES.contains(&language)
}

/// Whether the tz database knows a time zone of this name, compared as a Linux file system does.
pub fn is_time_zone(name: &str) -> bool {
    let plain = name.strip_prefix("posix/").or_else(|| name.strip_prefix("right/")).unwrap_or(name);
    let known = include_str!("time_zones.txt");
    let bytes = known.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    let alone = |at: usize| ends(bytes[..at].last()) && ends(bytes.get(at + plain.len()));
    !plain.is_empty() && !plain.contains(char::is_whitespace) && known.match_indices(plain).any(|(at, _)| alone(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_grow_with_the_versions() {
        assert_eq!(languages(Version::new(4, 2)).count(), 98);
        assert_eq!(languages(Version::new(5, 2)).count(), 99);
        assert_eq!(languages(Version::new(6, 1)).count(), 100);
    }

    #[test]
    fn catalogues_are_found_by_language_and_territory() {
        for code in ["de-at", "es-ni", "iw", "EN-us", "zh-hant", "sr-latn"] {
            assert!(has_catalogue(Version::LATEST, code), "{code}");
        }
        for code in ["ht", "xx", "zh", "zh-cn", ""] {
            assert!(!has_catalogue(Version::LATEST, code), "{code}");
        }
        assert!(!has_catalogue(Version::new(4, 2), "ug"));
    }

    #[test]
    fn time_zones_are_known_by_their_exact_names() {
        assert!(is_time_zone("UTC") && is_time_zone("Europe/Berlin") && is_time_zone("America/Argentina/Ushuaia"));
        assert!(!is_time_zone("europe/berlin") && !is_time_zone("Berlin") && !is_time_zone("Etc/GMT+99"));
    }
}
