import subprocess
import sys

import pytest

PRINT_MODULES = "import sys; import glacier_manifest.manifest; print(*sys.modules)"


@pytest.mark.parametrize("module", ["boto3", "botocore", "rich", "sqlite3", "click", "tenacity"])
def test_reading_manifests_does_not_load(module: str) -> None:
    loaded = subprocess.run([sys.executable, "-c", PRINT_MODULES], check=True, capture_output=True, text=True)

    assert module not in loaded.stdout.split()
