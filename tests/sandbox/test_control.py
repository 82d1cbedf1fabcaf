"""The sandbox driven from outside: over HTTP, and by the command that serves it."""

import ast
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import glacier_manifest.sandbox
from glacier_manifest.sandbox import FAULTS, Sandbox, serve

if TYPE_CHECKING:
    from tests.sandbox.conftest import Opened, Speaker


def test_a_sandbox_in_another_process_is_stocked_and_watched_over_http(speak: "Speaker") -> None:
    created = speak.say("PUT", "/_sandbox/vaults/photos").json
    uploaded = speak.say("POST", "/_sandbox/vaults/photos/archives?description=a%20beach", b"beach").json
    generated = speak.say(
        "POST",
        "/_sandbox/vaults/photos/generate",
        {"count": 100, "size": [1, 9], "description": "{index}", "created": "2015-01-01T00:00:00Z"},
    ).json
    job_id = speak.retrieve("photos", uploaded["archive_id"])
    speak.say("POST", "/_sandbox/clock", {"advance": 5})

    assert created == {"vault_arn": "arn:aws:glacier:us-west-2:012345678901:vaults/photos"}
    assert generated["count"] == 100
    assert speak.output("photos", job_id).body == b"beach"
    assert speak.retrieve("photos", generated["first"])
    overview = speak.say("GET", "/_sandbox/").json
    assert (overview["accepted"], overview["now"]) == (2, "2023-11-15T12:00:05.000Z")
    jobs = speak.say("GET", "/_sandbox/jobs").json["jobs"]
    assert [job["status"] for job in jobs] == ["Succeeded", "InProgress"]
    assert jobs[0]["job_id"] == job_id


