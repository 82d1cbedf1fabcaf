"""The C library's arenas: one for each thread, unless threads are told to share."""

import subprocess
import sys

ALLOCATING = """
import ctypes, threading
together = threading.Barrier(8)
def allocate():
    held = [bytearray(50_000) for _ in range(20)]
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""
SHARING = "from glacier_manifest.cli.memory import share_arenas\nshare_arenas()\n"


def arenas(code: str) -> int:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return sum(line.startswith("Arena") for line in ran.stderr.splitlines())


def test_threads_share_two_arenas_where_they_had_one_each() -> None:
    assert arenas(ALLOCATING) > 2
    assert arenas(SHARING + ALLOCATING) == 2
