//! `itertools` and `operator`: iterators over what is known, and operators as functions.

use ruff_python_ast::{CmpOp, Operator, UnaryOp};
use shipworthy_model::Region;

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Kind, Val};
use crate::python::operators::{Number, as_number};

pub(super) static LIBRARY: Library = Library {
    roots: &["itertools", "operator"],
    call,
    attribute: no_attribute,
    methods: &["itemgetter.__call__", "attrgetter.__call__", "methodcaller.__call__"],
};

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if args.open.is_some() {
        return None;
    }
    let (module, function) = name.split_once('.')?;
    let result = if module == "operator" { operator(interp, function, args, at) } else { iterate(interp, function, args, at) };
    match result {
        Ok(value) => value.map(Ok),
        Err(stop) => Some(Err(stop)),
    }
}

/// `islice(count(start, step), stop)`: what it takes of a count without end, which goes on behind it.
fn counted(interp: &mut Interp<'_>, args: &Args) -> Option<Vec<Elem>> {
    let [counter, stop] = args.pos.as_slice() else { return None };
    let Kind::Instance(id) = counter.kind else { return None };
    let Cell::Instance(class, space) = interp.heap.cell(id) else { return None };
    if !matches!(&class.kind, Kind::Extern(name) if &**name == "itertools.count") {
        return None;
    }
    let space = *space;
    let whole = |value: Val| match as_number(&value) {
        Some(Number::Int(number)) => Some(number),
        Some(Number::Float(_)) | None => None,
    };
    let start = whole(interp.native_attribute(counter, "start")?)?;
    let by = whole(interp.native_attribute(counter, "step")?)?;
    let taken = whole(stop.clone())?;
    if !(0..=10_000).contains(&taken) {
        return None;
    }
    let at = |index: i128| index.checked_mul(by).and_then(|offset| start.checked_add(offset));
    let items = (0..taken).map(|index| Some(Elem::One(Val::int(at(index)?)))).collect::<Option<Vec<_>>>()?;
    let next = at(taken)?;
    interp.bind(space, "start", Val::int(next));
    Some(items)
}

