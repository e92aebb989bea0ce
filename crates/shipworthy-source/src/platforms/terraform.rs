//! Terraform: the variables that resources give what they run, as far as they are written out.

use shipworthy_model::picture::{Source, Text, Variable};
use shipworthy_model::{ArtifactId, Region, Stage, Why};

use super::Given;
use crate::references::is_name;

/// A token of HCL, with where it stands.
#[derive(Clone, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    /// A text without its quotes.
    Quoted(&'a str),
    Mark(char),
}

/// Keys of mappings that hold variables: of functions, of services, of Azure's applications.
const MAPPINGS: [&str; 7] = [
    "variables",
    "environment",
    "environment_variables",
    "app_settings",
    "env_vars",
    "runtime_environment_variables",
    "env_variables",
];

/// The variables that a file gives: pairs of `name` and `value`, and mappings under the keys that resources have for them.
pub(crate) fn terraform(text: &str, artifact: ArtifactId) -> Vec<Given> {
    let tokens = tokens(text);
    let mut variables = Vec::new();
    let mut spelled: Vec<Variable> = Vec::new();
    let mut first = None;
    for (index, (token, at)) in tokens.iter().enumerate() {
        let key = match token {
            Token::Word(word) | Token::Quoted(word) => *word,
            Token::Mark(_) => continue,
        };
        let Some(value) = value_of(&tokens, index) else { continue };
        let region = |at: usize, length: usize| Region::new(artifact, at as u32, (at + length) as u32);
        if key == "name"
            && let Token::Quoted(name) = tokens[value].0
            && is_name(name)
            && let Some(beside) = beside(&tokens, value + 1)
        {
            let (token, at) = &tokens[beside];
            let text = match token {
                Token::Quoted(text) if !text.contains("${") => Text::known(*text, region(*at, text.len())),
                Token::Word(text) if is_plain(text) => Text::known(*text, region(*at, text.len())),
                Token::Word(_) | Token::Quoted(_) | Token::Mark(_) => unknown(name, region(tokens[value].1, name.len())),
            };
            variables.push(Variable::new(name, text, Source::Definition));
        } else if MAPPINGS.contains(&key) && tokens[value].0 == Token::Mark('{') {
            mapping(&tokens, value, artifact, &mut variables);
        } else {
            if let Token::Quoted(text) = tokens[value].0
                && !text.contains("${")
                && (is_password(key) || key == "default" && declares(&tokens[..index]).is_some_and(is_password))
            {
                let name = if key == "default" { declares(&tokens[..index]).unwrap_or(key) } else { key };
                spelled.push(Variable::new(name, Text::known(text, region(tokens[value].1, text.len())), Source::Definition));
            }
            continue;
        }
        first.get_or_insert(*at);
    }
    let mut found = Vec::new();
    if let Some(at) = spelled.first().map(|it| it.value.at) {
        found.push(Given { by: "Terraform", stage: Stage::Neutral, variables: spelled, at, release: Vec::new(), hands: false });
    }
    let Some(first) = first.filter(|_| !variables.is_empty()) else { return found };
    let at = Region::new(artifact, first as u32, first as u32);
    found.push(Given { by: "Terraform", stage: Stage::Neutral, variables, at, release: Vec::new(), hands: true });
    found
}

/// Whether the key of a resource holds a password.
fn is_password(key: &str) -> bool {
    let words = ["password", "secret_key", "auth_token", "api_key", "secret_string"];
    words.iter().any(|word| key == *word || key.strip_suffix(word).is_some_and(|rest| rest.ends_with('_')))
}

/// The variable that a block declares in which the last token stands: `variable "name" {`.
fn declares<'a>(tokens: &[(Token<'a>, usize)]) -> Option<&'a str> {
    let open = tokens.iter().rposition(|(token, _)| *token == Token::Mark('{'))?;
    let closed = tokens[open..].iter().any(|(token, _)| *token == Token::Mark('}'));
    match (tokens.get(open.checked_sub(2)?)?.0.clone(), tokens.get(open - 1)?.0.clone()) {
        (Token::Word("variable"), Token::Quoted(name)) if !closed => Some(name),
        _ => None,
    }
}

fn unknown(name: &str, at: Region) -> Text {
    Text::unknown(format!("${{{name}}}"), Why::Variable(name.into()), at)
}

