"""A Glacier of one's own: the 2012-06-01 vault API on loopback, with faults on request.

    with Sandbox(job_time=5.0) as sandbox:
        sandbox.upload("photos", b"...", "2015/beach.jpg")
        client = boto3.client("glacier", endpoint_url=sandbox.url, region_name=sandbox_region)
        client.initiate_job(vaultName="photos", jobParameters={"Type": "inventory-retrieval"})
        sandbox.clock.advance(5)

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
* `control`, `stock` and `sandbox`: the same from outside, over HTTP below `/_sandbox/` and from
  Python.

Chosen where AWS is silent: BytesPerHour counts a job's bytes over four hours; a job that is
kept out of ListJobs by a lag is visible to DescribeJob; the Marker of an inventory job that is
not complete is still the one that was sent; listings are ascending. The signature of a request is
not verified, only its access key and region are read.

The sandbox uses the standard library alone and nothing else of this project.
"""

from glacier_manifest.sandbox.archives import Archive, Batch
from glacier_manifest.sandbox.calls import Call
from glacier_manifest.sandbox.clock import SandboxClock
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
    "serve",
]
