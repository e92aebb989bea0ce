//! Guides: the page of a rule, which is its documentation, its fixture and its test at once.
//!
//! A guide opens with a lead sentence and goes on under fixed headings. A fenced block that names a file in its info string
//! is part of a case: text that the rule is run on, with the verdict that the heading above it announces.

use std::fmt::Write as _;

use shipworthy_model::Kind;

/// A parsed guide. It borrows the text.
#[derive(Debug)]
pub struct Guide<'g> {
    /// The first paragraph: what is wrong, in one sentence.
    pub lead: &'g str,
    /// The sections, in order.
    pub sections: Vec<Section<'g>>,
    /// What is not in the form of a guide. Empty for every rule of this crate; a test sees to it.
    pub problems: Vec<String>,
}

/// The headings of a guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// What happens, and to whom.
    Why,
    /// Cases that are broken.
    Fails,
    /// Cases that cannot be decided.
    Open,
    /// Cases that are right.
    Passes,
    /// Before and after.
    Fix,
    /// Facts that compensate.
    Unless,
    /// Where to read on.
    References,
}

/// A heading and what stands below it.
#[derive(Debug)]
pub struct Section<'g> {
    /// The heading.
    pub heading: Heading,
    /// Paragraphs and fences, in order.
    pub blocks: Vec<Block<'g>>,
}

/// A part of a section.
#[derive(Debug)]
pub enum Block<'g> {
    /// Text between fences, trimmed. The line `and` that joins two fences of one case is not kept.
    Prose(&'g str),
    /// A fenced block.
    Fence(Fence<'g>),
}

/// A fenced block.
#[derive(Debug)]
pub struct Fence<'g> {
    /// The first word of the info string.
    pub language: &'g str,
    /// The file it stands for, the address that was asked (`http`), the host of a handshake (`tls`), or `runtime` for what the
    /// project's own Python tells (`json`); a fence without one is only to be read.
    pub path: Option<&'g str>,
    /// The other words of the info string that have the form `name=value`.
    pub options: Vec<(&'g str, String)>,
    /// The text, with a line feed at its end.
    pub text: &'g str,
    /// The line of the guide on which the text begins, counted from one.
    pub line: usize,
    /// Whether it belongs to the same case as the fence before it.
    pub joined: bool,
}

/// Files that are judged together, and the heading they stand under.
#[derive(Debug)]
pub struct Case<'g, 'f> {
    /// The heading.
    pub heading: Heading,
    /// The number of the case under this heading, from zero.
    pub index: usize,
    /// Its files, at least one.
    pub fences: Vec<&'f Fence<'g>>,
}

impl Heading {
    /// Every heading, in the order they must have.
    pub const ALL: [Self; 7] = [Self::Why, Self::Fails, Self::Open, Self::Passes, Self::Fix, Self::Unless, Self::References];

    /// The words behind `##`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Why => "Why",
            Self::Fails => "Fails",
            Self::Open => "Open",
            Self::Passes => "Passes",
            Self::Fix => "Fix",
            Self::Unless => "Unless",
            Self::References => "References",
        }
    }

    /// Whether a guide may do without it.
    pub fn optional(self) -> bool {
        matches!(self, Self::Open | Self::Unless)
    }
}

