//! `collections`, `copy`, `functools`, `itertools`, `operator`, `contextlib`: plumbing of settings modules.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res, Stop};
use crate::python::object::{Elem, Id, Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["collections", "copy", "functools", "itertools", "contextlib", "importlib", "types", "enum", "dataclasses", "abc"],
    call,
    attribute: no_attribute,
    methods: &["partial.__call__", "ChainMap.__getitem__", "ChainMap.__contains__", "ChainMap.get"],
};

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "collections.OrderedDict" => {
            let made = super::call(interp, "builtins.dict", args, at)?;
            if let Ok(Val { kind: Kind::Dict(id), .. }) = &made {
                interp.dict_classes.insert(*id, "OrderedDict");
            }
            made
        }
        "collections.defaultdict" => {
            let rest = args.rest();
            let made = super::call(interp, "builtins.dict", &rest, at)?;
            made.map(|dict| {
                if let Kind::Dict(id) = dict.kind
                    && let Cell::Dict(cell) = interp.heap.cell_mut(id)
                {
                    interp.dict_classes.insert(id, "defaultdict");
                    cell.factory = args.pos.first().filter(|factory| !factory.is_none()).cloned();
                }
                dict
            })
        }
        "collections.ChainMap" => {
            let maps = Val::tuple(args.pos.clone());
            Ok(interp.native_instance("collections.ChainMap", vec![("maps", maps)]))
        }
        "collections.ChainMap.__getitem__" | "collections.ChainMap.get" | "collections.ChainMap.__contains__" => {
            let method = name.rsplit('.').next().unwrap_or_default();
            chain_map(interp, method, args.pos.first()?, args.pos.get(1)?, args.pos.get(2), at)
        }
        "copy.copy" => Ok(interp.copy(args.pos.first()?)),
        "copy.deepcopy" => deep_copy(interp, args.pos.first()?, &mut Vec::new(), 0),
        "functools.lru_cache" | "functools.cache" | "functools.*cached*" => match args.pos.first().map(|value| &value.kind) {
            Some(Kind::Function(id)) => Ok(interp.remembering(*id)),
            _ => match args.get(0, "maxsize").map(|size| &size.kind) {
                // So few results are kept that it remembers nothing for certain: none of them matters.
                Some(Kind::Int(..=0)) => Ok(Val::external("functools.identity")),
                _ => Ok(Val::external("functools.*cached*")),
            },
        },
        "functools.cache_clear" => {
            if let Some(Val { kind: Kind::Function(id), .. }) = args.pos.first()
                && let Some(results) = interp.functions[*id as usize].results
            {
                *interp.heap.cell_mut(results) = Cell::Dict(Dict::default());
            }
            Ok(Val::none())
        }
        "functools.wraps" => match args.pos.first() {
            Some(original) => {
                Ok(Val::new(Kind::Method(std::rc::Rc::new((original.clone(), Val::external("functools.*wraps*"))))))
            }
            None => Ok(Val::external("functools.identity")),
        },
        // As `wraps` calls it: the wrapped function comes first.
        "functools.*wraps*" => match (args.pos.first().map(|value| &value.kind), args.pos.get(1)) {
            (Some(Kind::Function(original)), Some(wrapper @ Val { kind: Kind::Function(id), .. })) => {
                let (name, module) = {
                    let original = &interp.functions[*original as usize];
                    (original.name.clone(), original.module.clone())
                };
                let made = &mut interp.functions[*id as usize];
                (made.name, made.module) = (name, module);
                Ok(wrapper.clone())
            }
            (_, Some(wrapper)) => Ok(wrapper.clone()),
            _ => return None,
        },
        "functools.identity" => Ok(args.pos.first()?.clone()),
        "functools.partial" => {
            let function = args.pos.first()?.clone();
            let positional = Val::tuple(args.pos[1..].to_vec());
            let mut named = Dict::default();
            for (name, value) in &args.kw {
                named.set_str(name, value.clone());
            }
            let named = interp.dict_of(named);
            Ok(interp.native_instance("functools.partial", vec![("func", function), ("args", positional), ("keywords", named)]))
        }
        "functools.partial.__call__" => {
            let partial = args.pos.first()?;
            let function = interp.native_attribute(partial, "func")?;
            let mut all = Args { open: args.open.clone(), ..Args::default() };
            if let Some(Val { kind: Kind::Tuple(items), .. }) = interp.native_attribute(partial, "args") {
                all.pos
                    .extend(items.iter().filter_map(|item| if let Elem::One(item) = item { Some(item.clone()) } else { None }));
            }
            all.pos.extend(args.pos.iter().skip(1).cloned());
            if let Some(Val { kind: Kind::Dict(id), .. }) = interp.native_attribute(partial, "keywords")
                && let Cell::Dict(dict) = interp.heap.cell(id)
            {
                for slot in dict.entries.values() {
                    if let Some(name) = slot.key.as_str()
                        && args.named(name).is_none()
                    {
                        all.kw.push((name.into(), slot.value.clone()));
                    }
                }
            }
            all.kw.extend(args.kw.iter().cloned());
            interp.call(&function, all, at)
        }
        "functools.reduce" => reduce(interp, args, at),
        "itertools.chain" => chain(interp, &args.pos, at),
        "itertools.chain.from_iterable" => match interp.certain_elements(args.pos.first()?, at) {
            Ok(Some(iterables)) => chain(interp, &iterables, at),
            Ok(None) => Ok(interp.unknown_of(&[&args.pos[0]], at)),
            Err(stop) => Err(stop),
        },
        "contextlib.suppress" => {
            let classes = Val::tuple(args.pos.clone());
            Ok(interp.native_instance("contextlib.suppress", vec![("classes", classes)]))
        }
        "importlib.import_module" => interp.import_by_name(args, at),
        "importlib.util.find_spec" => Ok(Val::unknown(Why::Machine("installed packages".into()), Some(at))),
        "importlib.reload" => Ok(args.pos.first()?.clone()),
        "types.SimpleNamespace" => {
            let attributes: Vec<(&str, Val)> = args.kw.iter().map(|(name, value)| (&**name, value.clone())).collect();
            Ok(interp.native_instance("builtins.object", attributes))
        }
        _ => return None,
    })
}

