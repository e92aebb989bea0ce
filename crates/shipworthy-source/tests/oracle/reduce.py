"""Smaller versions of a generated project: one statement, branch or element less at a time."""

import ast


def candidates(files):
    """Projects with one thing less, the largest cuts first. Files that are no Python are dropped whole."""
    for path in files:
        if not path.endswith(".py"):
            yield {other: text for other, text in files.items() if other != path}
    for path, text in files.items():
        if not path.endswith(".py"):
            continue
        for smaller in modules(text):
            if len(smaller) < len(text):
                yield {**files, path: smaller}


def modules(text):
    tree = ast.parse(text)
    cuts = list(statement_cuts(tree)) + list(expression_cuts(tree))
    for cut in cuts:
        undo = cut()
        try:
            yield ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        except (ValueError, TypeError, AttributeError):
            pass
        undo()


def bodies(tree):
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body:
                yield node, field, body


def statement_cuts(tree):
    for node, field, body in bodies(tree):
        size = len(body)
        span = size
        while span > 1:
            span //= 2
            for start in range(0, size, span):
                yield lambda body=body, start=start, span=span, node=node, field=field: remove(node, field, body, start, span)
        if size == 1:
            yield lambda body=body, node=node, field=field: remove(node, field, body, 0, 1)
        for index, statement in enumerate(body):
            for inner_field in ("body", "orelse"):
                inner = getattr(statement, inner_field, None)
                if isinstance(inner, list) and inner and not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                    yield lambda body=body, index=index, inner=inner: replace(body, index, inner)


def remove(node, field, body, start, span):
    old = list(body)
    del body[start : start + span]
    if not body and field == "body" and not isinstance(node, ast.Module):
        body.append(ast.Pass())
    return lambda: body.__setitem__(slice(None), old)


def replace(body, index, inner):
    old = list(body)
    body[index : index + 1] = inner
    return lambda: body.__setitem__(slice(None), old)


def expression_cuts(tree):
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and not isinstance(node, (ast.Attribute, ast.NamedExpr)):
                for child in ast.iter_child_nodes(value):
                    if isinstance(child, ast.expr) and field != "func":
                        yield lambda node=node, field=field, child=child: set_field(node, field, child)
            if isinstance(value, list) and len(value) > 0 and all(isinstance(item, (ast.expr, ast.keyword)) for item in value):
                if isinstance(node, ast.Dict):
                    if field == "keys":
                        for index in range(len(value)):
                            yield lambda node=node, index=index: drop_pair(node, index)
                    continue
                for index in range(len(value)):
                    yield lambda value=value, index=index: drop(value, index)
                    item = value[index]
                    for child in ast.iter_child_nodes(item):
                        if isinstance(child, ast.expr):
                            yield lambda value=value, index=index, child=child: put(value, index, child)


def set_field(node, field, child):
    old = getattr(node, field)
    setattr(node, field, child)
    return lambda: setattr(node, field, old)


def drop(items, index):
    old = items.pop(index)
    return lambda: items.insert(index, old)


def put(items, index, child):
    old = items[index]
    items[index] = child
    return lambda: items.__setitem__(index, old)


def drop_pair(node, index):
    key, value = node.keys.pop(index), node.values.pop(index)
    return lambda: (node.keys.insert(index, key), node.values.insert(index, value))