impl<'g> Guide<'g> {
    /// Parses the text of a guide.
    pub fn parse(text: &'g str) -> Self {
        let mut guide = Self { lead: "", sections: Vec::new(), problems: Vec::new() };
        let mut lines = Lines { text, next: 0, number: 0 };
        let mut prose = 0..0;
        while let Some((start, line)) = lines.next() {
            if let Some(title) = line.strip_prefix("## ") {
                guide.close(text, prose);
                prose = lines.next..lines.next;
                match Heading::ALL.into_iter().find(|heading| heading.title() == title.trim()) {
                    Some(heading) => guide.sections.push(Section { heading, blocks: Vec::new() }),
                    None => guide.problems.push(format!("line {}: `{line}` is no heading of a guide", lines.number)),
                }
            } else if line.starts_with("```") {
                let joined = text[prose.clone()].trim() == "and";
                guide.close(text, prose);
                match lines.fence(line, joined) {
                    Some(fence) => {
                        // Where one is not closed, the next one's first line stands in its text.
                        if fence.text.lines().any(|line| line.starts_with("```")) {
                            guide.problems.push(format!("line {}: a fence before this one is not closed", lines.number));
                        }
                        guide.add(Block::Fence(fence));
                    }
                    None => guide.problems.push(format!("line {}: the fence is never closed", lines.number)),
                }
                prose = lines.next..lines.next;
            } else {
                if line.starts_with('#') {
                    guide.problems.push(format!("line {}: `{line}` is no heading of a guide", lines.number));
                }
                prose.end = start + line.len();
            }
        }
        guide.close(text, prose);
        guide.examine();
        guide
    }

    /// What stands under a heading.
    pub fn section(&self, heading: Heading) -> Option<&Section<'g>> {
        self.sections.iter().find(|section| section.heading == heading)
    }

    /// Every case, in order.
    pub fn cases(&self) -> Vec<Case<'g, '_>> {
        let mut cases: Vec<Case<'g, '_>> = Vec::new();
        for section in &self.sections {
            let mut index = 0;
            for fence in section.fences().filter(|fence| fence.path.is_some()) {
                match cases.last_mut() {
                    Some(case) if fence.joined && case.heading == section.heading => case.fences.push(fence),
                    _ => {
                        cases.push(Case { heading: section.heading, index, fences: vec![fence] });
                        index += 1;
                    }
                }
            }
        }
        cases
    }

    /// The guide as Markdown for readers: the names of files and the circumstances of a case are said in words, and the
    /// marks that only the tests need are gone.
    pub fn markdown(&self) -> String {
        let mut out = format!("{}\n", self.lead);
        for section in &self.sections {
            _ = writeln!(out, "\n## {}", section.heading.title());
            for block in &section.blocks {
                out.push('\n');
                match block {
                    Block::Prose(text) => {
                        out.push_str(text);
                        out.push('\n');
                    }
                    Block::Fence(fence) => out.push_str(&fence.markdown()),
                }
            }
        }
        out
    }

    fn close(&mut self, text: &'g str, prose: std::ops::Range<usize>) {
        let prose = text[prose].trim();
        match prose {
            "" | "and" => {}
            _ if self.sections.is_empty() => self.lead = prose,
            _ => self.add(Block::Prose(prose)),
        }
    }

    fn add(&mut self, block: Block<'g>) {
        match self.sections.last_mut() {
            Some(section) => section.blocks.push(block),
            None => self.problems.push("a fence stands before the first heading".to_owned()),
        }
    }

    fn examine(&mut self) {
        if self.lead.is_empty() || self.lead.contains("\n\n") {
            self.problems.push("the guide must open with one paragraph".to_owned());
        }
        if !self.sections.is_sorted_by(|a, b| a.heading < b.heading) {
            self.problems.push("the headings are repeated or out of order".to_owned());
        }
        for heading in Heading::ALL {
            match self.section(heading) {
                None if !heading.optional() => self.problems.push(format!("`## {}` is missing", heading.title())),
                Some(section) if section.blocks.is_empty() => {
                    self.problems.push(format!("nothing stands under `## {}`", heading.title()));
                }
                _ => {}
            }
        }
        let headings: Vec<Heading> = self.cases().iter().map(|case| case.heading).collect();
        let cases = |heading| headings.iter().filter(|known| **known == heading).count();
        let (fails, passes, fix) = (cases(Heading::Fails), cases(Heading::Passes), cases(Heading::Fix));
        if fails == 0 || passes == 0 {
            self.problems.push("`## Fails` and `## Passes` need a case each".to_owned());
        }
        if fix != 2 {
            self.problems.push(format!("`## Fix` needs two cases, before and after, and has {fix}"));
        }
        if cases(Heading::Why) + cases(Heading::References) > 0 {
            self.problems.push("a fence with a file name stands where no verdict is announced".to_owned());
        }
    }
}

