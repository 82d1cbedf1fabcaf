"""A file of prices: what a manifest writes below ``prices:``, alone in a file, as YAML or JSON."""

from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity, in_file_order
from glacier_manifest.manifest.aws_cli import mapping_node
from glacier_manifest.manifest.explaining import kind_of
from glacier_manifest.manifest.file_checking import check_file
from glacier_manifest.manifest.findings import Document, locate
from glacier_manifest.manifest.json_nodes import compose_json
from glacier_manifest.manifest.model import Prices
from glacier_manifest.manifest.section_building import build_prices
from glacier_manifest.manifest.yaml_nodes import Member, Node, compose
from glacier_manifest.manifest.yaml_source import Source

_NEXT_STEP = "correct the places shown above, then run the same command again"


def read_price_file(source: Source) -> tuple[Prices, tuple[Diagnostic, ...]]:
    """Read a file of prices: ``date`` and ``regions``, as below ``prices:`` in a manifest.

    Returns:
        The table, and the warnings.

    Raises:
        InvalidInput: The file is neither YAML nor JSON, or is wrong; it carries all errors and warnings.
    """
    root, repeated = _compose(source)
    if not isinstance(root.value, dict):
        raise InvalidInput([_not_prices(source, root)], next_step=_NEXT_STEP)
    file = check_file(_as_manifest(source, root))
    found = in_file_order([*repeated, *locate(file.document, file.findings)])
    prices = build_prices(file)
    if prices is None or any(one.severity is Severity.ERROR for one in found):
        raise InvalidInput(found, next_step=_NEXT_STEP)
    return prices, found


def _compose(source: Source) -> tuple[Node, tuple[Diagnostic, ...]]:
    try:
        return compose_json(source) if source.text.lstrip().startswith("{") else compose(source)
    except InvalidInput as error:
        raise InvalidInput(error.diagnostics, next_step=_NEXT_STEP) from error


def _as_manifest(source: Source, root: Node) -> Document:
    """Let the file be checked as the section that it is, its findings at their own places."""
    nothing = mapping_node({}, root)
    parts = {"version": Node(1, root.place), "jobs": nothing, "prices": root}
    members = {key: Member(root.place, part) for key, part in parts.items()}
    return Document(source, mapping_node(members, root))


def _not_prices(source: Source, root: Node) -> Diagnostic:
    what = "is empty" if root.value is None else f"holds {kind_of(root.value)}"
    message = f"the file {what}, not a table of prices"
    advice = "write 'date' and 'regions', or name a price list of AWS for AmazonGlacier"
    return source.error("not-prices", message, root.place, advice)
