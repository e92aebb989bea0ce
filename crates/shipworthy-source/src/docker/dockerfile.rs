//! Dockerfiles: stages with their variables, users, commands and copies. Lines that are no instruction are said and skipped.

use std::sync::Arc;

use shipworthy_model::picture::{Command, Copied, Image, ImageStage, Inlay, Probe, ProbeKind, Source, Text, Variable};
use shipworthy_model::{ArtifactId, Notice, Region};

use super::json;
use crate::piece::Piece;
use crate::shell::{Dialect, Shell};

/// An instruction with its arguments as written, continued lines and all.
#[derive(Debug)]
struct Instruction {
    keyword: Piece,
    arguments: Piece,
    /// The documents behind it: `<<EOF`.
    documents: Vec<Piece>,
}

const MOST: usize = 5000;

/// Reads a Dockerfile. `given` are arguments of the build, which go before the defaults of `ARG`.
pub(crate) fn read(path: &str, text: &str, artifact: ArtifactId, given: &[Variable]) -> (Image, Vec<Notice>) {
    let file = Piece::file(text, artifact);
    let escape = escape(text);
    let (instructions, mut notices) = instructions(&file, escape);
    let mut builder = Builder { stages: Vec::new(), globals: Vec::new(), given, dialect: Dialect::Dockerfile(escape) };
    for instruction in instructions {
        if let Err(message) = builder.instruction(&instruction) {
            notices.push(Notice::at(instruction.keyword.at, message));
        }
    }
    if builder.stages.is_empty() && notices.is_empty() {
        notices.push(Notice::at(Region::whole(artifact), "this Dockerfile has no FROM"));
    }
    (Image { path: path.into(), artifact, stages: builder.stages, ignore: None }, notices)
}

/// The escape character that a directive at the top names.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some(comment) = line.trim().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

fn instructions(file: &Piece, escape: char) -> (Vec<Instruction>, Vec<Notice>) {
    let text = &file.text;
    let mut found = Vec::new();
    let mut notices = Vec::new();
    let mut position = 0;
    while position < text.len() && found.len() < MOST {
        let start = position;
        let end = line_end(text, start);
        position = end + 1;
        let line = &text[start..end];
        let trimmed = line.trim();
        // Templates of Jinja and cookiecutter leave lines of their own.
        if trimmed.is_empty() || trimmed.starts_with('#') || trimmed.starts_with("{%") || trimmed.starts_with("{#") {
            continue;
        }
        let mut last = end;
        while continues(&text[start..last], escape) && position <= text.len() {
            // Comments and empty lines between continued ones do not end them.
            let mut next = position;
            while next < text.len() {
                let line = text[next..line_end(text, next)].trim();
                if !(line.is_empty() || line.starts_with('#')) {
                    break;
                }
                next = line_end(text, next) + 1;
            }
            if next >= text.len() {
                break;
            }
            last = line_end(text, next);
            position = last + 1;
        }
        let offset = start + (line.len() - line.trim_start().len());
        let length = text[offset..last].find(|character: char| character.is_whitespace()).unwrap_or(last - offset);
        let keyword = file.slice(offset..offset + length);
        let mut arguments = file.slice(offset + length..last).trim();
        if arguments.text.starts_with(escape)
            && arguments.text[escape.len_utf8()..].trim_start_matches([' ', '\r']).starts_with('\n')
        {
            arguments = arguments.slice(escape.len_utf8()..arguments.text.len()).trim();
        }
        let mut documents = Vec::new();
        if matches!(keyword.text.to_ascii_uppercase().as_str(), "RUN" | "COPY" | "ADD") {
            for (delimiter, tabs) in delimiters(&arguments.text) {
                let body = position.min(text.len());
                let mut closed = None;
                while position < text.len() {
                    let end = line_end(text, position);
                    let line = text[position..end].trim_end_matches('\r');
                    let own = if tabs { line.trim_start_matches('\t') } else { line };
                    let here = position;
                    position = end + 1;
                    if own == delimiter {
                        closed = Some(here);
                        break;
                    }
                }
                documents.push(file.slice(body..closed.unwrap_or(text.len()).max(body)));
            }
        }
        if keyword.text.bytes().all(|byte| byte.is_ascii_alphabetic()) && !keyword.text.is_empty() {
            found.push(Instruction { keyword, arguments, documents });
        } else {
            notices.push(Notice::at(keyword.at, "this line of the Dockerfile is no instruction"));
        }
    }
    (found, notices)
}

fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at)
}

fn continues(line: &str, escape: char) -> bool {
    line.trim_end_matches([' ', '\t', '\r']).ends_with(escape)
}

