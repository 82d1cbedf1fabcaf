"""Which prices a plan is reckoned with: those shipped, over them the manifest's, over them ``--prices``."""

from collections.abc import Callable, Sequence
from pathlib import Path

from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.manifest import Prices
from glacier_manifest.manifest.price_file import read_price_file
from glacier_manifest.manifest.yaml_source import read_source
from glacier_manifest.planning.price_list import is_price_list, read_price_list
from glacier_manifest.planning.price_table import SHIPPED
from glacier_manifest.planning.prices import PriceTable, of_manifest


def prices_for(
    written: Prices | None, file: Path | None, *, warn: Callable[[Sequence[Diagnostic]], None]
) -> PriceTable:
    """Return the prices that count: a region is taken whole from the last table that has it.

    Args:
        written: What the manifest says below ``prices:``.
        file: What `--prices` names.
        warn: Takes what is odd in a file.

    Raises:
        InvalidInput: A file cannot be read, or holds no prices.
    """
    table = SHIPPED
    if written is not None:
        own = of_manifest(written) if written.file is None else _of_file(written.file, warn)
        table = table.overridden_by(own)
    return table if file is None else table.overridden_by(_of_file(file, warn))


def _of_file(file: Path, warn: Callable[[Sequence[Diagnostic]], None]) -> PriceTable:
    source = read_source(file)
    if is_price_list(source.text):
        return read_price_list(source.text, file=file)
    prices, warnings = read_price_file(source)
    warn(warnings)
    return of_manifest(prices)