def test_calls_are_told_and_forgotten(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("photos")
    speak.initiate("photos", Type="inventory-retrieval", Description="mine")
    speak.ask("GET", "/vaults/photos")

    calls = speak.say("GET", "/_sandbox/calls?operation=InitiateJob").json["calls"]
    last = speak.say("GET", "/_sandbox/calls?last=1").json["calls"]

    assert [call["body"] for call in calls] == ['{"Type": "inventory-retrieval", "Description": "mine"}']
    assert (calls[0]["access_key"], calls[0]["account"], calls[0]["status"]) == (
        "AKIAEXAMPLE",
        "012345678901",
        202,
    )
    assert [call["operation"] for call in last] == ["DescribeVault"]
    assert speak.say("GET", "/_sandbox/counts").json["counts"] == {"InitiateJob": 1, "DescribeVault": 1}
    speak.say("DELETE", "/_sandbox/calls")
    assert sandbox.calls() == []
    assert sandbox.counts() == {}


def test_calls_are_told_to_python_with_everything_that_was_sent(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("photos")
    speak.ask("GET", "/vaults/photos/jobs?limit=5&completed=true")
    speak.initiate("photos", Type="inventory-retrieval")

    listing, start = sandbox.calls()

    assert (listing.operation, listing.query) == ("ListJobs", {"limit": "5", "completed": "true"})
    assert (start.path, start.json) == ("/-/vaults/photos/jobs", {"Type": "inventory-retrieval"})
    assert (start.at, start.status, start.fault) == (sandbox.clock.now(), 202, None)
    assert start.job_id == sandbox.accepted[0].job_id
    sandbox.reset_calls()
    assert sandbox.calls() == []


def test_only_the_last_calls_are_kept_but_all_are_counted(opened: "Opened") -> None:
    sandbox, speak = opened(calls_kept=3)
    for _ in range(5):
        speak.ask("GET", "/vaults")

    assert (len(sandbox.calls()), sandbox.counts()) == (3, {"ListVaults": 5})


def test_rules_are_set_told_and_cleared_over_http(sandbox: Sandbox, speak: "Speaker") -> None:
    sandbox.create_vault("photos")
    rule = {"operation": "InitiateJob", "fault": "throttle", "count": 1}
    added = speak.say("POST", "/_sandbox/faults", rule)
    throttled = speak.initiate("photos", Type="inventory-retrieval")

    told = speak.say("GET", "/_sandbox/faults").json

    assert added.status == 200
    assert throttled.error == (400, "ThrottlingException")
    assert [(rule["fault"], rule["struck"]) for rule in told["rules"]] == [("throttle", 1)]
    assert set(told["faults"]) == set(FAULTS)
    speak.say("DELETE", "/_sandbox/faults")
    assert sandbox.faults.rules() == []


def test_the_clock_is_set_advanced_and_skewed_over_http(sandbox: Sandbox, speak: "Speaker") -> None:
    speak.say("POST", "/_sandbox/clock", {"set": "2030-01-01T00:00:00Z"})
    advanced = speak.say("POST", "/_sandbox/clock", {"advance": 60}).json["now"]
    skewed = speak.say("POST", "/_sandbox/clock", {"skew": -3600})

    assert advanced == "2030-01-01T00:01:00.000Z"
    assert skewed.json == {"now": "2023-11-15T11:00:00.000Z", "skew": -3600}
    assert skewed.headers["Date"] == "Wed, 15 Nov 2023 11:00:00 GMT"
    sandbox.clock.skew = 0
    assert speak.say("GET", "/_sandbox/clock").json["skew"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_sandbox/nothing", b"", 404),
        ("POST", "/_sandbox/faults", b'{"operation": "InitiateJob", "fault": "explode"}', 400),
        ("POST", "/_sandbox/faults", b'{"operation": "InitiateJob", "fault": "reset", "when": 5}', 400),
        ("POST", "/_sandbox/faults", b"[]", 400),
        ("POST", "/_sandbox/clock", b'{"set": "noon"}', 400),
        ("POST", "/_sandbox/vaults/v/generate", b'{"count": 0}', 400),
        ("POST", "/_sandbox/vaults/v/inventory", b"", 400),
        ("POST", "/_sandbox/vaults/v/archives", b"", 400),
    ],
)
def test_what_the_control_does_not_understand_it_says(
    speak: "Speaker", method: str, path: str, body: bytes, *, status: int
) -> None:
    reply = speak.say(method, path, body)

    assert reply.status == status
    assert reply.json["message"]


def test_an_inventory_is_forced_over_http(opened: "Opened") -> None:
    sandbox, speak = opened(inventory_delay=86_400)
    sandbox.upload("photos", b"beach")

    speak.say("POST", "/_sandbox/vaults/photos/inventory")

    assert speak.ask("GET", "/vaults/photos").json["NumberOfArchives"] == 1


def test_serving_ends_when_somebody_stops_it() -> None:
    told: list[Sandbox] = []
    listening = threading.Event()

    def tell(sandbox: Sandbox) -> None:
        told.append(sandbox)
        listening.set()

    serving = threading.Thread(target=serve, args=(tell,), kwargs={"vaults": ["photos"], "job_time": 1.0})
    serving.start()
    assert listening.wait(5)
    told[0].stop()
    serving.join(5)

    assert not serving.is_alive()
    told[0].stop()


SERVE = """
import signal
from glacier_manifest.sandbox import serve

def listening(sandbox):
    signal.signal(signal.SIGTERM, lambda *_: sandbox.stop())
    print(sandbox.url, flush=True)

serve(listening)
print("stopped")
"""


def test_a_signal_ends_a_serving_process_cleanly() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        os.kill(process.pid, signal.SIGTERM)

        assert process.stdout.read() == "stopped\n"
        assert process.wait(10) == 0


def test_a_port_that_is_taken_is_an_error_and_lets_go_of_the_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    port = int(sandbox.url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port, data=tmp_path)
    with Sandbox(data=tmp_path):
        pass


def test_the_sandbox_stands_apart() -> None:
    """It imports the standard library and itself: nothing that a plain install might lack."""
    room = Path(str(glacier_manifest.sandbox.__file__)).parent
    imported = set()
    for module in room.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module))

    foreign = {
        name
        for name in imported
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("glacier_manifest.sandbox")
    }
    assert foreign == set()
