"""`glacier-manifest schema`."""

import click

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import console_options
from glacier_manifest.manifest.schema import schema_text


@click.command("schema", short_help="Print the JSON Schema of manifests, for editors.")
@console_options
@click.pass_obj
def command(console: Console) -> None:
    """Print the JSON Schema (draft 07) of manifests, which editors complete and check by."""
    console.out(schema_text())