/// The delimiters of the documents that an instruction asks for, and whether tabs before them count.
fn delimiters(arguments: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut rest = arguments;
    while let Some(start) = rest.find("<<") {
        let before = rest[..start].chars().next_back();
        let behind = &rest[start + 2..];
        rest = behind;
        // `<<<` is no document, and neither is a shift inside `$(( ))`.
        if behind.starts_with('<') || before == Some('<') || before.is_some_and(|before| before.is_ascii_alphanumeric()) {
            continue;
        }
        let tabs = behind.starts_with('-');
        let name = behind.trim_start_matches('-').trim_start_matches(['"', '\'']);
        let length = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        if length > 0 && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            found.push((name[..length].to_owned(), tabs));
        }
    }
    found
}

struct Builder<'a> {
    stages: Vec<ImageStage>,
    globals: Vec<Variable>,
    /// What whoever builds gives for arguments.
    given: &'a [Variable],
    dialect: Dialect,
}

impl Builder<'_> {
    /// A shell that knows the variables at this point.
    fn shell(&self) -> Shell {
        let mut variables = Vec::new();
        if let Some(stage) = self.stages.last() {
            let mut line = vec![stage];
            while let Some(parent) = line.last().and_then(|stage| stage.parent).and_then(|index| self.stages.get(index)) {
                if line.len() > self.stages.len() {
                    break;
                }
                line.push(parent);
            }
            Variable::overlay(&mut variables, stage.arguments.iter().cloned());
            for stage in line.into_iter().rev() {
                Variable::overlay(&mut variables, stage.variables.iter().cloned());
            }
        } else {
            variables.clone_from(&self.globals);
        }
        Shell::new(variables.into(), None)
    }

    fn instruction(&mut self, instruction: &Instruction) -> Result<(), String> {
        let Instruction { keyword, arguments, documents } = instruction;
        let name = keyword.text.to_ascii_uppercase();
        let at = Region::new(keyword.at.artifact, keyword.at.start, arguments.at.end.max(keyword.at.end));
        if name == "FROM" {
            return self.from(arguments, at);
        }
        let shell = self.shell();
        let words = || shell.texts(arguments, self.dialect);
        if name == "ARG" {
            let globals = self.globals.clone();
            for (name, value, at) in shell.pairs(arguments, self.dialect) {
                let given = self.given.iter().find(|variable| *variable.name == *name).map(|variable| variable.value.clone());
                let value = given.or(value).or_else(|| {
                    // A stage takes over what stands before the first FROM by naming it.
                    let known = globals.iter().find(|variable| *variable.name == *name)?;
                    Some(known.value.clone())
                });
                let value = value.unwrap_or_else(|| {
                    Text::unknown(format!("${{{name}}}"), shipworthy_model::Why::Variable(name.as_str().into()), at)
                });
                let variable = Variable::new(name, value, Source::Image);
                let list = self.stages.last_mut().map_or(&mut self.globals, |stage| &mut stage.arguments);
                Variable::overlay(list, [variable]);
            }
            return Ok(());
        }
        let known = [
            "RUN",
            "CMD",
            "LABEL",
            "MAINTAINER",
            "EXPOSE",
            "ENV",
            "ADD",
            "COPY",
            "ENTRYPOINT",
            "VOLUME",
            "USER",
            "WORKDIR",
            "ONBUILD",
            "STOPSIGNAL",
            "HEALTHCHECK",
            "SHELL",
            "INCLUDE",
        ];
        if !known.contains(&name.as_str()) {
            return Err("this line of the Dockerfile is no instruction".to_owned());
        }
        let dialect = self.dialect;
        let Some(stage) = self.stages.last_mut() else {
            return Err(format!("{name} stands before the first FROM"));
        };
        match name.as_str() {
            "ENV" => {
                let first = arguments.text.split_whitespace().next().unwrap_or_default();
                if first.contains('=') {
                    for (name, value, _) in shell.pairs(arguments, dialect) {
                        if let Some(value) = value {
                            Variable::overlay(&mut stage.variables, [Variable::new(name, value, Source::Image)]);
                        }
                    }
                } else if let Some(space) = arguments.text.find(char::is_whitespace) {
                    // `ENV NAME the rest of the line`
                    let value = arguments.slice(space..arguments.text.len()).trim();
                    let texts = shell.texts(&value, dialect);
                    let value = match texts.as_slice() {
                        [one] => one.clone(),
                        _ => crate::references::expand(&value.text, value.at, crate::references::Dialect::Dockerfile, &|name| {
                            match shell.variables.iter().find(|variable| &*variable.name == name) {
                                Some(variable) => crate::references::Look::Set(variable.value.clone()),
                                None => crate::references::Look::Unset,
                            }
                        }),
                    };
                    Variable::overlay(&mut stage.variables, [Variable::new(first, value, Source::Image)]);
                } else {
                    return Err("ENV has no value".to_owned());
                }
            }
            "USER" => stage.user = words().into_iter().next(),
            "WORKDIR" => {
                let folder = words().into_iter().next();
                stage.folder = match (folder, stage.folder.take()) {
                    (Some(folder), Some(before)) if !folder.shown().starts_with('/') => {
                        match (folder.as_str(), before.as_str()) {
                            (Some(own), Some(before)) => {
                                Some(Text::known(format!("{}/{own}", before.trim_end_matches('/')), folder.at))
                            }
                            _ => Some(folder),
                        }
                    }
                    (folder, before) => folder.or(before),
                };
            }
            "STOPSIGNAL" => stage.stop_signal = words().into_iter().next(),
            "CMD" => stage.command = Some(command(arguments, at)),
            "ENTRYPOINT" => {
                // What is inherited as CMD does not survive; a CMD of this stage does.
                stage.entrypoint = Some(command(arguments, at));
            }
            "EXPOSE" => stage.exposes.extend(words()),
            "VOLUME" => match json::strings(arguments) {
                Some(list) => stage.volumes.extend(list.iter().map(Piece::known)),
                None => stage.volumes.extend(words()),
            },
            "RUN" => {
                let mut body = command(&without_flags(arguments), at);
                if let Some(document) = documents.first().filter(|_| arguments.text.trim_start().starts_with("<<")) {
                    body = Command { words: vec![document.known()], shell: true, at };
                }
                if let Some(path) = written(&arguments.text) {
                    stage.inlays.extend(inlays(arguments, documents, &path));
                }
                stage.runs.push(body);
            }
            "COPY" | "ADD" => {
                let flags: Vec<Text> = words().into_iter().take_while(|word| word.shown().starts_with("--")).collect();
                let from =
                    flags.iter().find(|flag| flag.shown().starts_with("--from=")).map(|flag| crate::servers::tail(flag, 7));
                let rest = without_flags(arguments);
                let mut list = match json::strings(&rest) {
                    Some(list) => list.iter().map(Piece::known).collect(),
                    None => shell.texts(&rest, dialect),
                };
                list.retain(|word| !word.shown().starts_with("<<"));
                if let Some(target) = list.pop() {
                    if list.is_empty() && target.as_str().is_some_and(|path| path.starts_with('/')) {
                        stage.inlays.extend(inlays(arguments, documents, target.shown()));
                    }
                    stage.copies.push(Copied { from, sources: list, target, at });
                }
            }
            "HEALTHCHECK" => {
                let rest = without_flags(arguments);
                let kind = match rest.split_once(' ') {
                    Some((word, tail)) if word.text.eq_ignore_ascii_case("CMD") => {
                        ProbeKind::Command(command(&tail.trim(), at).words)
                    }
                    Some(_) | None if rest.text.eq_ignore_ascii_case("NONE") => ProbeKind::Disabled,
                    Some(_) | None => ProbeKind::Command(vec![rest.known()]),
                };
                stage.health = Some(Probe { name: "HEALTHCHECK".into(), kind, at });
            }
            _ => {}
        }
        Ok(())
    }

    fn from(&mut self, arguments: &Piece, at: Region) -> Result<(), String> {
        let shell = Shell::new(self.globals.clone().into(), None);
        let words: Vec<Text> =
            shell.texts(arguments, self.dialect).into_iter().skip_while(|word| word.shown().starts_with("--")).collect();
        let Some(base) = words.first().cloned() else { return Err("FROM names no image".to_owned()) };
        let name: Option<Arc<str>> =
            words.get(1).filter(|word| word.shown().eq_ignore_ascii_case("as")).and(words.get(2)).map(|name| name.shown().into());
        let parent = base.as_str().and_then(|base| {
            self.stages.iter().rposition(|stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(base)))
        });
        self.stages.push(ImageStage {
            name,
            base,
            parent,
            at,
            user: None,
            folder: None,
            variables: Vec::new(),
            arguments: Vec::new(),
            entrypoint: None,
            command: None,
            exposes: Vec::new(),
            health: None,
            copies: Vec::new(),
            inlays: Vec::new(),
            runs: Vec::new(),
            volumes: Vec::new(),
            stop_signal: None,
        });
        Ok(())
    }
}