impl<'g> Section<'g> {
    /// The fenced blocks, in order.
    pub fn fences(&self) -> impl Iterator<Item = &Fence<'g>> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Fence(fence) => Some(fence),
            Block::Prose(_) => None,
        })
    }
}

impl Fence<'_> {
    /// The text without the comments that pin a finding to its line. Lines keep their numbers.
    pub fn source(&self) -> String {
        self.text
            .split_inclusive('\n')
            .map(|line| pinned(line).map_or_else(|| line.to_owned(), |(rest, _, _)| rest.to_owned() + "\n"))
            .collect()
    }

    /// The lines (from one) that must hold a finding of a kind, with the rule.
    pub fn pins(&self) -> Vec<(usize, Kind, &str)> {
        let lines = self.text.lines().enumerate();
        lines.filter_map(|(index, line)| pinned(line).map(|(_, kind, rule)| (index + 1, kind, rule))).collect()
    }

    /// Whether it is what a run of the project's own Python tells.
    pub fn is_runtime(&self) -> bool {
        self.language == "json" && self.path == Some("runtime")
    }

    fn markdown(&self) -> String {
        let mut circumstances = Vec::new();
        for (name, value) in &self.options {
            match *name {
                "django" => circumstances.push(format!("Django {value}")),
                "env" => circumstances.push(format!("`{value}` in the environment")),
                "tracked" if value == "true" => circumstances.push("tracked by git".to_owned()),
                "host" => circumstances.push(format!("asked for as `{value}`")),
                "sent" => circumstances.push(format!("with `{value}`")),
                _ => {}
            }
        }
        let method = self.options.iter().find(|(name, _)| *name == "method").map(|(_, method)| format!("{method} "));
        let path = self.path.map(|path| method.unwrap_or_default() + path);
        let title = match (path, circumstances.is_empty()) {
            (None, _) => String::new(),
            (Some(_), _) if self.is_runtime() => "What the project's own Python tells:\n\n".to_owned(),
            (Some(path), true) => format!("`{path}`:\n\n"),
            (Some(path), false) => format!("`{path}` ({}):\n\n", circumstances.join(", ")),
        };
        format!("{title}```{}\n{}```\n", self.language, self.source())
    }
}

impl<'f> Case<'_, 'f> {
    /// The line of the guide on which its first file begins.
    pub fn line(&self) -> usize {
        self.fences.first().map_or(0, |fence| fence.line)
    }

    /// The values of an option, of every file of the case.
    pub fn option<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'f str> {
        self.fences.iter().flat_map(|fence| &fence.options).filter(move |(known, _)| *known == name).map(|(_, value)| &**value)
    }
}

/// Splits a line that ends in `# fail: rule-id` or `# open: rule-id` into what stands before, the kind and the rule.
fn pinned(line: &str) -> Option<(&str, Kind, &str)> {
    let (rest, pin) = line.trim_end().rsplit_once("# ")?;
    let (kind, rule) = pin.split_once(": ")?;
    let kind = match kind {
        "fail" => Kind::Fail,
        "open" => Kind::Open,
        _ => return None,
    };
    Some((rest.trim_end(), kind, rule))
}

/// A walk over the lines of a text.
struct Lines<'g> {
    text: &'g str,
    next: usize,
    number: usize,
}

impl<'g> Lines<'g> {
    /// The next line without its end, and its offset.
    fn next(&mut self) -> Option<(usize, &'g str)> {
        let start = self.next;
        let line = self.text[start..].split_inclusive('\n').next()?;
        self.next += line.len();
        self.number += 1;
        Some((start, line.trim_end()))
    }

