"""Which codes the program can raise, read from its sources.

Whatever takes a parameter named `code` (an error, a diagnostic, a finding, a mishap, an answer) is found by
its definition; every text that is handed in at that place is a code.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from glacier_manifest.aws.causes import Cause

PACKAGE = Path(__file__).parents[2] / "glacier_manifest"

_WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WRITTEN_OUT = re.compile(r"error\[([a-z0-9-]+)\]")


@cache
def raised_codes() -> frozenset[str]:
    """Return every code that a user may meet."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in _sources()]
    places = _places_of_code(trees)
    constants = {name: text for tree in trees for name, text in _constants(tree)}
    found = {code for tree in trees for code in (*_handed_in(tree, places, constants), *_written_out(tree))}
    return frozenset(found | {str(cause) for cause in Cause})


def _sources() -> Iterator[Path]:
    """The sandbox speaks with the codes of AWS, not with ours."""
    return (path for path in PACKAGE.rglob("*.py") if "sandbox" not in path.relative_to(PACKAGE).parts)


def _places_of_code(trees: list[ast.Module]) -> dict[str, set[int]]:
    """Return where the parameter `code` stands, by the name of what is called."""
    places: dict[str, set[int]] = {}
    classes: dict[str, list[str]] = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.ClassDef):
            classes[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
            _note(places, node.name, list(_fields(node)))
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    _note(places, node.name, _parameters(one))
        if isinstance(node, ast.FunctionDef):
            _note(places, node.name, _parameters(node))
    return _inherited(places, classes)


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            yield one.target.id


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [one.arg for one in function.args.args if one.arg not in {"self", "cls"}]


def _note(places: dict[str, set[int]], name: str, parameters: list[str]) -> None:
    if "code" in parameters:
        places.setdefault(name, set()).add(parameters.index("code"))


def _inherited(places: dict[str, set[int]], classes: dict[str, list[str]]) -> dict[str, set[int]]:
    """Let a class that has no constructor of its own take its base's, however far up."""
    known = dict(places)
    while True:
        new = {
            name: known[base]
            for name, bases in classes.items()
            for base in bases
            if base in known and name not in known
        }
        if not new:
            return known
        known |= new


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text


def _handed_in(tree: ast.Module, places: dict[str, set[int]], constants: dict[str, str]) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        wanted = places.get(_called(call), set())
        arguments = [value for index, value in enumerate(call.args) if index in wanted]
        arguments += [keyword.value for keyword in call.keywords if keyword.arg == "code"]
        if _called(call) == "__init__":
            arguments += call.args[:1]
        texts = (_text(argument, constants) for argument in arguments)
        yield from (text for text in texts if text is not None and _WORD.fullmatch(text))


def _text(argument: ast.expr, constants: dict[str, str]) -> str | None:
    match argument:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants.get(name)
    return None


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _written_out(tree: ast.Module) -> Iterator[str]:
    """The entry point writes a few codes itself, as in ``f"error[usage]: {message}"``."""
    for text in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        for piece in text.values:
            if isinstance(piece, ast.Constant):
                yield from _WRITTEN_OUT.findall(str(piece.value))