#[allow(clippy::similar_names, reason = "named as in Python")]
fn iterate(interp: &mut Interp<'_>, function: &str, args: &Args, at: Region) -> Res<Option<Val>> {
    let mut columns = Vec::new();
    if function == "count" {
        let (start, step) = (args.get(0, "start").cloned(), args.get(1, "step").cloned());
        let attributes = vec![("start", start.unwrap_or_else(|| Val::int(0))), ("step", step.unwrap_or_else(|| Val::int(1)))];
        return Ok(Some(interp.native_instance("itertools.count", attributes)));
    }
    let sequences = match function {
        "product" | "zip_longest" => &args.pos[..],
        "islice" | "accumulate" | "combinations" | "permutations" | "pairwise" | "groupby" => &args.pos[..args.pos.len().min(1)],
        "takewhile" | "dropwhile" | "filterfalse" | "starmap" if args.pos.len() == 2 => &args.pos[1..],
        "compress" if args.pos.len() == 2 => &args.pos[..],
        "repeat" => &[],
        _ => return Ok(None),
    };
    if function == "islice"
        && let Some(items) = counted(interp, args)
    {
        return Ok(Some(interp.iterator(items)));
    }
    for sequence in sequences {
        if let Some(items) = interp.certain_elements(sequence, at)? {
            columns.push(items);
        } else {
            let unknown = interp.unknown_of(&[sequence], at);
            let rest = unknown.as_unknown().map(Elem::Many).into_iter().collect();
            return Ok(Some(interp.iterator(rest)));
        }
    }
    let number = |value: Option<&Val>| match value.map(as_number) {
        Some(Some(Number::Int(number))) => usize::try_from(number).ok(),
        _ => None,
    };
    let total: usize = columns.iter().map(Vec::len).fold(1, usize::saturating_mul);
    if matches!(function, "product") {
        interp.sized(total)?;
    }
    let first = || columns.first().cloned().unwrap_or_default();
    let items: Vec<Val> = match function {
        "repeat" => {
            let (Some(value), Some(times)) = (args.get(0, "object"), number(args.get(1, "times"))) else { return Ok(None) };
            interp.sized(times)?;
            vec![value.clone(); times]
        }
        "product" => {
            let repeat = match args.named("repeat") {
                None => 1,
                Some(times) => match number(Some(times)) {
                    Some(times) if times <= 4 => times,
                    _ => return Ok(None),
                },
            };
            interp.sized(total.saturating_pow(repeat as u32))?;
            let mut rows = vec![Vec::new()];
            for _ in 0..repeat {
                for column in &columns {
                    rows = rows
                        .iter()
                        .flat_map(|row: &Vec<Val>| {
                            column.iter().map(|item| [row.as_slice(), std::slice::from_ref(item)].concat())
                        })
                        .collect();
                }
            }
            rows.into_iter().map(Val::tuple).collect()
        }
        "zip_longest" => {
            let fill = args.named("fillvalue").cloned().unwrap_or_else(Val::none);
            let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
            (0..rows)
                .map(|row| Val::tuple(columns.iter().map(|column| column.get(row).unwrap_or(&fill).clone()).collect()))
                .collect()
        }
        "islice" => {
            let bounds: Vec<Option<usize>> = args.pos[1..].iter().map(|bound| number(Some(bound))).collect();
            let given = |index: usize| args.pos.get(index + 1).is_some_and(|bound| !bound.is_none());
            let (start, stop, step) = match bounds.len() {
                1 => (Some(0), bounds[0], Some(1)),
                2 | 3 => (
                    if given(0) { bounds[0] } else { Some(0) },
                    bounds[1],
                    if bounds.len() == 3 && given(2) { bounds[2] } else { Some(1) },
                ),
                _ => return Ok(None),
            };
            let open_end = !given(usize::from(bounds.len() > 1));
            let (Some(start), Some(step)) = (start, step.filter(|step| *step > 0)) else { return Ok(None) };
            let stop = match stop {
                Some(stop) => stop,
                None if open_end => usize::MAX,
                None => return Ok(None),
            };
            first().into_iter().take(stop).skip(start).step_by(step).collect()
        }
        "accumulate" => {
            let function = args.get(1, "func").filter(|function| !function.is_none()).cloned();
            let mut totals: Vec<Val> = Vec::new();
            let initial = args.named("initial").filter(|initial| !initial.is_none()).cloned();
            for item in initial.into_iter().chain(first()) {
                let total = match (totals.last().cloned(), &function) {
                    (None, _) => item,
                    (Some(last), Some(function)) => interp.call_values(function, vec![last, item], at)?,
                    (Some(last), None) => interp.binary(Operator::Add, &last, &item, at)?,
                };
                totals.push(total);
            }
            totals
        }
        "pairwise" => first().windows(2).map(|pair| Val::tuple(pair.to_vec())).collect(),
        "combinations" | "permutations" => {
            let items = first();
            let length = match args.get(1, "r") {
                None => items.len(),
                Some(length) => match number(Some(length)) {
                    Some(length) => length,
                    None => return Ok(None),
                },
            };
            if items.len() > 8 {
                return Ok(None);
            }
            let mut rows = Vec::new();
            choose(items.len(), length, function == "combinations", &mut Vec::new(), &mut rows);
            rows.into_iter().map(|row| Val::tuple(row.into_iter().map(|index| items[index].clone()).collect())).collect()
        }
        "takewhile" | "dropwhile" | "filterfalse" => {
            let mut kept = Vec::new();
            let mut dropping = true;
            for item in first() {
                let answer = if args.pos[0].is_none() {
                    item.clone()
                } else {
                    interp.call_values(&args.pos[0].clone(), vec![item.clone()], at)?
                };
                let Some(holds) = interp.decide(&answer, at)? else { return Ok(None) };
                match function {
                    "takewhile" if !holds => break,
                    "dropwhile" => {
                        dropping &= holds;
                        if dropping {
                            continue;
                        }
                    }
                    "filterfalse" if holds => continue,
                    _ => {}
                }
                kept.push(item);
            }
            kept
        }
        "starmap" => {
            let mut made = Vec::new();
            for item in first() {
                let Some(arguments) = interp.certain_elements(&item, at)? else { return Ok(None) };
                made.push(interp.call_values(&args.pos[0].clone(), arguments, at)?);
            }
            made
        }
        "compress" => {
            let mut kept = Vec::new();
            for (item, selector) in columns[0].iter().zip(&columns[1]) {
                match interp.truth(selector) {
                    Some(true) => kept.push(item.clone()),
                    Some(false) => {}
                    None => return Ok(None),
                }
            }
            kept
        }
        "groupby" => {
            let key = args.get(1, "key").filter(|key| !key.is_none()).cloned();
            let mut groups: Vec<(Val, Vec<Val>)> = Vec::new();
            for item in first() {
                let by = match &key {
                    Some(key) => interp.call_values(key, vec![item.clone()], at)?,
                    None => item.clone(),
                };
                let same = match groups.last() {
                    Some((last, _)) => match interp.equal(last, &by) {
                        Some(same) => same,
                        None => return Ok(None),
                    },
                    None => false,
                };
                match groups.last_mut() {
                    Some((_, group)) if same => group.push(item),
                    _ => groups.push((by, vec![item])),
                }
            }
            let mut pairs = Vec::new();
            for (key, group) in groups {
                let group = interp.iterator(group.into_iter().map(Elem::One).collect());
                pairs.push(Val::tuple(vec![key, group]));
            }
            pairs
        }
        _ => return Ok(None),
    };
    interp.sized(items.len())?;
    Ok(Some(interp.iterator(items.into_iter().map(Elem::One).collect())))
}