fn is_plain(word: &str) -> bool {
    matches!(word, "true" | "false") || word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The entries of a mapping: `NAME = "value"`, `NAME: "value"`.
fn mapping(tokens: &[(Token<'_>, usize)], open: usize, artifact: ArtifactId, variables: &mut Vec<Variable>) {
    let mut depth = 0_usize;
    let mut index = open;
    while let Some((token, at)) = tokens.get(index) {
        match token {
            Token::Mark('{' | '[' | '(') => depth += 1,
            Token::Mark('}' | ']' | ')') => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
            Token::Word(name) | Token::Quoted(name) if depth == 1 && is_name(name) => {
                if let Some(value) = value_of(tokens, index) {
                    let region = |at: usize, length: usize| Region::new(artifact, at as u32, (at + length) as u32);
                    let text = match &tokens[value] {
                        (Token::Quoted(text), at) if !text.contains("${") => Text::known(*text, region(*at, text.len())),
                        (Token::Word(text), at) if is_plain(text) => Text::known(*text, region(*at, text.len())),
                        (Token::Mark('{'), _) => {
                            index = value;
                            continue;
                        }
                        (Token::Word(_) | Token::Quoted(_) | Token::Mark(_), _) => unknown(name, region(*at, name.len())),
                    };
                    // A name in capitals is one of a variable; others are settings of the resource.
                    if name.chars().all(|it| !it.is_ascii_lowercase()) {
                        variables.push(Variable::new(*name, text, Source::Definition));
                    }
                    index = value;
                }
            }
            Token::Word(_) | Token::Quoted(_) | Token::Mark(_) => {}
        }
        index += 1;
    }
}

/// The index of what a key is set to: behind `=` or `:`, or the brace of a block.
fn value_of(tokens: &[(Token<'_>, usize)], key: usize) -> Option<usize> {
    match tokens.get(key + 1)?.0 {
        Token::Mark('=' | ':') => {
            let value = key + 2;
            // `merge(local.shared, { … })`: the mapping is what is written out.
            tokens.get(value).map(|_| value)
        }
        Token::Mark('{') => Some(key + 1),
        Token::Word(_) | Token::Quoted(_) | Token::Mark(_) => None,
    }
}

/// The index of the `value` beside a `name`.
fn beside(tokens: &[(Token<'_>, usize)], from: usize) -> Option<usize> {
    let mut index = from;
    while matches!(tokens.get(index)?.0, Token::Mark(',')) {
        index += 1;
    }
    match tokens.get(index)?.0 {
        Token::Word("value") | Token::Quoted("value") => {
            value_of(tokens, index).filter(|value| tokens[*value].0 != Token::Mark('{'))
        }
        Token::Word(_) | Token::Quoted(_) | Token::Mark(_) => None,
    }
}

fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    const MOST: usize = 100_000;
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(first) = text[position..].chars().next().filter(|_| found.len() < MOST) {
        let rest = &text[position..];
        if first == '#' || rest.starts_with("//") {
            position += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            position += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if first == '"' {
            let length = closing(&rest[1..]);
            found.push((Token::Quoted(&rest[1..=length]), position + 1));
            position += (length + 2).min(rest.len());
        } else if first.is_alphanumeric() || matches!(first, '_' | '-' | '.') {
            let length = rest.find(|it: char| !(it.is_alphanumeric() || matches!(it, '_' | '-' | '.'))).unwrap_or(rest.len());
            found.push((Token::Word(&rest[..length]), position));
            position += length;
        } else {
            if !first.is_whitespace() {
                found.push((Token::Mark(first), position));
            }
            position += first.len_utf8();
        }
    }
    found
}

/// Where the quote that closes a text stands; expressions in it have quotes of their own.
fn closing(text: &str) -> usize {
    let (mut depth, mut escaped) = (0_usize, false);
    let mut last = ' ';
    for (index, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' if last == '$' || depth > 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '"' | '\n' if depth == 0 => return index,
            _ => {}
        }
        last = letter;
    }
    text.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_out_is_known() {
        let text = r#"
# environment = [{ name = "Z", value = "1" }]
resource "aws_ecs_task_definition" "shop" {
  container_definitions = jsonencode([{
    name  = "web"
    image = "shop:${var.tag}"
    environment = [
      { name = "A", value = "1" },
      { "name" : "B", "value" : "${var.b}" },
      { name = "C", value = var.c },
    ]
  }])
}
resource "google_cloud_run_v2_service" "shop" {
  template { containers { env {
    name  = "D"
    value = "true"
  } } }
}
resource "aws_db_instance" "shop" {
  username = "shop"
  password = "abc"
}
variable "key_password" {
  type    = string
  default = "def"
}
variable "region" { default = "eu" }
resource "aws_lambda_function" "shop" {
  environment { variables = { E = "x", F = aws_db.host } }
  tags = { Name = "n" }
}
resource "azurerm_linux_web_app" "shop" {
  app_settings = {
    "G" = "y"
    H   = 1
  }
}
"#;
        let given = terraform(text, ArtifactId(0));
        let (spelled, given) = given.split_first().unwrap();
        let names: Vec<&str> = spelled.variables.iter().map(|it| &*it.name).collect();
        assert_eq!((names, spelled.hands), (vec!["password", "key_password"], false));
        let shown: Vec<String> =
            given[0].variables.iter().map(|it| format!("{}={}", it.name, it.value.expose().unwrap_or("?"))).collect();
        assert_eq!(shown, ["A=1", "B=?", "C=?", "D=true", "E=x", "F=?", "G=y", "H=1"]);
        let place = given[0].variables[0].value.at;
        assert_eq!(&text[place.start as usize..place.end as usize], "1");
    }
}
