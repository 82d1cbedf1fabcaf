"""Pydantic's errors in the program's own words."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from glacier_manifest.manifest.findings import Finding, Path
from glacier_manifest.manifest.misplaced import stray_key
from glacier_manifest.manifest.values import shown
from glacier_manifest.manifest.where import name_of, within
from glacier_manifest.manifest.words import closest, did_you_mean

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "bool_type": "true or false",
    "text_or_mapping": "text or a mapping",
}
_ADVICE = {
    "text": "write text, in quotes where it looks like something else",
    "a whole number": "write digits, without quotes",
    "a number": "write digits, without quotes",
    "a list": "write '- item' lines below the key, or [item, item]",
    "a mapping": "write 'key: value' lines below the key, indented",
    "true or false": "write true or false, without quotes",
    "text or a mapping": "write text, or 'key: value' lines below the key, indented",
}
_KINDS: dict[type, str] = {str: "text", list: "a list", dict: "a mapping", bool: "true or false"}
_BOUNDS = {"gt": "more than", "ge": "at least", "le": "at most"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file that a model checks.

    Attributes:
        model: The model.
        path: Where the part stands in the file.
        job_type: The type of the job that the part is, or stands in; None elsewhere.
    """

    model: type[BaseModel]
    path: Path
    job_type: str | None = None

    def explain(self, error: ValidationError) -> Iterator[Finding]:
        """Yield a finding for each error of the part."""
        for details in error.errors(include_url=False):
            yield self._finding(details)

    def _finding(self, details: ErrorDetails) -> Finding:
        path = (*self.path, *details["loc"])
        kind, value, context = details["type"], details["input"], details.get("ctx", {})
        if "message" in context:
            return self._own(kind, context, path)
        if kind == "extra_forbidden":
            return stray_key(path, fields_at(self.model, details["loc"][:-1]), self.job_type)
        if kind == "missing":
            return missing_key(str(path[-1]), path[:-1], self.job_type)
        if kind in _WANTED or not isinstance(value, str | int | float):
            return wrong_type(_WANTED.get(kind, "text"), value, path, self.job_type)
        return _EXPLAINERS.get(kind, _does_not_fit)(value, context, path, self._owner(path))

    def _own(self, code: str, context: dict[str, Any], path: Path) -> Finding:
        blamed = (*path, *context["at"])
        lacking = code == "missing-key"
        place = within(path, self.job_type) if lacking else self._owner(blamed)
        message = f"{context['message']}{place}"
        at_key = code in {"missing-key", "conflicting-keys"}
        return Finding(code, blamed, message, context["advice"], at_key=at_key, subject=message)

    def _owner(self, path: Path) -> str:
        return within(owner(path), self.job_type)


def owner(path: Path) -> Path:
    """Return the path of the mapping that a value, or the list that holds it, stands in."""
    last = max((index for index, segment in enumerate(path) if isinstance(segment, str)), default=0)
    return path[:last]


def missing_key(key: str, parent: Path, job_type: str | None, advice: str | None = None) -> Finding:
    """Return the finding for a key that a mapping lacks."""
    message = f"missing key '{key}'{within(parent, job_type)}"
    return Finding("missing-key", parent, message, advice or f"add '{key}'", at_key=True, subject=key)


def wrong_type(wanted: str, value: object, path: Path, job_type: str | None) -> Finding:
    """Return the finding for a value of another type than its key has."""
    subject = name_of(path, job_type)
    if (path and path[0] != "jobs") or len(path) > 2:  # noqa: PLR2004 - ("jobs", its name) is named as a job
        key = next((segment for segment in reversed(path) if isinstance(segment, str)), "")
        item = "an item of " if isinstance(path[-1], int) else ""
        subject = f"{item}'{key}'{within(owner(path), job_type)}"
    message = f"{subject} must be {wanted}, not {kind_of(value)}"
    return Finding("wrong-type", path, message, _how(wanted, value))


def _how(wanted: str, value: object) -> str:
    if value is None:
        return "write a value, or remove the key"
    if wanted == "text" and isinstance(value, int | float):
        return f"put it in quotes: without them it is {kind_of(value)}"
    return _ADVICE[wanted]


def kind_of(value: object) -> str:
    """Return what a value is, for people."""
    if value is None:
        return "empty"
    return _KINDS.get(type(value)) or f"the number {shown(value)}"


def unknown_value(value: object, allowed: list[str], path: Path, place: str) -> Finding:
    """Return the finding for a value that is not one of those allowed."""
    key = next((segment for segment in reversed(path) if isinstance(segment, str)), "")
    meant = closest(str(value), allowed)
    return Finding(
        code="unknown-value",
        path=path,
        message=f"unknown value '{shown(value)}' of '{key}'{place}",
        advice=f"allowed values: {', '.join(allowed)}",
        label=did_you_mean(meant),
    )


def _not_among(value: object, context: dict[str, Any], path: Path, place: str) -> Finding:
    return unknown_value(value, re.findall(r"'([^']*)'", context["expected"]), path, place)


def _out_of_bounds(value: object, context: dict[str, Any], path: Path, place: str) -> Finding:
    bound = next(f"{words} {context[name]:g}" for name, words in _BOUNDS.items() if name in context)
    message = f"'{path[-1]}'{place} is {shown(value)}, and must be {bound}"
    return Finding("invalid-value", path, message, f"write a number: {bound}")


def _does_not_fit(value: object, _context: dict[str, Any], path: Path, place: str) -> Finding:
    message = f"'{shown(value)}' does not fit '{path[-1]}'{place}"
    return Finding("invalid-value", path, message, "see what the key may hold in the manifest's reference")


_EXPLAINERS: dict[str, Callable[[object, dict[str, Any], Path, str], Finding]] = {
    "literal_error": _not_among,
    "greater_than": _out_of_bounds,
    "greater_than_equal": _out_of_bounds,
    "less_than_equal": _out_of_bounds,
}


def fields_at(model: type[BaseModel], location: Path) -> tuple[str, ...]:
    """Return the keys that the mapping at a location of a model may have."""
    current: type[BaseModel] | None = model
    for segment in location:
        if current is not None:
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            current = _model_in(fields[str(segment)].annotation) if segment in fields else current
    return () if current is None else keys_of(current)


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a mapping, as they are written."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)
