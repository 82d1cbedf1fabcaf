"""`glacier-manifest explain CODE`."""

from difflib import get_close_matches

import click

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import console_options
from glacier_manifest.errors import UsageError
from glacier_manifest.views.explain import explanations


@click.command("explain", short_help="Explain an error or warning code.")
@click.argument("code", required=False)
@console_options
@click.pass_obj
def command(console: Console, code: str | None) -> None:
    """Explain the CODE of an error or warning, such as unknown-key; without one, list them all."""
    known = explanations()
    if code is None:
        console.out("".join(f"{one}\n" for one in known))
        return
    if code not in known:
        raise _unknown(code, list(known))
    console.out(f"{code}\n\n{known[code]}\n")


def _unknown(code: str, known: list[str]) -> UsageError:
    close = get_close_matches(code, known, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return UsageError(
        "unknown-code",
        f"there is no code {code!r}",
        next_step=f"{hint}'glacier-manifest explain' lists all codes",
    )
