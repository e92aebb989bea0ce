//! The layout of one formatted value: alignment, sign, width, precision and kind.

/// A format specification: `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Clone, Copy)]
pub(super) struct Spec {
    pub(super) fill: char,
    pub(super) align: Option<char>,
    pub(super) sign: Option<char>,
    pub(super) alternate: bool,
    pub(super) zero: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: None,
            alternate: false,
            zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }
}

impl Spec {
    pub(super) fn of_kind(self, kind: char) -> Self {
        Self { kind: Some(kind), ..self }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let mut index = 0;
        let mut spec = Self::default();
        if chars.get(1).is_some_and(|c| "<>=^".contains(*c)) {
            spec.fill = chars[0];
            spec.align = Some(chars[1]);
            index = 2;
        } else if chars.first().is_some_and(|c| "<>=^".contains(*c)) {
            spec.align = Some(chars[0]);
            index = 1;
        }
        if let Some(sign) = chars.get(index).filter(|c| "+- ".contains(**c)) {
            spec.sign = Some(*sign);
            index += 1;
        }
        if chars.get(index) == Some(&'#') {
            spec.alternate = true;
            index += 1;
        }
        if chars.get(index) == Some(&'0') {
            spec.zero = true;
            index += 1;
            if index < 3 || !"<>=^".contains(chars[1]) {
                spec.fill = '0';
            }
        }
        let digits = |index: &mut usize| {
            let start = *index;
            while chars.get(*index).is_some_and(char::is_ascii_digit) {
                *index += 1;
            }
            chars[start..*index].iter().collect::<String>().parse::<usize>().ok()
        };
        spec.width = digits(&mut index).unwrap_or(0).min(10_000);
        if let Some(grouping) = chars.get(index).filter(|c| ",_".contains(**c)) {
            spec.grouping = Some(*grouping);
            index += 1;
        }
        if chars.get(index) == Some(&'.') {
            index += 1;
            spec.precision = Some(digits(&mut index)?.min(1_000));
        }
        spec.kind = chars.get(index).copied();
        (chars.len() <= index + 1).then_some(spec)
    }

    /// The digits of an integer, before they are aligned; `None` for layouts that are not modelled.
    pub(super) fn integer(&self, number: i128, kind: char) -> Option<String> {
        let magnitude = number.unsigned_abs();
        let (prefix, digits) = match kind {
            'x' => ("0x", format!("{magnitude:x}")),
            'X' => ("0X", format!("{magnitude:X}")),
            'o' => ("0o", format!("{magnitude:o}")),
            'b' => ("0b", format!("{magnitude:b}")),
            _ => ("", magnitude.to_string()),
        };
        let digits = match self.grouping {
            Some(_) if !prefix.is_empty() => return None,
            Some(separator) => group(&digits, separator),
            None => digits,
        };
        self.with_sign(number < 0, if self.alternate { prefix } else { "" }, &digits)
    }

    pub(super) fn signed(&self, number: f64, text: impl Fn(f64) -> String) -> Option<String> {
        let digits = text(number.abs());
        let digits = match (self.grouping, digits.split_once('.')) {
            (Some(_), _) if digits.contains('e') => return None,
            (Some(separator), Some((whole, rest))) => format!("{}.{rest}", group(whole, separator)),
            (Some(separator), None) => group(&digits, separator),
            (None, _) => digits,
        };
        self.with_sign(number.is_sign_negative(), "", &digits)
    }

    pub(super) fn with_sign(&self, negative: bool, prefix: &str, digits: &str) -> Option<String> {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            (false, _) => "",
        };
        let length = sign.len() + prefix.len() + digits.len();
        let fill = match self.align {
            Some('=') => self.fill,
            None if self.zero => '0',
            _ => return Some(format!("{sign}{prefix}{digits}")),
        };
        if self.grouping.is_some() && fill == '0' {
            return None;
        }
        let padding = fill.to_string().repeat(self.width.saturating_sub(length));
        Some(format!("{sign}{prefix}{padding}{digits}"))
    }

    pub(super) fn pad(&self, text: &str, default: char) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(default) {
            '<' => format!("{text}{}", fill(missing)),
            '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            // A number that is padded behind its sign has its width already.
            _ => format!("{}{text}", fill(missing)),
        }
    }
}

fn group(digits: &str, separator: char) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
