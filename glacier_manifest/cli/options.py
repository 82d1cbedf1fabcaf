"""The options that commands share; each may also be set as ``GLACIER_MANIFEST_<NAME>``."""

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import click

from glacier_manifest.fetching.parts import USUAL_PART, is_part_size
from glacier_manifest.units import parse_duration, parse_size

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class DurationType(click.ParamType[timedelta]):
    """``30s``, ``5m``, ``6h``, ``2d``."""

    name = "duration"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the text."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = DurationType()


def setting(*names: str, **attributes: Any) -> Decorator:  # noqa: ANN401 - click's own options
    """Make an option that its environment variable may set."""
    long = next(name for name in names if name.startswith("--"))
    envvar = "GLACIER_MANIFEST_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=envvar, show_envvar=False, **attributes)


def several(*decorators: Decorator) -> Decorator:
    """Join decorators, the first one outermost, so that `--help` lists them in this order."""
    return lambda function: reduce(lambda made, one: one(made), reversed(decorators), function)


class SizeType(click.ParamType[int]):
    """A size such as ``64 MiB``, as bytes."""

    name = "size"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text."""
        if isinstance(value, int):
            return value
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class PartSizeType(SizeType):
    """The size of a part: ``1MiB``, ``2MiB``, ``4MiB`` and so on."""

    name = "part-size"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text."""
        size = super().convert(value, param, ctx)
        if not is_part_size(size):
            self.fail(f"{value!r} is not 1MiB, 2MiB, 4MiB and so on", param, ctx)
        return size


def _set_color(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    ctx.obj.color = value


def _set_log_format(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    ctx.obj.log_format = value


def _louder(ctx: click.Context, _param: click.Parameter, value: int) -> None:
    ctx.obj.verbosity += value


def _quieter(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    ctx.obj.verbosity -= int(value)


console_options = several(
    setting(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        expose_value=False,
        callback=_set_color,
        help="Color the output; NO_COLOR is heeded.",
    ),
    setting(
        "--log-format",
        type=click.Choice(["auto", "console", "json"]),
        default="auto",
        expose_value=False,
        callback=_set_log_format,
        help="Logs on stderr: console on a terminal and JSON elsewhere, unless said here.",
    ),
    click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_quieter, help="Say less."),
    click.option("-v", "--verbose", count=True, expose_value=False, callback=_louder, help="Say more."),
)

state_option = setting(
    "--state",
    metavar="URL",
    help="Where the state is. [default: .glacier-manifest/state.db beside the manifests]",
)

aws_options = several(
    setting("--profile", help="The profile of the AWS configuration."),
    setting("--region", help="The region, where the manifest names none."),
    setting("--endpoint-url", metavar="URL", help="Another Glacier than AWS's, such as the sandbox."),
)

selection_options = several(
    setting(
        "--target", "targets", multiple=True, metavar="ADDRESS", help="Only these requests; * and ? match."
    ),
    setting("--exclude", "excludes", multiple=True, metavar="ADDRESS", help="Not these requests."),
)

skip_bad_rows_option = setting(
    "--skip-bad-rows",
    is_flag=True,
    help="Leave out rows of inventories that cannot be read, and say how many.",
)

planning_options = several(
    setting(
        "--restart",
        "restarts",
        multiple=True,
        metavar="ADDRESS|expired|failed",
        help="Buy these requests again.",
    ),
    setting(
        "--allow",
        "allowances",
        multiple=True,
        metavar="NAME[=VALUE]",
        help="Lift one limit for this approval: jobs=N, bytes=10TiB, cost=50USD, expedited_jobs=N, or "
        "JOB.jobs=N and so on; or let start what is unknown: unknown-size, unknown-price.",
    ),
    setting(
        "--prices",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Prices that count before all others: a file of our own, or AWS's price list.",
    ),
    setting("--max-jobs", type=click.IntRange(min=1), metavar="N", help="Start the next N only."),
    skip_bad_rows_option,
    click.option(
        "--new-account",
        is_flag=True,
        help="Take account '-' for one that the state has not seen before.",
    ),
)

adoption_option = setting("--no-adopt", is_flag=True, help="Take over no job that somebody else has started.")

refresh_option = setting(
    "--refresh",
    type=bool,
    default=True,
    is_flag=False,
    flag_value=True,
    metavar="true|false",
    help="Ask Glacier what the jobs are doing. [default: true]",
)


fetching_options = several(
    setting(
        "--to",
        metavar="PLACE",
        help="Store all outputs there, whatever save_to says: a folder, s3://BUCKET/PREFIX, or a template.",
    ),
    setting("--overwrite", is_flag=True, help="Replace other files and objects that have a wanted name."),
    setting(
        "--storage-class",
        metavar="CLASS",
        help="The storage class of new objects in S3, such as STANDARD_IA.",
    ),
    setting(
        "--sse",
        type=click.Choice(["AES256", "aws:kms", "aws:kms:dsse"]),
        help="The server-side encryption of new objects in S3.",
    ),
    setting("--sse-kms-key-id", metavar="KEY", help="The KMS key of that encryption."),
    setting(
        "--part-size",
        type=PartSizeType(),
        default=USUAL_PART,
        help="Read parts of this size, 2^k MiB. 64MiB, unless said.",
    ),
    setting(
        "--concurrency",
        type=click.IntRange(1, 128),
        default=8,
        show_default=True,
        help="Read so many parts at once.",
    ),
)


def format_option(*formats: str) -> Decorator:
    """Make the `--format` option of a command; the first format is its default."""
    return setting(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="The form of the result on stdout.",
    )


def manifests_argument(*, required: bool = True) -> Decorator:
    """Make the argument that takes manifests and folders."""
    return click.argument(
        "paths",
        metavar="MANIFEST..." if required else "[MANIFEST]...",
        nargs=-1,
        required=required,
        type=click.Path(path_type=Path),
    )
