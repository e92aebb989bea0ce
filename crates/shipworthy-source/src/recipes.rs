//! Makefiles and justfiles: targets, what they need, and the lines they run.

use crate::piece::Piece;

/// A target.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// Its name.
    pub(crate) name: Piece,
    /// Targets that run before it.
    pub(crate) needs: Vec<String>,
    /// Its lines, without `@` and `-` before them, with continued ones in one piece.
    pub(crate) lines: Vec<Piece>,
}

/// Reads the targets of a Makefile.
pub(crate) fn read(file: &Piece) -> Vec<Recipe> {
    read_as(file, false)
}

/// Reads the recipes of a justfile, whose heads name parameters with defaults too.
pub(crate) fn read_just(file: &Piece) -> Vec<Recipe> {
    read_as(file, true)
}

fn read_as(file: &Piece, is_just: bool) -> Vec<Recipe> {
    let mut recipes: Vec<Recipe> = Vec::new();
    let text = &file.text;
    let mut position = 0;
    while position < text.len() {
        let start = position;
        let mut end = line_end(text, start);
        while text[start..end].trim_end_matches(['\r']).ends_with('\\') && end < text.len() {
            end = line_end(text, end + 1);
        }
        position = end + 1;
        let line = &text[start..end.min(text.len())];
        if line.starts_with(['\t', ' ']) {
            let body = line.trim_start().trim_start_matches(['@', '-', '+']).trim_start();
            if let Some(recipe) = recipes.last_mut().filter(|_| !body.is_empty() && !body.starts_with('#')) {
                let offset = start + (line.len() - body.len());
                recipe.lines.push(file.slice(offset..start + line.len()));
            }
            continue;
        }
        let Some((head, tail)) = line.split_once(':') else { continue };
        // Assignments: `A := b`, `A ::= b`; exports; comments.
        if tail.starts_with(['=', ':'])
            || head.contains('#')
            || !is_just && head.contains(['=', '$', '"'])
            || head.trim().is_empty()
            || head.starts_with(['.', '['])
        {
            continue;
        }
        let needs: Vec<String> = tail
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .filter(|word| !word.contains(['=', '|']))
            .map(str::to_owned)
            .collect();
        for name in head.split_whitespace().take(1) {
            let offset = start + head.find(name).unwrap_or(0);
            let name = name.trim_start_matches('@');
            recipes.push(Recipe { name: file.slice(offset..offset + name.len()), needs: needs.clone(), lines: Vec::new() });
        }
    }
    recipes
}

fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at)
}

/// The recipes that a target runs, its needs first.
pub(crate) fn reached<'r>(recipes: &'r [Recipe], target: &str) -> Vec<&'r Recipe> {
    let mut order = Vec::new();
    visit(recipes, target, &mut Vec::new(), &mut order);
    order
}

fn visit<'r>(recipes: &'r [Recipe], target: &str, seen: &mut Vec<String>, order: &mut Vec<&'r Recipe>) {
    const MOST: usize = 100;
    if seen.len() > MOST || seen.iter().any(|known| known == target) {
        return;
    }
    seen.push(target.to_owned());
    for recipe in recipes.iter().filter(|recipe| &*recipe.name.text == target) {
        for need in &recipe.needs {
            visit(recipes, need, seen, order);
        }
        order.push(recipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::ArtifactId;

    #[test]
    fn targets_and_their_needs() {
        let text = "A := b\n.PHONY: up\nup: build migrate ## start\n\t@docker compose -f a.yml \\\n\t  up -d\nmigrate:\n\t-./manage.py migrate\nbuild:\n\techo\n";
        let recipes = read(&Piece::file(text, ArtifactId(0)));
        let lines: Vec<String> =
            reached(&recipes, "up").iter().flat_map(|recipe| recipe.lines.iter().map(|line| line.text.to_string())).collect();
        assert_eq!(lines, ["echo", "./manage.py migrate", "docker compose -f a.yml \\\n\t  up -d"]);
    }
}
