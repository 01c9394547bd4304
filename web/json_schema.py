"""Python's types as JSON Schema (draft 2020-12): what `as_json` makes of a value."""

import types
from dataclasses import fields, is_dataclass
from decimal import Decimal
from inspect import cleandoc
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Schema = dict[str, Any]

_PLAIN: dict[object, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
    None: {"type": "null"},
    types.NoneType: {"type": "null"},
}


def schema(kind: Any) -> Schema:
    """
    The schema of *kind*: a dataclass, or plain types in tuples, lists, mappings and unions.

    >>> schema(tuple[str, ...])
    {'type': 'array', 'items': {'type': 'string'}}
    >>> schema(int | None)
    {'type': ['integer', 'null']}

    Raises:
        TypeError: Another type.
    """
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if isinstance(kind, type) and is_dataclass(kind):
        return _members(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in (Union, types.UnionType):
        return _union([schema(part) for part in parts])
    if origin is dict:
        return {"type": "object", "additionalProperties": schema(parts[1])}
    if origin is list or (origin is tuple and parts[1:] == (...,)):
        return {"type": "array", "items": schema(parts[0])}
    if origin is tuple:
        # prefixItems would say more, and many programs that read OpenAPI do not know it.
        items = _union([schema(part) for part in dict.fromkeys(parts)])
        return {"type": "array", "items": items, "minItems": len(parts), "maxItems": len(parts)}
    raise TypeError(f"{kind!r} has no schema")


def _members(kind: type) -> Schema:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    found: Schema = {"type": "object", "title": kind.__name__}
    # A dataclass without words of its own has its signature for a docstring.
    if kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("):
        found["description"] = cleandoc(kind.__doc__)
    found["properties"] = {name: schema(hints[name]) for name in names}
    found["required"] = names
    return found


def _union(options: list[Schema]) -> Schema:
    if len(options) == 1:
        return options[0]
    if all(option.keys() == {"type"} for option in options):
        return {"type": [option["type"] for option in options]}
    return {"anyOf": options}
