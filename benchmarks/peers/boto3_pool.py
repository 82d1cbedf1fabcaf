"""What people write today: a thread pool around boto3. Reads archive IDs from a file; keeps nothing."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3

THREADS = 8


def main() -> None:
    """Start a retrieval for each archive ID of the file, through the endpoint."""
    endpoint, list_file = sys.argv[1:]
    glacier = boto3.client("glacier", endpoint_url=endpoint, region_name="us-west-2")

    def start(archive_id: str) -> str:
        answer = glacier.initiate_job(
            vaultName="photos",
            jobParameters={"Type": "archive-retrieval", "ArchiveId": archive_id, "Tier": "Bulk"},
        )
        return answer["jobId"]

    with ThreadPoolExecutor(THREADS) as pool:
        job_ids = list(pool.map(start, Path(list_file).read_text(encoding="ascii").split()))
    print(len(job_ids))


if __name__ == "__main__":
    main()
