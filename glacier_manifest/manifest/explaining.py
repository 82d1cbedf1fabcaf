"""Pydantic's errors in the program's own words."""

import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from glacier_manifest.manifest.findings import Finding, Path
from glacier_manifest.manifest.misplaced import closest, stray_key
from glacier_manifest.manifest.values import shown
from glacier_manifest.manifest.where import name_of

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_ADVICE = {
    "list_type": "write '- item' lines below the key, or [item, item]",
    "dict_type": "write 'key: value' lines below the key, indented",
    "model_type": "write 'key: value' lines below the key, indented",
    "int_type": "write digits, without quotes",
    "float_type": "write digits, without quotes",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


def explain(error: ValidationError, model: type[BaseModel], prefix: Path, job_type: object) -> Iterator[Finding]:
    """Yield a finding for each error of a model that stands at `prefix` in the file."""
    for details in error.errors(include_url=False):
        yield _finding(details, model, prefix, job_type)


def _finding(details: ErrorDetails, model: type[BaseModel], prefix: Path, job_type: object) -> Finding:
    path = (*prefix, *details["loc"])
    kind, context = details["type"], details.get("ctx", {})
    if "message" in context:
        return _own(kind, context, path, job_type)
    if kind == "extra_forbidden":
        return stray_key(path, fields_at(model, details["loc"][:-1]), job_type)
    if kind == "missing":
        return missing_key(str(path[-1]), path[:-1], job_type)
    if kind in _WANTED or not isinstance(details["input"], str | int | float):
        return _wrong_type(_WANTED.get(kind, "text"), _ADVICE.get(kind), details["input"], path, job_type)
    explainer = _EXPLAINERS.get(kind, _does_not_fit)
    return explainer(details["input"], context, path, job_type)


def _own(code: str, context: dict[str, Any], path: Path, job_type: object) -> Finding:
    blamed = (*path, *context["at"])
    lacking = code == "missing-key"
    message = f"{context['message']}{_in(path if lacking else _owner(blamed), job_type)}"
    return Finding(code, blamed, message, context["advice"], at_key=lacking, subject=message)


def _owner(path: Path) -> Path:
    """Return the path of the mapping that a value, or the list that holds it, stands in."""
    last = max((index for index, segment in enumerate(path) if isinstance(segment, str)), default=0)
    return path if len(path) == 2 and path[0] == "jobs" else path[:last]  # noqa: PLR2004 - ("jobs", its name)


def _in(path: Path, job_type: object) -> str:
    """Return where something is, for the end of a message; nothing where it is at the top level."""
    return f" in {name_of(path, job_type)}" if path else ""


def missing_key(key: str, parent: Path, job_type: object, advice: str | None = None) -> Finding:
    """Return the finding for a key that a mapping lacks."""
    message = f"missing key '{key}'{_in(parent, job_type)}"
    return Finding("missing-key", parent, message, advice or f"add '{key}'", at_key=True, subject=key)


def _wrong_type(wanted: str, advice: str | None, value: object, path: Path, job_type: object) -> Finding:
    name = next((segment for segment in reversed(path) if isinstance(segment, str)), "")
    what = f"an item of '{name}'" if isinstance(path[-1], int) else f"'{name}'"
    message = f"{what} must be {wanted}, not {kind_of(value)}{_in(_owner(path), job_type)}"
    if value is None:
        advice = "write a value, or remove the key"
    elif wanted == "text" and isinstance(value, int | float):
        advice = f'quote it: "{str(value).lower() if isinstance(value, bool) else value}"'
    return Finding("wrong-type", path, message, advice)


def kind_of(value: object) -> str:
    """Return what a value is, for people."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    names = {str: "text", list: "a list", dict: "a mapping"}
    return names.get(type(value), "this")


def _unknown_value(value: object, context: dict[str, Any], path: Path, job_type: object) -> Finding:
    allowed = re.findall(r"'([^']*)'", context["expected"])
    key = next((segment for segment in reversed(path) if isinstance(segment, str)), "")
    meant = closest(str(value), allowed)
    return Finding(
        code="unknown-value",
        path=path,
        message=f"unknown {key} '{shown(value)}'{_in(_owner(path), job_type)}",
        advice=f"allowed values: {', '.join(allowed)}",
        label=None if meant is None else f"did you mean '{meant}'?",
    )


def _out_of_bounds(value: object, context: dict[str, Any], path: Path, job_type: object) -> Finding:
    words = next(f"{words} {context[name]}" for name, words in _BOUNDS.values() if name in context)
    message = f"'{path[-1]}' is {shown(value)}{_in(_owner(path), job_type)}, and must be {words}"
    return Finding("invalid-value", path, message, f"write a number of {words}")


def _does_not_fit(value: object, _context: dict[str, Any], path: Path, job_type: object) -> Finding:
    message = f"'{shown(value)}' does not fit '{path[-1]}'{_in(_owner(path), job_type)}"
    return Finding("invalid-value", path, message, "see the reference of this key")


_EXPLAINERS: dict[str, Callable[[object, dict[str, Any], Path, object], Finding]] = {
    "literal_error": _unknown_value,
    **dict.fromkeys(_BOUNDS, _out_of_bounds),
}


def fields_at(model: type[BaseModel], location: Path) -> tuple[str, ...]:
    """Return the keys that the mapping at a location of a model may have."""
    current: type[BaseModel] | None = model
    for segment in location:
        if isinstance(segment, str) and current is not None:
            current = _model_in(current.model_fields[segment].annotation)
    return tuple(current.model_fields) if current is not None else ()


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)
