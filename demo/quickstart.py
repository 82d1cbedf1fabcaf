"""Plays manifests/quickstart.yaml against a local Glacier, as somebody would who types the commands.

It needs the program and its runtime packages, no AWS account and no network: `make demo` sees to that.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

ROOT = Path(__file__).parents[1]
MANIFEST = "quickstart.yaml"
#: Longer than the commands before the wait take on a fast machine, so that it has something to wait for.
JOB_SECONDS = 5
LONGEST_SECONDS = 180

#: AWS publishes these for its documentation; the sandbox takes any. Only the commands below see them.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

AFTERWORD = """
That was the whole of it: a manifest, a plan, one apply, a second apply that started nothing, and the outputs.

Next:
  . .venv/bin/activate                 puts glacier-manifest on the PATH of this shell
  glacier-manifest sandbox --improvise runs a local Glacier of your own (docs/sandbox.md)
  write a manifest for a vault of yours (docs/manifest.md), with its real account_id and region
  glacier-manifest plan jobs.yaml      shows what would start, and starts nothing
  glacier-manifest apply jobs.yaml     shows it again and asks before it starts anything
  glacier-manifest run jobs.yaml       does it all, until everything is stored (docs/run.md)
  docs/exactly-once.md                 why nothing is paid for twice, and where that ends
"""


class DemoError(Exception):
    """A step did not go as it must."""


def main() -> int:
    """Play the quickstart; return the exit code."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="glacier-manifest-demo-") as name:
        folder = Path(name)
        shutil.copy(ROOT / "manifests" / MANIFEST, folder)
        try:
            with sandbox(folder) as url:
                play(folder, environment(GLACIER_MANIFEST_ENDPOINT_URL=url))
        except (DemoError, subprocess.TimeoutExpired) as error:
            print(f"demo: {error}", file=sys.stderr)
            print("next: run 'make test', which tells more", file=sys.stderr)
            return 1
    print(AFTERWORD)
    return 0


def environment(**more: str) -> Mapping[str, str]:
    """Return the environment of the commands: this one's, without its AWS settings."""
    ours = ("AWS_", "GLACIER_MANIFEST_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**inherited, **CREDENTIALS, "PYTHONUNBUFFERED": "1", **more}


def play(folder: Path, env: Mapping[str, str]) -> None:
    """Run the commands, one after the other."""
    say("A local Glacier is running: nothing in it is real, and nothing is paid.")
    type_in(f"export GLACIER_MANIFEST_ENDPOINT_URL={env['GLACIER_MANIFEST_ENDPOINT_URL']}", "")
    type_in(f"cat {MANIFEST}", (folder / MANIFEST).read_text(encoding="utf-8"))
    step(f"validate {MANIFEST}", folder, env)
    step(f"plan {MANIFEST}", folder, env)
    step(f"apply --yes {MANIFEST}", folder, env)
    say("Once more: what was started is not started again.")
    step(f"apply --yes {MANIFEST}", folder, env, wanted="Nothing to do")
    step(f"status {MANIFEST}", folder, env)
    say(f"Waiting for the jobs (hours at AWS, {JOB_SECONDS} seconds here) ...")
    step(f"wait --poll 1s {MANIFEST}", folder, env)
    step(f"status {MANIFEST}", folder, env, wanted="2 succeeded")
    say("At AWS an output is gone a day later, so it is stored, and read again to be sure.")
    step(f"fetch {MANIFEST}", folder, env, wanted="2 fetched")
    step(f"verify {MANIFEST}", folder, env, wanted="2 verified")
    step("state list", folder, env, wanted="fetched")
    say("'glacier-manifest run' does all of that in one command. There is nothing left for it to do:")
    step(f"run --yes {MANIFEST}", folder, env, wanted="nothing to do")


def step(command: str, folder: Path, env: Mapping[str, str], *, wanted: str = "") -> None:
    """Run one command, show it and its output, and check how it ended."""
    ran = glacier_manifest(command, folder, env)
    type_in(f"glacier-manifest {command}", ran.stdout)
    if ran.returncode != 0 or wanted not in ran.stdout:
        raise DemoError(f"'glacier-manifest {command}' ended with exit code {ran.returncode}")


def glacier_manifest(command: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder; what it writes to either stream comes in the order of writing."""
    return subprocess.run(
        [sys.executable, "-m", "glacier_manifest", *command.split()],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """Run a local Glacier for a ``with`` block, three minutes at most, and give its URL."""
    options = ["--port", "0", "--vault", "my-vault", "--improvise", "--job-time", f"{JOB_SECONDS}s"]
    process = subprocess.Popen(
        [sys.executable, "-m", "glacier_manifest", "sandbox", "--quiet", *options],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    watch = Timer(LONGEST_SECONDS, process.kill)
    watch.start()
    try:
        yield listening(process)
    finally:
        watch.cancel()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def listening(process: subprocess.Popen[str]) -> str:
    """Return the URL that a sandbox announces in its first line."""
    line = process.stdout.readline() if process.stdout is not None else ""
    url = next((word for word in line.split() if word.startswith("http://")), None)
    if url is None:
        raise DemoError("the sandbox did not start")
    return url


def type_in(command: str, output: str) -> None:
    """Show a command as it is typed, and what came of it."""
    print(f"\n$ {command}\n{output}", end="", flush=True)


def say(text: str) -> None:
    """Say something between two commands."""
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
