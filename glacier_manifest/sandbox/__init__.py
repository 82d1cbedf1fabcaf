"""A Glacier of one's own: the 2012-06-01 vault API on loopback, with faults on request.

    with Sandbox(job_time=5.0, region="us-west-2") as sandbox:
        photos = sandbox.generate("photos", 1_000_000, (100_000, 3_000_000), "2015/{index}.jpg")
        sandbox.faults.add("InitiateJob", "lost-after", rate=0.01, seed=7)
        ...                                # anything that speaks to sandbox.url
        sandbox.clock.advance(5)           # every job that was accepted is complete
        assert len(sandbox.accepted) == 1  # what would have been paid for

    glacier-manifest sandbox --port 8080 &
    aws glacier list-vaults --account-id - --endpoint-url http://127.0.0.1:8080
    curl -X POST 127.0.0.1:8080/_sandbox/vaults/photos/generate -d '{"count": 1000, "size": 5000}'
    curl -X POST 127.0.0.1:8080/_sandbox/faults -d '{"operation": "InitiateJob", "fault": "reset"}'

It answers like the service, down to texts, ID lengths and Amazon's own CSV; where AWS has said
nothing, the docstring of the operation says what was chosen. It is strict where the service is,
and makes a new job for every accepted POST.

How to read the room, from the socket inwards:

* `server` and `wire`: connections, requests and answers as bytes.
* `service` and `routes`: from a request to its operation, with `faults` (one table) and
  `fault_rules` (which calls they strike) on the way in and out, and `calls` for what was asked.
* `vault_operations`, `multipart_operations`, `accepting` (InitiateJob, with `initiation` and
  `retrieval_policy`), `job_operations`, `outputs`: the operations, all of them functions of the
  state and one `asks.Ask`; what they refuse is in `refusals`.
* `glacier`: the state. It changes by `events` alone, which `journal` keeps; `vaults`, `joblist`,
  `archives`, `inventory`, `content` and `treehash` are what it is made of. Nothing runs in the
  background: what a job or an inventory is follows from its record and the `clock`.
* `selects` and `s3`: what selects write, and an S3 to read it from.
* `control`, `stock` and `sandbox`: the same from outside, over HTTP below `/_sandbox/` and from
  Python.

Generated archives cost no memory: ID, size, bytes and tree hash follow from their number, so an
inventory of millions is written row by row at any offset. A vault never forgets a row, it marks
its end; so every inventory can be read as it was when its job was accepted.

Chosen where AWS is silent: with no `inventory_delay`, a vault has an inventory from its creation
and every change is in it at once (with a delay, the first one comes that long after the first
upload, and until then an inventory job is refused as the service does); BytesPerHour counts a
job's bytes over four hours; a job that is kept out of ListJobs by a lag is visible to
DescribeJob; the Marker of an inventory job that is not complete is still the one that was sent;
listings are ascending. The signature of a request is not verified, only its access key and region
are read.

The sandbox uses the standard library alone and nothing else of this project.
"""

from glacier_manifest.sandbox.archives import Archive, Batch
from glacier_manifest.sandbox.calls import Call
from glacier_manifest.sandbox.clock import SandboxClock, hurried
from glacier_manifest.sandbox.events import InventoryQuery, Job, VaultKey
from glacier_manifest.sandbox.faults import FAULTS, Fault, Rule
from glacier_manifest.sandbox.journal import JournalInUseError
from glacier_manifest.sandbox.sandbox import Sandbox, serve

__all__ = [
    "FAULTS",
    "Archive",
    "Batch",
    "Call",
    "Fault",
    "InventoryQuery",
    "Job",
    "JournalInUseError",
    "Rule",
    "Sandbox",
    "SandboxClock",
    "VaultKey",
    "hurried",
    "serve",
]
