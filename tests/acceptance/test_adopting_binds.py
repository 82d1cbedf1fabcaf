"""A state that has only taken over jobs knows to whom it belongs, like one that has started some."""

import shutil

from glacier_manifest.sandbox import Sandbox
from tests.acceptance.user import User

MANIFEST = """\
version: 1
account_id: "-"
region: us-west-2
jobs:
  inventory: {type: inventory-retrieval, vault: my-vault}
"""


def test_a_new_state_that_started_nothing_serves_the_next_run(user: User) -> None:
    user.write(MANIFEST)
    user.run("apply", "jobs.yaml", "--yes")
    shutil.rmtree(user.folder / ".glacier-manifest")

    adopting = user.run("apply", "jobs.yaml", "--yes")
    again = user.run("apply", "jobs.yaml", "--yes")

    assert (adopting.code, adopting.out) == (0, "Apply: 1 adopted.\n")
    assert (again.code, again.out) == (0, "Nothing to do: the only request was started before.\n")


def test_it_refuses_the_next_account_as_any_state_does(user: User, sandbox: Sandbox) -> None:
    user.write(MANIFEST)
    user.run("apply", "jobs.yaml", "--yes")
    shutil.rmtree(user.folder / ".glacier-manifest")
    user.run("apply", "jobs.yaml", "--yes")

    user.program("apply", "jobs.yaml", "--yes", AWS_ACCESS_KEY_ID="AKIAOTHER").refused_with(5, "new-account")

    assert len(sandbox.accepted) == 1
