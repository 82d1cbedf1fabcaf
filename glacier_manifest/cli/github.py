"""What a workflow of GitHub reads: annotations on stdout, and the summary of the step in a file."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glacier_manifest.cli.console import Console
from glacier_manifest.diagnostics import Diagnostic, InvalidInput, Severity
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.views import diagnostics as view

#: Names the file that takes Markdown (docs: GitHub, "Workflow commands", Adding a job summary).
SUMMARY = "GITHUB_STEP_SUMMARY"


@contextmanager
def annotated(console: Console, form: str) -> Iterator[None]:
    """Annotate what ends a command, where its result is for GitHub; it is raised all the same.

    Args:
        console: Takes the annotations.
        form: The form of the result.
    """
    try:
        yield
    except GlacierManifestError as error:
        if form == "github":
            console.out(view.github(_findings(error)))
        raise


def _findings(error: GlacierManifestError) -> Iterable[Diagnostic]:
    if isinstance(error, InvalidInput):
        return error.diagnostics
    return [Diagnostic(Severity.ERROR, error.code, error.message, help=error.next_step)]


def add_to_summary(console: Console, markdown: str) -> None:
    """Add to the summary of the step, where there is one.

    Raises:
        OSError: The file cannot be written.
    """
    named = console.environment.get(SUMMARY)
    if not named:
        console.note(f"{SUMMARY} names no file, so the plan is shown nowhere; --format markdown prints it")
        return
    with Path(named).open("a", encoding="utf-8") as summary:
        summary.write(f"{markdown}\n")
