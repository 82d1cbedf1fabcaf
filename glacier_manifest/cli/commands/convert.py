"""`glacier-manifest convert DOCUMENT...`."""

import click

from glacier_manifest.cli.console import Console
from glacier_manifest.cli.options import console_options, setting
from glacier_manifest.manifest.convert import convert, document_path
from glacier_manifest.manifest.yaml_source import read_source


@click.command("convert", short_help="Turn AWS CLI JSON into a manifest.")
@click.argument("documents", metavar="DOCUMENT...", nargs=-1, required=True)
@click.option("--vault", metavar="NAME", help="The vault of documents that name none (--job-parameters).")
@setting("--region", help="The region to write into the manifest.")
@console_options
@click.pass_obj
def command(console: Console, documents: tuple[str, ...], vault: str | None, region: str | None) -> None:
    """Turn what 'aws glacier initiate-job' takes into a manifest, on stdout.

    A DOCUMENT is a --cli-input-json file, the JSON of --job-parameters, or a filled-in skeleton; several
    become one manifest, a job each.
    """
    sources = [read_source(document_path(name)) for name in documents]
    console.out(convert(sources, vault=vault, region=region))