/// The first of several mappings that has a key.
fn chain_map(interp: &mut Interp<'_>, method: &str, chain: &Val, key: &Val, default: Option<&Val>, at: Region) -> Res<Val> {
    let maps = interp.native_attribute(chain, "maps").unwrap_or_else(Val::none);
    for map in interp.certain_elements(&maps, at)?.unwrap_or_default() {
        match interp.contains(&map, key, at)? {
            Some(false) => {}
            Some(true) if method == "__contains__" => return Ok(Val::bool(true)),
            Some(true) => match interp.subscript(&map, key, at) {
                Err(Stop::Raise(raised)) if interp.exception_name(&raised.exception) == "KeyError" => {}
                found => return found,
            },
            None => return Ok(interp.unknown_of(&[&map, key], at)),
        }
    }
    match (method, default) {
        ("__contains__", _) => Ok(Val::bool(false)),
        ("get", default) => Ok(default.cloned().unwrap_or_else(Val::none)),
        _ => Err(interp.raise_on("KeyError", "no mapping has the key", at, &[key])),
    }
}

fn chain(interp: &mut Interp<'_>, iterables: &[Val], at: Region) -> Res<Val> {
    let mut items = Vec::new();
    for iterable in iterables {
        match interp.elements(iterable, at)? {
            Ok(elements) => items.extend(elements),
            Err(unknown) => items.push(Elem::Many(unknown)),
        }
    }
    Ok(interp.iterator(items))
}

fn reduce(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let (Some(function), Some(iterable)) = (args.pos.first().cloned(), args.pos.get(1)) else {
        return Err(interp.wrong_arguments("reduce", at, args));
    };
    let Some(items) = interp.certain_elements(iterable, at)? else { return Ok(interp.unknown_of(&[iterable], at)) };
    let mut items = items.into_iter();
    let mut total = match args.pos.get(2) {
        Some(initial) => initial.clone(),
        None => match items.next() {
            Some(first) => first,
            None => return Err(interp.raise_plain("TypeError", "there is nothing to reduce", at)),
        },
    };
    for item in items {
        total = interp.call_values(&function, vec![total, item], at)?;
    }
    Ok(total)
}

/// A copy of everything inside; aliases inside stay aliases of each other.
fn deep_copy(interp: &mut Interp<'_>, value: &Val, copies: &mut Vec<(Id, Id)>, depth: usize) -> Res<Val> {
    interp.burn(1)?;
    if depth > 100 {
        return Ok(Val::unknown(Why::Limit("nesting".into()), value.at));
    }
    let again = |copies: &[(Id, Id)], id: Id| copies.iter().find(|(from, _)| *from == id).map(|(_, to)| *to);
    let kind = match &value.kind {
        Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => {
            let copy = if let Some(copy) = again(copies, *id) {
                copy
            } else {
                let stored = interp.heap.stored(*id).clone();
                let copy = interp.heap.new_cell(Cell::clone(&stored.cell));
                copies.push((*id, copy));
                interp.copy_class(*id, copy);
                let cell = match Cell::clone(&stored.cell) {
                    Cell::List(items) => Cell::List(deep_items(interp, &items, copies, depth)?),
                    Cell::Set(items) => Cell::Set(deep_items(interp, &items, copies, depth)?),
                    Cell::Dict(mut dict) => {
                        for slot in dict.entries.values_mut() {
                            slot.value = deep_copy(interp, &slot.value.clone(), copies, depth + 1)?;
                        }
                        Cell::Dict(dict)
                    }
                    other => other,
                };
                *interp.heap.cell_mut(copy) = cell;
                interp.heap.depend(copy, &stored.deps);
                copy
            };
            match value.kind {
                Kind::List(_) => Kind::List(copy),
                Kind::Set(_) => Kind::Set(copy),
                _ => Kind::Dict(copy),
            }
        }
        Kind::Tuple(items) => Kind::Tuple(Rc::new(deep_items(interp, items, copies, depth)?)),
        other => other.clone(),
    };
    Ok(Val { kind, ..value.clone() })
}

fn deep_items(interp: &mut Interp<'_>, items: &[Elem], copies: &mut Vec<(Id, Id)>, depth: usize) -> Res<Vec<Elem>> {
    items
        .iter()
        .map(|item| {
            Ok(match item {
                Elem::One(item) => Elem::One(deep_copy(interp, item, copies, depth + 1)?),
                Elem::Perhaps(item, condition) => Elem::Perhaps(deep_copy(interp, item, copies, depth + 1)?, condition.clone()),
                Elem::Many(unknown) => Elem::Many(unknown.clone()),
            })
        })
        .collect()
}
