//! `SQLite` files: which tables they have, and whether there is a row in them. (The format: sqlite.org/fileformat2.html.)

use std::collections::BTreeMap;

/// The first bytes of every file of `SQLite`.
pub const MAGIC: &[u8] = b"SQLite format 3\0";

/// A table of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The statement that made it.
    pub sql: String,
    /// Whether it has a row.
    pub filled: bool,
}

/// The tables of a file by name, as far as its schema lies within these bytes; `None` if it is no file of `SQLite`.
pub fn tables(bytes: &[u8]) -> Option<BTreeMap<String, Table>> {
    bytes.starts_with(MAGIC).then_some(())?;
    let size = match number(bytes, 16, 2)? {
        1 => 65_536,
        size => size,
    };
    let mut tables = BTreeMap::new();
    let mut pages = vec![1];
    let mut seen = 0;
    while let Some(page) = pages.pop() {
        seen += 1;
        if seen > 1000 {
            break;
        }
        let Some(page) = Page::of(bytes, size, page) else { continue };
        match page.kind {
            INTERIOR => pages.extend(page.children()),
            LEAF => {
                for cell in page.cells() {
                    if let Some((name, root, sql)) = page.schema(cell) {
                        let filled = Page::of(bytes, size, root).is_some_and(|page| page.kind == INTERIOR || page.count > 0);
                        tables.insert(name, Table { sql, filled });
                    }
                }
            }
            _ => {}
        }
    }
    Some(tables)
}

const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// A page of a table.
struct Page<'b> {
    bytes: &'b [u8],
    /// Where its head begins: behind the head of the file on the first page.
    head: usize,
    kind: u8,
    count: usize,
}

impl<'b> Page<'b> {
    fn of(bytes: &'b [u8], size: usize, number_of: usize) -> Option<Self> {
        let start = number_of.checked_sub(1)?.checked_mul(size)?;
        let bytes = bytes.get(start..bytes.len().min(start.checked_add(size)?))?;
        let head = if number_of == 1 { 100 } else { 0 };
        Some(Self { bytes, head, kind: *bytes.get(head)?, count: number(bytes, head + 3, 2)? })
    }

    fn cells(&self) -> impl Iterator<Item = usize> {
        let first = self.head + if self.kind == INTERIOR { 12 } else { 8 };
        (0..self.count).filter_map(move |index| number(self.bytes, first + 2 * index, 2))
    }

    fn children(&self) -> Vec<usize> {
        self.cells().filter_map(|cell| number(self.bytes, cell, 4)).chain(number(self.bytes, self.head + 8, 4)).collect()
    }

    /// A row of the table of tables: a table's name, its first page and its statement.
    fn schema(&self, cell: usize) -> Option<(String, usize, String)> {
        let (_, at) = varint(self.bytes, cell)?;
        let (_, start) = varint(self.bytes, at)?;
        let (length, mut at) = varint(self.bytes, start)?;
        let end = start.checked_add(length)?;
        let mut value = end;
        let mut columns = Vec::new();
        while at < end && columns.len() < 5 {
            let (kind, next) = varint(self.bytes, at)?;
            let width = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                _ => kind.saturating_sub(12) / 2,
            };
            columns.push((kind, value, width));
            value = value.checked_add(width)?;
            at = next;
        }
        // A long statement goes on elsewhere; its beginning is enough.
        let text = |(_, at, width): &(usize, usize, usize)| {
            let end = self.bytes.len().min(at.checked_add(*width)?);
            Some(String::from_utf8_lossy(self.bytes.get(*at..end)?).into_owned())
        };
        let (kind, root) = columns.get(3).map(|(kind, at, width)| (*kind, number(self.bytes, *at, *width)))?;
        let root = if kind == 9 { 1 } else { root? };
        (text(columns.first()?)? == "table").then_some((text(columns.get(1)?)?, root, text(columns.get(4)?)?))
    }
}

/// A number of so many bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    bytes.iter().try_fold(0_usize, |number, byte| Some(number.checked_mul(256)? + usize::from(*byte)))
}

/// A number whose bytes say whether another follows, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut number = 0_usize;
    for index in 0..8 {
        let byte = *bytes.get(at + index)?;
        number = number.checked_mul(128)? | usize::from(byte & 127);
        if byte < 128 {
            return Some((number, at + index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A leaf page of 512 bytes with these cells.
    fn leaf(head: usize, cells: &[Vec<u8>]) -> Vec<u8> {
        let mut page = vec![0; 512];
        page[head] = LEAF;
        page[head + 4] = cells.len() as u8;
        let mut end = 512;
        for (index, cell) in cells.iter().enumerate() {
            end -= cell.len();
            page[end..end + cell.len()].copy_from_slice(cell);
            page[head + 8 + 2 * index..head + 10 + 2 * index].copy_from_slice(&(end as u16).to_be_bytes());
        }
        page
    }

    fn row(name: &str, root: u8, sql: &str) -> Vec<u8> {
        let texts = ["table", name, name];
        let mut kinds: Vec<u8> = texts.iter().map(|text| (13 + 2 * text.len()) as u8).collect();
        kinds.extend([1, (13 + 2 * sql.len()) as u8]);
        let mut body = vec![kinds.len() as u8 + 1];
        body.extend(kinds);
        for text in texts {
            body.extend(text.bytes());
        }
        body.push(root);
        body.extend(sql.bytes());
        let mut cell = vec![body.len() as u8, 1];
        cell.extend(body);
        cell
    }

    #[test]
    fn tables_are_found_with_what_is_in_them() {
        let rows = [row("auth_user", 2, "CREATE TABLE a (password)"), row("empty", 3, "CREATE TABLE b")];
        let mut file = leaf(100, &rows);
        file[..16].copy_from_slice(MAGIC);
        file[16..18].copy_from_slice(&512_u16.to_be_bytes());
        file.extend(leaf(0, &[vec![1, 1, 0]]));
        file.extend(leaf(0, &[]));
        let found = tables(&file).unwrap();
        assert_eq!(found["auth_user"], Table { sql: "CREATE TABLE a (password)".to_owned(), filled: true });
        assert!(!found["empty"].filled);
        assert_eq!(tables(b"no database"), None);
        for length in 0..file.len() {
            tables(&file[..length]);
        }
    }
}
