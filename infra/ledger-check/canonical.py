"""RFC 8785: the one byte sequence of a JSON value. Every number is a double there, as in ECMAScript."""

import json
import math
from decimal import Decimal


def parse(text):
    return json.loads(text, parse_int=float, parse_constant=refuse, object_pairs_hook=members)


def members(pairs):
    """Refuses what readers understand differently: a name that is there twice, and one that ECMAScript programs drop."""
    found = dict(pairs)
    if len(found) != len(pairs) or "__proto__" in found:
        refuse("such a member")
    return found


def refuse(name):
    raise ValueError(f"{name} is no JSON")


def canonical(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return number(float(value))
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"


def number(value):
    """ECMAScript's Number::toString: the shortest digits that give the same double, laid out by its rules."""
    if not math.isfinite(value):
        raise ValueError("not a number of JSON")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent
    minus = "-" if sign else ""
    if len(text) <= point <= 21:
        return minus + text + "0" * (point - len(text))
    if 0 < point <= 21:
        return f"{minus}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{minus}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
