"""A sandbox with a folder: what was answered is there again, whatever ended the process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glacier_manifest.sandbox import JournalInUseError, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Opened, Speaker

SERVE = """
import sys
from glacier_manifest.sandbox import serve
serve(lambda sandbox: print(sandbox.url, flush=True), data=sys.argv[1], vaults=["photos"])
"""


def everything(speak: "Speaker") -> list[object]:
    return [
        speak.ask("GET", "/vaults").json,
        speak.pages("photos"),
        speak.ask("GET", "/policies/data-retrieval").json,
        speak.ask("GET", "/vaults/photos/tags").json,
        speak.ask("GET", "/vaults/photos/notification-configuration").json,
    ]


def test_a_restart_changes_nothing(opened: "Opened", tmp_path: Path) -> None:
    sandbox, speak = opened(data=tmp_path, seed=1)
    archive_id = sandbox.upload("photos", b"beach" * 300_000, "a beach")
    batch = sandbox.generate("photos", 1000, (5, 500), "{index}")
    speak.ask("PUT", "/vaults/empty")
    speak.ask("PUT", "/vaults/gone")
    speak.ask("DELETE", "/vaults/gone")
    speak.ask("DELETE", f"/vaults/photos/archives/{batch.archive_id(3)}")
    speak.ask(
        "PUT",
        "/policies/data-retrieval",
        {"Policy": {"Rules": [{"Strategy": "BytesPerHour", "BytesPerHour": 9_999_999}]}},
    )
    speak.ask("POST", "/vaults/photos/tags?operation=add", {"Tags": {"team": "archive"}})
    speak.ask(
        "PUT",
        "/vaults/photos/notification-configuration",
        {"SNSTopic": "arn:aws:sns:us-west-2:012345678901:t", "Events": ["InventoryRetrievalCompleted"]},
    )
    retrieval = speak.retrieve("photos", archive_id)
    inventory = speak.start(
        "photos", Type="inventory-retrieval", Format="CSV", InventoryRetrievalParameters={"Limit": "700"}
    )
    sandbox.clock.advance(3600)
    before = everything(speak)
    outputs = [speak.output("photos", job_id).body for job_id in (retrieval, inventory)]
    sandbox.stop()

    again, speak = opened(data=tmp_path, seed=1)

    assert everything(speak) == before
    assert [speak.output("photos", job_id).body for job_id in (retrieval, inventory)] == outputs
    assert outputs[0] == b"beach" * 300_000
    assert again.clock.skew == 3600
    assert [job.job_id for job in again.accepted] == [retrieval, inventory]
    assert speak.retrieve("photos", archive_id) not in (retrieval, inventory)
    assert again.generate("photos", 1).number == 1


def test_a_kill_loses_nothing_that_was_answered(
    opened: "Opened", speak_to: "type[Speaker]", tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        speaker = speak_to(process.stdout.readline().strip())
        uploaded = speaker.say("POST", "/_sandbox/vaults/photos/archives", b"beach").json["archive_id"]
        answered = [speaker.retrieve("photos", uploaded, Description=str(n)) for n in range(300)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        speaker.close()

    again, speak = opened(data=tmp_path)
    again.clock.advance(10**9)

    assert [job.job_id for job in again.accepted] == answered
    assert speak.retrieve("photos", uploaded)


def test_a_line_cut_by_a_crash_is_dropped_and_written_over(opened: "Opened", tmp_path: Path) -> None:
    sandbox, _ = opened(data=tmp_path)
    sandbox.create_vault("photos")
    sandbox.stop()
    journal = tmp_path / "journal.ndjson"
    journal.write_bytes(journal.read_bytes() + b'{"event":"VaultCreated","vault":["0123')

    again, _ = opened(data=tmp_path)
    again.create_vault("second")
    again.stop()
    third, speak = opened(data=tmp_path)

    assert [json.loads(line)["event"] for line in journal.read_text().splitlines()] == ["VaultCreated"] * 2
    assert len(speak.ask("GET", "/vaults").json["VaultList"]) == 2
    third.stop()


def test_two_sandboxes_do_not_share_a_folder(opened: "Opened", tmp_path: Path) -> None:
    opened(data=tmp_path)

    with pytest.raises(JournalInUseError, match="another sandbox"):
        Sandbox(data=tmp_path)