/// The document of an instruction as a file of the image. Unless its delimiter is quoted, a backslash stands before a dollar that is no variable.
fn inlays(arguments: &Piece, documents: &[Piece], path: &str) -> Option<Inlay> {
    let [document] = documents else { return None };
    let quoted = arguments.text.contains(['"', '\'']);
    let text = document.laid(|line| if quoted { line.to_owned() } else { line.replace("\\$", "$") })?;
    Some(Inlay { path: path.into(), text, at: document.at })
}

/// The file into which a command writes its document: `cat > /etc/x.conf <<EOF`, `tee /etc/x.conf <<EOF`.
fn written(command: &str) -> Option<String> {
    let line = command.lines().find(|line| line.contains("<<"))?;
    let line = line.split("&&").find(|part| part.contains("<<")).unwrap_or(line);
    let word = |rest: &str| rest.trim_start().split(|c: char| c.is_whitespace() || c == ';').next().map(str::to_owned);
    let target = match line.split_once('>').filter(|(before, _)| !before.contains("tee ")) {
        Some((_, rest)) => word(rest.trim_start_matches(['>', '|'])),
        None => line.split_once("tee ").and_then(|(_, rest)| word(rest.trim_start().trim_start_matches("-a "))),
    };
    target.map(|path| path.trim_matches(['"', '\'']).to_owned()).filter(|path| path.starts_with('/'))
}

