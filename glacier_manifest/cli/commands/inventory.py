"""`glacier-manifest inventory list|show|diff`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click

from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.filtering import Filter, filter_options
from glacier_manifest.cli.inventories import Inventories
from glacier_manifest.cli.options import Decorator, console_options, format_option, setting, several
from glacier_manifest.cli.sorting import by_archive_id
from glacier_manifest.cli.wiring import now, warn
from glacier_manifest.diagnostics import Diagnostic
from glacier_manifest.inventory.bad_rows import BadRows, RefuseBadRows, SkipBadRows
from glacier_manifest.inventory.census import Census
from glacier_manifest.inventory.difference import differences
from glacier_manifest.inventory.reading import Inventory
from glacier_manifest.views import differences as differences_view
from glacier_manifest.views import inventories as view

_SOURCE = (
    "A SOURCE is a file or s3://bucket/key, JSON or CSV as Glacier writes them, packed with gzip or not."
)

_reading_options: Decorator = several(
    setting("--skip-bad-rows", is_flag=True, help="Leave out rows that cannot be read, and say how many."),
    setting("--profile", help="The profile of the AWS configuration, for s3://."),
    setting("--region", help="The region, for s3://."),
)


@click.group("inventory", short_help="Look into vault inventories: list, show, diff.")
def command() -> None:
    """Look into inventories as Glacier writes them: what is in one, and what has changed between two."""


@command.command("list", epilog=_SOURCE)
@click.argument("source")
@filter_options
@format_option("human", "json", "ndjson", "csv")
@_reading_options
@console_options
@click.pass_obj
def list_command(
    console: Console,
    /,
    *,
    source: str,
    form: str,
    skip_bad_rows: bool,
    profile: str | None,
    region: str | None,
    **conditions: Any,  # noqa: ANN401 - click hands in the options by name
) -> None:
    """List the archives of an inventory, as they come: all of them, or those that pass every condition.

    An exit code other than 0 says that the list is not whole: an inventory that is cut shows it at its end.
    """
    with _inventories(console, skip_bad_rows=skip_bad_rows, profile=profile, region=region) as inventories:
        inventory = inventories.named(source)
        archives = Filter(**conditions).of(inventory)
        match form:
            case "json":
                console.lines(view.as_json(archives, lambda: inventory.head.inventory_date))
            case "ndjson":
                console.json_lines(map(view.archive_json, archives))
            case "csv":
                console.lines(view.as_csv(archives))
            case _:
                console.lines(view.lines(archives))


@command.command("show", epilog=_SOURCE)
@click.argument("source")
@click.option(
    "--largest", type=click.IntRange(min=0), default=10, show_default=True, help="How many to show."
)
@click.option(
    "--depth", type=click.IntRange(min=1), default=1, show_default=True, help="Folders to tell apart."
)
@format_option("human", "json")
@_reading_options
@console_options
@click.pass_obj
def show_command(
    console: Console,
    /,
    *,
    source: str,
    largest: int,
    depth: int,
    form: str,
    **reading: Any,  # noqa: ANN401 - click hands in the options by name
) -> None:
    """Show what is in an inventory: whose and how old it is, archives and bytes, by year and by folder."""
    with _inventories(console, **reading) as inventories:
        inventory = inventories.named(source)
        census = Census(largest, depth)
        census.take(inventory)
    walked = inventory.walked
    assert walked is not None  # noqa: S101 - for the type checker: it was walked to its end
    if form == "json":
        console.json(view.census_json(census, walked))
    else:
        console.out(view.census_text(census, walked, now=now()))


@command.command("diff", epilog=_SOURCE)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@format_option("human", "json", "csv")
@_reading_options
@console_options
@click.pass_obj
def diff_command(console: Console, /, *, old: str, new: str, form: str, **reading: Any) -> None:  # noqa: ANN401 - the same
    """Show what has changed from the inventory OLD to the inventory NEW of a vault.

    Both are read to their end, and sorted on disk, before anything is shown.
    """
    with _inventories(console, **reading) as inventories:
        before, after = inventories.named(old), inventories.named(new)
        with by_archive_id(before) as sorted_before, by_archive_id(after) as sorted_after:
            _note_vaults(console, before, after)
            found = differences(sorted_before, sorted_after)
            match form:
                case "json":
                    console.lines(differences_view.as_json(found, lambda: (before.head, after.head)))
                case "csv":
                    console.lines(differences_view.as_csv(found))
                case _:
                    console.lines(differences_view.lines(found))


def _note_vaults(console: Console, old: Inventory, new: Inventory) -> None:
    vaults = [one.head.vault_arn for one in (old, new)]
    if None not in vaults and vaults[0] != vaults[1]:
        console.note(f"These are inventories of two vaults: {vaults[0]} and {vaults[1]}.")


@contextmanager
def _inventories(
    console: Console, *, skip_bad_rows: bool, profile: str | None, region: str | None
) -> Iterator[Inventories]:
    tell: Callable[[Diagnostic], None] = lambda found: warn(console, [found])  # noqa: E731 - a name for its type
    bad_rows: Callable[[], BadRows] = partial(SkipBadRows, tell) if skip_bad_rows else RefuseBadRows
    with Clients(Connection(profile, region)) as clients:
        yield Inventories(clients, bad_rows=bad_rows)
