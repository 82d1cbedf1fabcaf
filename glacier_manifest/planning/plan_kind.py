"""What tells a saved plan from a manifest, before anything else of either is read."""

import json
from typing import Literal

#: What the first line of a plan file says that it is.
KIND: Literal["glacier-manifest-plan"] = "glacier-manifest-plan"


def is_plan_file(first_line: str) -> bool:
    """Say whether a file that begins with this line is a saved plan (and not a manifest)."""
    try:
        header = json.loads(first_line)
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("kind") == KIND
