"""What people write today: a thread pool around boto3 that reads ranges to a file, and verifies none."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

#: Of what was tried, the quickest: larger pieces do not stay in a core's cache.
PIECE = 256 * 1024


def main() -> None:
    """Read the output of a job, so many bytes long, to a file, and wait until the disk has it."""
    endpoint, vault, job_id, target = sys.argv[1:5]
    length, part_size, threads = (int(word) for word in sys.argv[5:])
    settings = Config(max_pool_connections=threads)
    glacier = boto3.client("glacier", endpoint_url=endpoint, region_name="us-west-2", config=settings)
    file = os.open(target, os.O_CREAT | os.O_WRONLY, 0o644)

    def read(start: int) -> None:
        last = min(start + part_size, length) - 1
        answer = glacier.get_job_output(vaultName=vault, jobId=job_id, range=f"bytes={start}-{last}")
        while piece := answer["body"].read(PIECE):
            start += os.pwrite(file, piece, start)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, range(0, length, part_size)))
    os.fsync(file)


if __name__ == "__main__":
    main()
