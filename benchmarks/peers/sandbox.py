"""A sandbox in a process of its own, with a latency on InitiateJob; prints its URL, ends with its parent."""

import sys

from glacier_manifest.sandbox import Sandbox

LATENCY = float(sys.argv[1])

with Sandbox(improvise=True) as sandbox:
    sandbox.create_vault("photos")
    if LATENCY:
        sandbox.faults.add("InitiateJob", "latency", every=1, seconds=LATENCY)
    print(sandbox.url, flush=True)
    sandbox.wait()
