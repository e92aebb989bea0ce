"""Whether a value as shipworthy knows it allows the value that Python has."""

import json

EXACTLY, PERHAPS, NEVER = "exactly", "perhaps", "never"


def tag_of(value):
    return next(iter(value)) if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$") else None


def stands_in(value):
    if isinstance(value, dict):
        return "$stand_in" in value or any(stands_in(part) for part in value.values())
    return isinstance(value, list) and any(stands_in(part) for part in value)


def admits(ours, truth):
    """Whether our value, as tagged JSON, allows the real one."""
    if tag_of(truth) == "$stand_in" or tag_of(ours) == "$unknown":
        return PERHAPS
    if tag_of(ours) == "$one_of":
        return PERHAPS if any(admits(one, truth) != NEVER for one in ours["$one_of"]) else NEVER
    if isinstance(ours, list):
        return sequence(ours, truth) if isinstance(truth, list) else NEVER
    kind = tag_of(ours)
    if kind != tag_of(truth):
        return NEVER
    if kind in ("$tuple", "$dict"):
        return sequence(ours[kind], truth[kind])
    if kind == "$set":
        left = sorted(truth[kind], key=json.dumps)
        return sequence(sorted(ours[kind], key=json.dumps), left) if not stands_in(left) else PERHAPS
    if kind == "$ref" and ours != truth:
        return EXACTLY if ours["$ref"].split(".")[-1] == truth["$ref"].split(".")[-1] else NEVER
    return EXACTLY if ours == truth and type(ours) is type(truth) else NEVER


def sequence(ours, truths):
    if len(ours) != len(truths):
        return NEVER
    found = [admits(one, truth) for one, truth in zip(ours, truths)]
    return NEVER if NEVER in found else PERHAPS if PERHAPS in found else EXACTLY


def first_difference(ours, truth, route=""):
    if isinstance(ours, list) and isinstance(truth, list) and len(ours) == len(truth):
        for index, (one, other) in enumerate(zip(ours, truth)):
            if admits(one, other) == NEVER:
                return first_difference(one, other, f"{route}[{index}]")
    kind = tag_of(ours)
    if kind in ("$dict", "$tuple") and kind == tag_of(truth):
        return first_difference(ours[kind], truth[kind], route)
    return f"{route} ours {json.dumps(ours, ensure_ascii=False)[:300]} · Python {json.dumps(truth, ensure_ascii=False)[:300]}"
