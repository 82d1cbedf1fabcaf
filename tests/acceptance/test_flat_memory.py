"""Sixteen thousand archives take hardly more memory than one thousand, whatever is done about them."""

import re
from collections.abc import Callable, Mapping
from contextlib import chdir

import pytest

from glacier_manifest.units import MIB
from tests.acceptance.evacuations import EVACUATION, INVENTORY, files_below, glacier_of, stock, stored
from tests.acceptance.test_many_jobs import TELLS_ITS_PEAK
from tests.acceptance.user import User

RESTORED = """
  restored:
    type: archive-retrieval
    vault: photos
    tier: Bulk
    archives: {inventory: inventories/photos.json}
    save_to: restored/{path}
"""
#: What fills up by then: pages of four scratch files and of the state, statements, buffers of threads.
MOST = 32 * MIB


def peak_of(user: User, *words: object) -> int:
    """Run a command in a process of its own; return the most memory that it took, in bytes."""
    process = user.start(*words, first=TELLS_ITS_PEAK)
    out, err = process.communicate(timeout=7200)
    assert process.returncode == 0, out + err
    return int(re.findall(r"VmHWM:\s+(\d+) kB", err)[-1]) * 1024


def peaks_of_running(user: User, archives: int) -> Mapping[str, int]:
    """Empty a vault in one run."""
    with glacier_of(user, job_time=1) as glacier:
        stock(glacier.sandbox, [1000] * archives)
        glacier.manifest(EVACUATION)
        peaks = {"run": peak_of(glacier, "run", "jobs.yaml", "--yes", "--poll", "1s")}
        assert len(glacier.sandbox.accepted) == 1 + archives
    assert len(files_below(user.folder / "restored")) == archives
    return peaks


def peaks_of_single_steps(user: User, archives: int) -> Mapping[str, int]:
    """Empty a vault step by step."""
    with glacier_of(user, job_time=1) as glacier, chdir(user.folder):
        stock(glacier.sandbox, [1000] * archives)
        glacier.manifest(INVENTORY)
        stored(glacier)
        glacier.manifest(INVENTORY + RESTORED)
        peaks = {"apply": peak_of(glacier, "apply", "jobs.yaml", "--yes", "--deadline", "2h")}
        glacier.sandbox.clock.advance(glacier.sandbox.settings.job_time)
        peaks["wait"] = peak_of(glacier, "wait", "jobs.yaml")
        peaks["fetch"] = peak_of(glacier, "fetch", "jobs.yaml")
        assert len(glacier.sandbox.accepted) == 1 + archives
    assert len(files_below(user.folder / "restored")) == archives
    return peaks


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("peaks", [peaks_of_running, peaks_of_single_steps])
def test_sixteen_thousand_archives_take_hardly_more_memory_than_one_thousand(
    user: User, tmp_path_factory: pytest.TempPathFactory, peaks: Callable[[User, int], Mapping[str, int]]
) -> None:
    few = peaks(user, 1000)

    many = peaks(User(tmp_path_factory.mktemp("many"), user.sandbox), 16_000)

    grown = {command: (many[command] - few[command]) // MIB for command in few}
    assert max(grown.values()) < MOST // MIB, grown
