"""Rules for single values: what the service would reject, said before it is asked.

A rule takes a value of the right type, returns it (perhaps in the one spelling the API wants), or raises
`wrong`: an error that carries a diagnostic code, a message and what to do about it.
"""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic_core import PydanticCustomError

from glacier_manifest.jobs.instant import parse_instant, wire_instant
from glacier_manifest.jobs.marker import USER_DESCRIPTION_BYTES
from glacier_manifest.units import GIB, MIB, parse_size

ACCOUNT_ID = r"^(-|[0-9]{12})$"
JOB_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
VAULT_PATTERN = r"^[A-Za-z0-9_.*?-]{1,255}$"
ARCHIVE_ID = r"^[A-Za-z0-9_-]+$"
REGION = r"^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$"
SNS_TOPIC = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]+:[A-Za-z0-9_-]{1,256}(\.fifo)?$"
DESCRIPTION = r"^[\x20-\x7E]*$"
BYTE_RANGE = r"^(0|[1-9][0-9]{0,14})-(0|[1-9][0-9]{0,14})$"
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
LIMIT = r"^[1-9][0-9]{0,18}$"
SIZE = r"^[0-9]{1,18}(\.[0-9]{1,18})? ?([KMGT]i?B|B)?$"

#: The largest archive: 10,000 parts of 4 GiB (docs: "uploading-archive-mpu", quick facts).
LARGEST_ARCHIVE = 10_000 * 4 * GIB

#: Longest prefix of a select job's results, in bytes (docs: "api-S3Location", Prefix).
PREFIX_BYTES = 512

#: Longest query of a select job, in characters (docs: "api-SelectParameters", Expression).
EXPRESSION_CHARACTERS = 128_000

#: A day from which schedules are looked at where only their form counts, not the time.
REFERENCE = datetime(2026, 1, 1, tzinfo=UTC)

_EARLIEST_YEAR = 1970
_CRON_FIELDS = 5
_NOT_IN_ARCHIVE_IDS = re.compile(r"[^A-Za-z0-9_-]")
_WILDCARD = re.compile(r"[\[\]{}]")
_SHOWN = 60


def wrong(code: str, message: str, advice: str | None = None, *at: str | int) -> PydanticCustomError:
    """Return the error of a rule; `at` leads from the checked value to the member that is to blame."""
    context: dict[str, Any] = {"message": message, "advice": advice, "at": at}
    return PydanticCustomError(code, "{message}", context)


def shown(value: object) -> str:
    """Return a value as messages show it: cut where it is long."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def fits(pattern: str, text: str) -> bool:
    r"""Say whether the whole text fits a pattern that is written ``^…$``, as JSON Schema wants it."""
    return re.fullmatch(pattern, text) is not None


def account_id(value: object) -> object:
    """Return an account as text; unquoted digits are the same as quoted ones."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or fits(ACCOUNT_ID, text):
        return text
    advice = "write the vault owner's 12 digits, or '-' for the caller's own account"
    if re.fullmatch(r"[0-9]{9,11}", text):
        advice = f'was a leading zero lost? write "{text.zfill(12)}"'
    if fits(ACCOUNT_ID, text.replace("-", "").strip()):
        advice = f'write it without hyphens and spaces: "{text.replace("-", "").strip()}"'
    raise wrong("account-id", f"'{shown(text)}' is not an account", advice)


def region(text: str) -> str:
    """Check a region's form; whether it exists is not for a rule to say."""
    if not fits(REGION, text):
        raise wrong("region", f"'{shown(text)}' is not a region", "write it like us-west-2")
    return text


def job_name(text: str) -> str:
    """Check the name of a job, which must stand in an address without quotes."""
    if not fits(JOB_NAME, text):
        advice = "begin with a letter or digit, go on with letters, digits, '_', '.' and '-'"
        raise wrong("job-name", f"'{shown(text)}' cannot be the name of a job", advice)
    return text


def vault_name(text: str) -> str:
    """Check a vault's name (docs: "creating-vaults"), or a glob of names.

    Glacier answers a wrong name as if the vault were missing.
    """
    if fits(VAULT_PATTERN, text):
        return text
    advice = "a vault's name has 1 to 255 letters, digits, '_', '.' and '-'"
    if text.startswith("arn:"):
        advice = f"write the name alone: {text.rpartition('/')[2] or 'my-vault'}"
    elif _WILDCARD.search(text):
        advice = "only '*' and '?' are wildcards; or list the vaults: vault: [photos-eu, photos-us]"
    raise wrong("vault-name", f"'{shown(text)}' cannot be the name of a vault", advice)


def archive_id(text: str) -> str:
    """Check an archive ID's characters; how many it has is not for a rule to say."""
    if fits(ARCHIVE_ID, text):
        return text
    strange = _NOT_IN_ARCHIVE_IDS.search(text)
    what = "is empty" if strange is None else f"holds {strange[0]!r}, which no archive ID does,"
    advice = "copy the ID again: letters, digits, '-' and '_' only, without quotes and spaces"
    raise wrong("archive-id", f"archive ID '{shown(text)}' {what}", advice)


def sns_topic(text: str) -> str:
    """Check the form of a topic's ARN (docs: "api-initiate-job-post", SNSTopic)."""
    if not fits(SNS_TOPIC, text):
        advice = "write it like arn:aws:sns:us-west-2:012345678901:my-topic"
        raise wrong("sns-topic", f"'{shown(text)}' is not the ARN of an SNS topic", advice)
    return text


