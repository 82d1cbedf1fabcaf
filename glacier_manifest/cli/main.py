"""The entry point: one way in, and one way out for whatever happens."""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from glacier_manifest import __version__
from glacier_manifest.cli.commands_table import CommandTable
from glacier_manifest.cli.console import Console
from glacier_manifest.cli.signals import Terminated, terminate
from glacier_manifest.diagnostics import InvalidInput
from glacier_manifest.errors import Exit, GlacierManifestError

_HELP = """Terraform's habits for Amazon Glacier vault jobs.

Write a YAML manifest, review a plan, apply it; apply it again as often as you like: nothing is paid for
twice.

\b
  glacier-manifest validate jobs.yaml     what is wrong with it, and where
  glacier-manifest plan jobs.yaml         what would start, and why
  glacier-manifest apply jobs.yaml        start it
  glacier-manifest status jobs.yaml       what the jobs are doing
"""

#: New objects before they are looked through for cycles, and how often the older ones are: importing all
#: that `apply` needs makes fewer.
_GARBAGE = (100_000, 20, 50)

_EPILOG = (
    "Exit codes: 0 done, 1 error, 2 something to start (--detailed-exitcode), 3 requests failed, 4 invalid, "
    "5 refused, 6 locked, 64 usage, 75 pending, 130 and 143 interrupted."
)


@click.group(
    cls=CommandTable,
    help=_HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="glacier-manifest", message="%(prog)s %(version)s")
def root() -> None:
    """Hold the commands together."""


def main() -> None:
    """Run the program on this process's arguments and exit."""
    # Looking for plugins that other packages brought for pydantic would take as long as checking a manifest.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # What is imported and planned stays; to look for garbage in it again and again is a quarter of all work.
    gc.set_threshold(*_GARBAGE)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text in any encoding
    signal.signal(signal.SIGTERM, terminate)
    code = run(sys.argv[1:], Console())
    # The interpreter's last look for garbage would be a fifth of a small run, to free what the end of the
    # process frees anyway.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str], console: Console) -> int:
    """Run one command.

    Args:
        arguments: The command line without the program's name.
        console: Where to write.

    Returns:
        The exit code.
    """
    try:
        result = root.main(
            args=list(arguments), prog_name="glacier-manifest", standalone_mode=False, obj=console
        )
    except click.ClickException as error:
        return _usage(error, console)
    except (click.Abort, KeyboardInterrupt):
        return _left_early(Exit.SIGINT, console)
    except Terminated:
        return _left_early(Exit.SIGTERM, console)
    except SystemExit:
        console.let_go()  # click leaves so when whoever read its help has gone (``| head``)
        return Exit.DONE
    except GlacierManifestError as error:
        return _failed(error, console)
    except OSError as error:
        return _file_fault(error, console)
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user; -v shows it
        return _fault(error, console)
    return int(result or Exit.DONE)


def _left_early(code: Exit, console: Console) -> int:
    """A signal that came while no job was being started."""
    console.err("\nnext: nothing was being started; run the same command again\n")
    return code


def _usage(error: click.ClickException, console: Console) -> int:
    command = (
        error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "glacier-manifest"
    )
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        console.err(error.format_message() + "\n")
        return Exit.USAGE
    console.err(f"error[usage]: {error.format_message()}\n")
    console.err(f"next: see '{command} --help'\n")
    return Exit.USAGE


def _failed(error: GlacierManifestError, console: Console) -> int:
    from glacier_manifest.views import failures  # noqa: PLC0415 - only a failure needs its words

    if isinstance(error, InvalidInput):
        from glacier_manifest.views import diagnostics  # noqa: PLC0415 - the same

        console.err(diagnostics.human(error.diagnostics, color=console.is_colored(console.stderr)))
    else:
        console.err(failures.human(error))
    console.err(failures.next_line(error.next_step))
    return error.exit_code


def _file_fault(error: OSError, console: Console) -> int:
    """A file that the user named cannot be read or written; rooms that know more say more themselves."""
    name = f" {error.filename}" if error.filename else ""
    console.err(f"error[file]: cannot use the file{name}: {error.strerror or error}\n")
    console.err("next: check the name, the permissions and the free space, then run it again\n")
    return Exit.ERROR


def _fault(error: Exception, console: Console) -> int:
    if console.verbosity > 0:
        import traceback  # noqa: PLC0415 - only here, and only when asked for

        console.err("".join(traceback.format_exception(error)))
    console.err(f"error[internal]: {type(error).__name__}: {error}\n")
    console.err("next: this is a fault of glacier-manifest; run it again with -v and report what it prints\n")
    return Exit.ERROR
