"""The listing behind vaults' patterns, over HTTP."""

from dataclasses import replace

import pytest

from glacier_manifest.aws.glacier import GlacierReader
from glacier_manifest.aws.session import Clients, Connection
from glacier_manifest.cli.vault_names import listed_names, no_names
from glacier_manifest.errors import Exit, Failed
from glacier_manifest.sandbox import Sandbox
from tests.planning.test_vaults import job


def test_an_accounts_vaults_are_listed_once_for_each_region() -> None:
    with Sandbox() as sandbox, Clients(Connection(endpoint_url=sandbox.url)) as clients:
        for number in range(12):
            sandbox.create_vault(f"photos-{number:02}")
        sandbox.create_vault("elsewhere", region="eu-west-1")
        names = listed_names(GlacierReader(clients), lambda one: one.region or "us-west-2")
        west = replace(job("*"), region=None)

        assert names(west) == names(west) == tuple(f"photos-{number:02}" for number in range(12))
        assert names(job("*")) == ("elsewhere",)
        assert sandbox.counts() == {"ListVaults": 3}


def test_without_asking_aws_no_pattern_is_guessed_at() -> None:
    with pytest.raises(Failed) as raised:
        no_names(job("*"))

    assert (raised.value.code, raised.value.exit_code) == ("vaults-unlisted", Exit.ERROR)
    assert "--refresh=false" in raised.value.next_step