    /// The fence that `opening` opens; the walk goes on behind it.
    fn fence(&mut self, opening: &'g str, joined: bool) -> Option<Fence<'g>> {
        let ticks = &opening[..opening.len() - opening.trim_start_matches('`').len()];
        let (start, line) = (self.next, self.number + 1);
        let end = loop {
            let (end, text) = self.next()?;
            if text == ticks {
                break end;
            }
        };
        let mut words = words(&opening[ticks.len()..]).into_iter();
        let language = words.next().unwrap_or_default();
        let (options, mut names): (Vec<_>, Vec<_>) = words.partition(|word| word.contains('=') && !is_address(word));
        let method = (language == "http" && !names.is_empty()).then(|| ("method", names.remove(0).to_owned()));
        let options = options
            .into_iter()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name, value.replace('"', "")))
            .chain(method)
            .collect();
        Some(Fence { language, path: names.first().copied(), options, text: &self.text[start..end], line, joined })
    }
}

/// An address of the web may hold an equals sign.
fn is_address(word: &str) -> bool {
    word.starts_with("http://") || word.starts_with("https://")
}

/// The words of an info string. Blanks between double quotes do not separate.
fn words(info: &str) -> Vec<&str> {
    let mut quoted = false;
    info.split(|character: char| {
        quoted ^= character == '"';
        character == ' ' && !quoted
    })
    .filter(|word| !word.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"The lead.

## Why

Because.

## Fails

First:

```python settings.py django=5.2 env="A=b c" ids=x.E001
## no heading
A = 1  # fail: a-rule
```

and

```ini .env
B=1
```

```python settings.py
A = 2
```

## Passes

```python settings.py
A = 3
```

## Fix

```python settings.py
A = 1
```

```python settings.py
A = 3
```

## References

- none
"#;

    #[test]
    fn fences_joined_by_and_are_one_case() {
        let guide = Guide::parse(TEXT);
        assert_eq!(guide.problems, Vec::<String>::new());
        assert_eq!(guide.lead, "The lead.");
        let cases = guide.cases();
        let shape: Vec<_> = cases.iter().map(|case| (case.heading, case.index, case.fences.len(), case.line())).collect();
        assert_eq!(
            shape,
            [
                (Heading::Fails, 0, 2, 12),
                (Heading::Fails, 1, 1, 23),
                (Heading::Passes, 0, 1, 29),
                (Heading::Fix, 0, 1, 35),
                (Heading::Fix, 1, 1, 39)
            ]
        );
        assert_eq!(cases[0].option("env").collect::<Vec<_>>(), ["A=b c"]);
        assert_eq!(cases[0].fences[0].pins(), [(2, Kind::Fail, "a-rule")]);
        assert_eq!(cases[0].fences[0].source(), "## no heading\nA = 1\n");
    }

    #[test]
    fn readers_see_no_marks() {
        let markdown = Guide::parse(TEXT).markdown();
        assert!(
            markdown
                .contains("`settings.py` (Django 5.2, `A=b c` in the environment):\n\n```python\n## no heading\nA = 1\n```\n"),
            "{markdown}"
        );
        assert!(!markdown.contains("fail:") && !markdown.contains("ids="), "{markdown}");
    }

    #[test]
    fn a_fence_that_runs_into_the_next_one_is_named() {
        let problems = Guide::parse("Lead.\n\n## Fails\n\n```nginx a.conf\nx\n\n```http GET /\ny\n```\n").problems.join("\n");
        assert!(problems.contains("line 10: a fence before this one is not closed"), "{problems}");
    }

    #[test]
    fn what_is_not_in_the_form_is_named() {
        let problems = Guide::parse("# Title\n\n## Fails\n\n## Because\n\n```python x.py\n").problems.join("\n");
        for needle in
            ["`# Title` is no heading", "`## Because` is no heading", "never closed", "`## Why` is missing", "before and after"]
        {
            assert!(problems.contains(needle), "{needle}: {problems}");
        }
    }
}
