"""A Glacier with one finished job, on nginx: its output is a static file, its answers are written beforehand.

nginx answers ListJobs, DescribeJob, DescribeVault and GetJobOutput, ranges with the tree hash of their bytes.
Run it with a folder, the bytes of the archive and those of a part; it prints a line of JSON that tells what
there is, and ends when its own input does.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from glacier_manifest.fetching.parts import Division
from glacier_manifest.fetching.tree_hash import combined, tree_hash

MIB = 1024 * 1024
VAULT = "photos"
ACCOUNT = "012345678901"
JOB_ID = "J" * 92
ARCHIVE_ID = "A" * 138
_VAULT_ARN = f"arn:aws:glacier:us-west-2:{ACCOUNT}:vaults/{VAULT}"
_PLACES = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")

_CONFIGURATION = """\
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 2;
daemon off;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  sendfile_max_chunk 2m;
  default_type application/json;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map_hash_bucket_size 256;
  map $http_range $tree_hash {{
    default "";
{ranges}
  }}
  server {{
    listen 127.0.0.1:{port};
    keepalive_requests 1000000;
    location ~ ^/[^/]+/vaults/{vault}$ {{ alias {folder}/vault.json; }}
    location ~ ^/[^/]+/vaults/{vault}/jobs$ {{ alias {folder}/jobs.json; }}
    location ~ ^/[^/]+/vaults/{vault}/jobs/{job_id}$ {{ alias {folder}/job.json; }}
    location ~ ^/[^/]+/vaults/{vault}/jobs/{job_id}/output$ {{
      default_type application/octet-stream;
      add_header x-amz-sha256-tree-hash $tree_hash;
      alias {folder}/output;
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was retrieved: its bytes, how many, and their tree hash."""

    path: Path
    length: int
    tree_hash: str
    roots: Mapping[str, str]


def nginx() -> str:
    """Return the program.

    Raises:
        SystemExit: It is not installed.
    """
    found = shutil.which("nginx", path=os.pathsep.join(_PLACES))
    if found is None:
        raise SystemExit(
            "this benchmark needs nginx, a server that is not Python, and it is not installed\n"
            "next: install it (Debian: apt-get install nginx-light), then run the same command again"
        )
    return found


def written(path: Path, length: int, part_size: int) -> Archive:
    """Write an archive of random bytes, and hash it part by part."""
    roots: dict[str, bytes] = {}
    with path.open("wb") as file:
        for part in Division(length, part_size):
            pieces = (os.urandom(min(MIB, part.end - at)) for at in range(part.start, part.end, MIB))
            roots[f"bytes={part.start}-{part.end - 1}"] = tree_hash(_put(file, pieces))
        file.flush()
        os.fsync(file.fileno())
    told = {name: root.hex() for name, root in roots.items()}
    return Archive(path, length, combined(roots.values()).hex(), told)


def _put(file: BinaryIO, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        file.write(piece)
        yield piece


def main() -> None:
    """Make the archive, and run nginx before it until nobody needs it any more."""
    folder, length, part_size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    program, port = nginx(), _free_port()
    archive = written(folder / "output", length, part_size)
    for name, answer in _answers(archive).items():
        (folder / name).write_text(json.dumps(answer), encoding="ascii")
    ranges = "\n".join(f'    "{name}" {root};' for name, root in archive.roots.items())
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, port=port, vault=VAULT, job_id=JOB_ID, ranges=ranges),
        encoding="ascii",
    )
    folder.chmod(0o755)  # where root starts nginx, its workers are somebody else
    with subprocess.Popen([program, "-c", str(configuration), "-e", str(folder / "error.log")]) as process:
        try:
            _wait_for(port, process)
            print(json.dumps(_there(port)), flush=True)
            sys.stdin.read()
        finally:
            process.terminate()


def _there(port: int) -> dict[str, str]:
    return {
        "endpoint": f"http://127.0.0.1:{port}",
        "account_id": ACCOUNT,
        "vault": VAULT,
        "job_id": JOB_ID,
        "archive_id": ARCHIVE_ID,
    }


def _answers(archive: Archive) -> dict[str, Any]:
    completed = datetime.now(UTC) - timedelta(minutes=5)
    moment = {name: _moment(completed - timedelta(hours=hours)) for name, hours in (("end", 0), ("begin", 5))}
    job = {
        "Action": "ArchiveRetrieval",
        "ArchiveId": ARCHIVE_ID,
        "ArchiveSHA256TreeHash": archive.tree_hash,
        "ArchiveSizeInBytes": archive.length,
        "Completed": True,
        "CompletionDate": moment["end"],
        "CreationDate": moment["begin"],
        "InventorySizeInBytes": None,
        "JobDescription": None,
        "JobId": JOB_ID,
        "RetrievalByteRange": f"0-{archive.length - 1}",
        "SHA256TreeHash": archive.tree_hash,
        "SNSTopic": None,
        "StatusCode": "Succeeded",
        "StatusMessage": "Succeeded",
        "Tier": "Bulk",
        "VaultARN": _VAULT_ARN,
    }
    vault = {
        "CreationDate": moment["begin"],
        "LastInventoryDate": moment["begin"],
        "NumberOfArchives": 1,
        "SizeInBytes": archive.length,
        "VaultARN": _VAULT_ARN,
        "VaultName": VAULT,
    }
    return {"job.json": job, "vault.json": vault, "jobs.json": {"JobList": [job], "Marker": None}}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        with socket.socket() as caller:
            if not caller.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start; what it said is above")


if __name__ == "__main__":
    main()