/// A command in exec or shell form.
fn command(arguments: &Piece, at: Region) -> Command {
    match json::strings(arguments) {
        Some(list) => Command { words: list.iter().map(Piece::known).collect(), shell: false, at },
        None => Command { words: vec![arguments.known()], shell: true, at },
    }
}

/// The arguments behind `--mount=…` and other flags.
fn without_flags(arguments: &Piece) -> Piece {
    let mut rest = arguments.clone();
    loop {
        let text = &rest.text;
        if text.starts_with("--") {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            rest = rest.slice(end..text.len()).trim();
        } else if text.starts_with(['\\', '`']) && text[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n') {
            rest = rest.slice(1..text.len()).trim();
        } else {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Image {
        let (image, notices) = read("Dockerfile", text, ArtifactId(0), &[]);
        assert!(notices.is_empty(), "{notices:?}");
        image
    }

    #[test]
    fn stages_variables_and_users() {
        let image = image(
            "# syntax=docker/dockerfile:1\nARG V=3.13\nFROM python:${V}-slim AS base\nENV A=1 \\\n    # why\n    B=\"two $A\"\nENV D=$A\nENV C the rest\nWORKDIR /app\nUSER app\nFROM base AS dev\nUSER root\nCMD [\"python\", \"manage.py\", \"runserver\"]\nFROM base\nWORKDIR src\nCOPY --from=dev --chown=a:b /x /y\nCMD gunicorn -b 0.0.0.0:$PORT shop.wsgi\n",
        );
        let last = image.stage(None).unwrap();
        assert!(image.stages[0].base.is("python:3.13-slim"));
        assert!(image.user(last).unwrap().is("app"));
        let variables = image.variables(last);
        let shown: Vec<String> = variables.iter().map(|it| format!("{}={}", it.name, it.value.shown())).collect();
        assert_eq!(shown, ["A=1", "B=two $A", "D=1", "C=the rest"]);
        assert!(image.entry(last).1.unwrap().shell);
        assert!(image.user(image.stage(Some("dev")).unwrap()).unwrap().is("root"));
        assert_eq!(last.copies[0].from.as_ref().and_then(Text::as_str), Some("dev"));
    }

    #[test]
    fn documents_and_health() {
        let image = image(
            "FROM x\nRUN <<EOF\napt update\nFROM nothing\nEOF\nCOPY <<-'A' <<B /x/\n\ta\n\tA\nb\nB\nHEALTHCHECK --interval=5s CMD curl -f http://localhost/\nENTRYPOINT [\"/start\"]\nCMD [\"web\"]\nVOLUME [\"/data\", \"/x\"]\nEXPOSE 80 443/tcp\n",
        );
        let stage = &image.stages[0];
        assert_eq!(image.stages.len(), 1);
        assert_eq!(stage.runs[0].words[0].shown(), "apt update\nFROM nothing\n");
        assert!(matches!(&stage.health.as_ref().unwrap().kind, ProbeKind::Command(words) if words.len() == 1));
        assert_eq!((stage.volumes.len(), stage.exposes.len()), (2, 2));
        assert_eq!(image.entry(stage).0.unwrap().words[0].as_str(), Some("/start"));
    }

    #[test]
    fn what_is_no_instruction_is_said() {
        let (image, notices) = read("Dockerfile", "{{ x }}\nFROM a\nNOPE b\nUSER c\n", ArtifactId(0), &[]);
        assert_eq!(notices.len(), 2);
        assert!(image.stages[0].user.is_some());
    }
}