/// The index rows of combinations or permutations, in Python's order.
fn choose(count: usize, length: usize, ascending: bool, row: &mut Vec<usize>, rows: &mut Vec<Vec<usize>>) {
    if row.len() == length {
        rows.push(row.clone());
        return;
    }
    let from = if ascending { row.last().map_or(0, |last| last + 1) } else { 0 };
    for index in from..count {
        if !row.contains(&index) {
            row.push(index);
            choose(count, length, ascending, row, rows);
            row.pop();
        }
    }
}

fn operator(interp: &mut Interp<'_>, function: &str, args: &Args, at: Region) -> Res<Option<Val>> {
    if let Some(class @ ("itemgetter" | "attrgetter" | "methodcaller")) = function.strip_suffix(".__call__") {
        return getter(interp, class, args, at);
    }
    let (left, right) = (args.pos.first(), args.pos.get(1));
    let binary = match function.trim_matches('_') {
        "add" | "concat" => Some(Operator::Add),
        "sub" => Some(Operator::Sub),
        "mul" => Some(Operator::Mult),
        "truediv" => Some(Operator::Div),
        "floordiv" => Some(Operator::FloorDiv),
        "mod" => Some(Operator::Mod),
        "pow" => Some(Operator::Pow),
        "or" => Some(Operator::BitOr),
        "and" => Some(Operator::BitAnd),
        "xor" => Some(Operator::BitXor),
        _ => None,
    };
    let compared = match function.trim_matches('_') {
        "eq" => Some(CmpOp::Eq),
        "ne" => Some(CmpOp::NotEq),
        "lt" => Some(CmpOp::Lt),
        "le" => Some(CmpOp::LtE),
        "gt" => Some(CmpOp::Gt),
        "ge" => Some(CmpOp::GtE),
        "is" => Some(CmpOp::Is),
        "is_not" => Some(CmpOp::IsNot),
        _ => None,
    };
    Ok(match (function, left, right) {
        (_, Some(left), Some(right)) if binary.is_some() || function == "ior" || function == "iadd" => {
            if let Some(operator) = binary {
                Some(interp.binary(operator, left, right, at)?)
            } else {
                let operator = if function == "ior" { Operator::BitOr } else { Operator::Add };
                Some(interp.binary_in_place(operator, left, right, at)?)
            }
        }
        (_, Some(left), Some(right)) if let Some(operator) = compared => Some(interp.compare(operator, left, right, at)?),
        ("contains", Some(container), Some(item)) => Some(interp.compare(CmpOp::In, item, container, at)?),
        ("getitem", Some(object), Some(key)) => Some(interp.subscript(object, key, at)?),
        ("setitem", Some(object), Some(key)) if let Some(value) = args.pos.get(2) => {
            interp.set_item(object, key, value.clone(), at)?;
            Some(Val::none())
        }
        ("not_", Some(value), None) => Some(interp.unary(UnaryOp::Not, value, at)?),
        ("neg", Some(value), None) => Some(interp.unary(UnaryOp::USub, value, at)?),
        ("truth", Some(value), None) => interp.decide(value, at)?.map(Val::bool),
        ("itemgetter" | "attrgetter" | "methodcaller", Some(_), _) => {
            let parts = Val::tuple(args.pos.clone());
            Some(interp.native_instance(&format!("operator.{function}"), vec![("*parts*", parts)])).filter(|_| args.kw.is_empty())
        }
        _ => None,
    })
}

fn getter(interp: &mut Interp<'_>, class: &str, args: &Args, at: Region) -> Res<Option<Val>> {
    let [getter, object] = args.pos.as_slice() else { return Ok(None) };
    let Some(parts) = interp.native_attribute(getter, "*parts*") else { return Ok(None) };
    let Some(parts) = interp.certain_elements(&parts, at)? else { return Ok(None) };
    if class == "methodcaller" {
        let Some(name) = parts[0].as_str() else { return Ok(None) };
        let method = interp.attribute(object, name, at)?;
        return interp.call_values(&method, parts[1..].to_vec(), at).map(Some);
    }
    let mut found = Vec::new();
    for part in &parts {
        found.push(if class == "itemgetter" {
            interp.subscript(object, part, at)?
        } else {
            let Some(path) = part.as_str() else { return Ok(None) };
            let mut value = object.clone();
            for name in path.split('.') {
                value = interp.attribute(&value, name, at)?;
            }
            value
        });
    }
    Ok(Some(if found.len() == 1 { found.remove(0) } else { Val::tuple(found) }))
}