def description(text: str) -> str:
    """Check a description, which must leave room for the marker (docs: "api-jobParameters")."""
    strange = next((one for one in text if not " " <= one <= "~"), None)
    if strange is not None:
        advice = "use ASCII from space to '~': no accents, tabs or line breaks"
        raise wrong("description", f"the description holds {strange!r}, which Glacier refuses", advice)
    if len(text) > USER_DESCRIPTION_BYTES:
        advice = f"shorten it to {USER_DESCRIPTION_BYTES} (Glacier takes 1,024, the marker needs the rest)"
        raise wrong("description", f"the description has {len(text):,} characters", advice)
    return text


def byte_range(text: str) -> str:
    """Check a range: ``START-END``, START at a whole MiB (docs: "api-jobParameters", RetrievalByteRange)."""
    if not fits(BYTE_RANGE, text):
        advice = "write the first and the last byte, such as 0-1048575 for the first MiB"
        raise wrong("byte-range", f"'{shown(text)}' is not a byte range", advice)
    start, end = map(int, text.split("-"))
    if start > end:
        raise wrong(
            "byte-range", f"byte range '{text}' ends before it starts", f"did you mean {end}-{start}?"
        )
    if start % MIB:
        below = start - start % MIB
        message = f"byte range '{text}' does not start at a whole MiB"
        raise wrong("byte-range", message, f"start at {below} or {below + MIB}")
    if end >= LARGEST_ARCHIVE:
        message = f"byte range '{text}' ends behind the largest archive there can be"
        raise wrong("byte-range", message, f"no archive has more than {LARGEST_ARCHIVE} bytes")
    return text


def moment(text: str) -> str:
    """Return an ISO 8601 date or moment as Glacier wants it: ``2015-01-01T00:00:00Z``."""
    instant = _instant(text) if fits(MOMENT, text) else None
    if instant is None or instant.year < _EARLIEST_YEAR:
        advice = "write it like 2015-01-01 or 2015-01-01T00:00:00Z"
        raise wrong("date", f"'{shown(text)}' is not a date of an archive", advice)
    return wire_instant(instant)


def _instant(text: str) -> datetime | None:
    try:
        return parse_instant(text)
    except (ValueError, OverflowError):
        return None


def limit(value: object) -> object:
    """Return an inventory's limit as the API wants it: text (docs: "api-InventoryRetrievalJobInput")."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and not fits(LIMIT, text):
        raise wrong("invalid-value", f"'{shown(text)}' is not a limit", "write a whole number from 1 up")
    return text


def size(value: object) -> object:
    """Return a size in bytes: a whole number, or a number and a unit."""
    advice = "write a number and KiB, MiB, GiB or TiB (or KB, MB, GB, TB), such as 2 TiB"
    found = value
    if isinstance(value, str):
        if not fits(SIZE, value):
            raise wrong("size", f"'{shown(value)}' is not a size", advice)
        found = parse_size(value)
    if isinstance(found, int) and not isinstance(found, bool) and found < 1:
        raise wrong("size", f"'{shown(value)}' is less than one byte", advice)
    return found


def prefix(text: str) -> str:
    """Check the prefix of a select job's results (docs: "api-S3Location")."""
    length = len(text.encode("utf-8", errors="surrogatepass"))
    if length > PREFIX_BYTES:
        raise wrong("invalid-value", f"the prefix has {length} bytes", f"shorten it to {PREFIX_BYTES}")
    return text


def file_name(text: str) -> str:
    """Check that a text can be the name of a file."""
    if not text or any(one < " " for one in text):
        raise wrong("invalid-value", f"{shown(text)!r} cannot be the name of a file", "name a file")
    return text


def one_character(text: str) -> str:
    """Check a separator or quote: one character (docs: "api-CSVInput", "api-CSVOutput")."""
    if len(text) != 1:
        advice = 'write one, in quotes, such as "," or "\\t"'
        raise wrong("invalid-value", f"'{shown(text)}' is not one character", advice)
    return text


def delimiter(text: str) -> str:
    r"""Check a field delimiter: ``\n``, ``\r`` or printable ASCII (docs: "api-CSVInput", FieldDelimiter)."""
    if one_character(text) not in {"\n", "\r"} and not " " <= text <= "~":
        advice = "Glacier takes line feed, carriage return and ASCII from space to '~'"
        raise wrong("invalid-value", f"{text!r} cannot separate fields", advice)
    return text


def non_empty(text: str) -> str:
    """Check that a text is not empty."""
    if not text:
        raise wrong("invalid-value", "the value is empty", "write a value, or remove the key")
    return text


def non_empty_list(items: list[str]) -> list[str]:
    """Check that a list is not empty."""
    if not items:
        raise wrong("invalid-value", "the list is empty", "name at least one, or remove the key")
    return items


def expression(text: str) -> str:
    """Check the length of a query (docs: "api-SelectParameters", Expression)."""
    if len(non_empty(text)) > EXPRESSION_CHARACTERS:
        message = f"the expression has {len(text):,} characters"
        raise wrong("invalid-value", message, f"shorten it to {EXPRESSION_CHARACTERS:,}")
    return text


def cron(text: str) -> str:
    """Check a five-field cron line."""
    fields = len(text.split())
    advice = "write minute, hour, day, month and day of week, such as '0 3 * * MON' for Mondays at 03:00"
    if fields != _CRON_FIELDS:
        raise wrong("schedule", f"'{shown(text)}' has {fields} fields, a cron line has 5", advice)
    try:
        CronSim(text, REFERENCE)
    except CronSimError as error:
        why = str(error).lower()
        raise wrong("schedule", f"'{shown(text)}' is not a cron line: {why}", advice) from error
    return text


def timezone(text: str) -> str:
    """Check that a timezone is known here."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        advice = "write it like UTC or Europe/Berlin (the names of the IANA time zone database)"
        raise wrong("timezone", f"'{shown(text)}' is not a timezone known here", advice) from error
    return text
