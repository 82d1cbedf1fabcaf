"""What SHA-256 costs and nothing else: leaves of 1 MiB, from memory, on all cores."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

MIB = 1024 * 1024


def main() -> None:
    """Hash so many bytes, and print the seconds that it took, and those of all processors."""
    leaves = int(sys.argv[1]) // MIB
    threads = os.cpu_count() or 1
    shares = [leaves // threads + (number < leaves % threads) for number in range(threads)]
    begun, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(hashed, shares))
    print(time.perf_counter() - begun, time.process_time() - used)


def hashed(leaves: int) -> None:
    """Hash leaves that are in memory already."""
    leaf = memoryview(os.urandom(MIB))
    for _ in range(leaves):
        sha256(leaf).digest()


if __name__ == "__main__":
    main()
