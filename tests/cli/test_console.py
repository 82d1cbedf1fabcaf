"""Who is written to, in which colors, and who is asked."""

import io
import json
import os
from pathlib import Path

import pytest

from glacier_manifest.cli.console import Console
from glacier_manifest.errors import Failed


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def console(**fields: object) -> Console:
    streams = {"stdout": io.StringIO(), "stderr": io.StringIO(), "environment": {}}
    return Console(**{**streams, **fields})  # type: ignore[arg-type]  # each field as the test needs it


def written(one: Console) -> tuple[str, str]:
    assert isinstance(one.stdout, io.StringIO)
    assert isinstance(one.stderr, io.StringIO)
    return one.stdout.getvalue(), one.stderr.getvalue()


def test_results_and_remarks_go_separate_ways() -> None:
    one = console()
    one.out("result\n")
    one.note("remark")

    assert written(one) == ("result\n", "remark\n")


def test_quiet_leaves_remarks_out_and_errors_in() -> None:
    one = console(verbosity=-1)
    one.note("remark")
    one.err("error\n")

    assert written(one) == ("", "error\n")


@pytest.mark.parametrize("text", ["plain", "é", "\udcff", "\U0001f4f7", 'a "quote"'])
def test_a_json_document_is_ascii_whatever_is_in_it(text: str) -> None:
    one = console()
    one.json({"text": text})

    out, _ = written(one)
    assert out.isascii()
    assert json.loads(out) == {"text": text}


@pytest.mark.parametrize(
    ("stream", "color", "environment", "is_colored"),
    [
        (io.StringIO, "auto", {}, False),
        (Terminal, "auto", {}, True),
        (Terminal, "auto", {"NO_COLOR": "1"}, False),
        (Terminal, "auto", {"NO_COLOR": ""}, True),
        (Terminal, "never", {}, False),
        (io.StringIO, "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_a_terminal_is_colored_unless_somebody_minds(
    stream: type[io.StringIO],
    color: str,
    environment: dict[str, str],
    is_colored: bool,  # noqa: FBT001 - a case of the table
) -> None:
    one = console(color=color, environment=environment)

    assert one.is_colored(stream()) == is_colored


@pytest.mark.parametrize(
    ("answer", "is_yes"),
    [("yes\n", True), ("yes", True), (" yes \n", True), ("y\n", False), ("Yes\n", False), ("", False)],
)
def test_only_yes_is_yes(answer: str, is_yes: bool) -> None:  # noqa: FBT001 - a case of the table
    one = console()

    assert one.confirm("Sure? ", lambda: answer) == is_yes
    assert written(one) == ("", "Sure? ")


def test_a_reader_who_left_is_not_written_to_any_more() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    asked = []

    def pieces() -> object:
        for number in range(3):
            asked.append(number)
            yield "x" * 1_000_000

    with open(writing, "w", encoding="utf-8") as stdout:  # noqa: PTH123 - a descriptor has no path
        one = console(stdout=stdout)
        one.lines(pieces())  # type: ignore[arg-type]  # a generator of texts
        one.out("and this")

    assert asked == [0]


def test_a_full_disk_behind_stdout_is_an_error_that_says_so() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full, pytest.raises(Failed) as failed:
        console(stdout=full).out("result")

    assert failed.value.code == "output-unwritable"
    assert "No space left on device" in failed.value.message


def test_a_full_disk_behind_stderr_ends_nothing() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        stderr = io.TextIOWrapper(full, encoding="utf-8", write_through=True)
        one = console(stderr=stderr)
        one.note("remark")
        one.out("result\n")

    assert isinstance(one.stdout, io.StringIO)
    assert one.stdout.getvalue() == "result\n"
