"""The types of a manifest's fields: each a Python type, its rule, and what editors know of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from glacier_manifest.jobs.marker import USER_DESCRIPTION_BYTES
from glacier_manifest.manifest import values

_JsonSchema = dict[str, Any]

_SPECIAL_WIRE_NAMES = {
    "csv": "csv",
    "s3": "S3",
    "kms_key_id": "KMSKeyId",
    "kms_context": "KMSContext",
    "canned_acl": "CannedACL",
    "uri": "URI",
    "id": "ID",
}


def wire_name(name: str) -> str:
    """Return the API's spelling of a field that is an InitiateJob parameter."""
    return _SPECIAL_WIRE_NAMES.get(name) or "".join(part.capitalize() for part in name.split("_"))


class Strict(BaseModel):
    """A mapping whose every key and type is known; built when it is first needed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def _text(rule: Callable[[str], str], **schema: object) -> tuple[AfterValidator, WithJsonSchema]:
    return AfterValidator(rule), WithJsonSchema({"type": "string", **schema})


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """Lets one item stand where a list of different items may."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own signature
        """Read a single item as a list of one, and refuse repeats."""
        several = core_schema.no_info_after_validator_function(_distinct, handler(source))
        return core_schema.no_info_before_validator_function(_as_list, several)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> _JsonSchema:
        """Offer editors the item and the list."""
        several = handler(schema)
        return {"anyOf": [several["items"], {**several, "minItems": 1, "uniqueItems": True}]}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | int | float) else value


def _distinct(items: list[str]) -> list[str]:
    (repeated, count), *_ = Counter(values.non_empty_list(items)).most_common(1)
    if count > 1:
        raise values.wrong(
            "repeated-value", f"'{values.shown(repeated)}' stands twice in the list", "keep one"
        )
    return items


AccountId = Annotated[
    str,
    BeforeValidator(values.account_id),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": values.ACCOUNT_ID},
                {"type": "integer", "minimum": 0, "maximum": 999_999_999_999},
            ]
        }
    ),
]
Region = Annotated[str, *_text(values.region, pattern=values.REGION, examples=["us-west-2", "eu-central-1"])]
VaultName = Annotated[str, *_text(values.vault_name, pattern=values.VAULT_NAME, examples=["my-vault"])]
ArchiveId = Annotated[str, *_text(values.archive_id, pattern=values.ARCHIVE_ID)]
ArchiveIds = Annotated[
    list[ArchiveId],
    AfterValidator(values.non_empty_list),
    Field(json_schema_extra={"minItems": 1}),
]
SnsTopic = Annotated[
    str,
    *_text(
        values.sns_topic,
        pattern=values.SNS_TOPIC,
        examples=["arn:aws:sns:us-west-2:012345678901:my-topic"],
    ),
]
Description = Annotated[
    str, *_text(values.description, pattern=values.DESCRIPTION, maxLength=USER_DESCRIPTION_BYTES)
]
ByteRangeText = Annotated[str, *_text(values.byte_range, pattern=values.BYTE_RANGE, examples=["0-1048575"])]
Moment = Annotated[str, *_text(values.moment, pattern=values.MOMENT, examples=["2015-01-01T00:00:00Z"])]
InventoryLimit = Annotated[
    str,
    BeforeValidator(values.limit),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": values.LIMIT}]}
    ),
]
Size = Annotated[
    int,
    BeforeValidator(values.size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": values.SIZE, "examples": ["2 TiB"]},
            ]
        }
    ),
]
Cron = Annotated[str, *_text(values.cron, examples=["0 3 * * MON"])]
Timezone = Annotated[str, *_text(values.timezone, examples=["UTC", "Europe/Berlin"])]
FileName = Annotated[str, *_text(values.file_name, minLength=1, examples=["archive-ids.txt"])]
NonEmpty = Annotated[str, *_text(values.non_empty, minLength=1)]
Expression = Annotated[str, *_text(values.expression, minLength=1, maxLength=values.EXPRESSION_CHARACTERS)]
Prefix = Annotated[str, *_text(values.prefix, maxLength=values.PREFIX_BYTES)]
OneCharacter = Annotated[str, *_text(values.one_character, minLength=1, maxLength=1)]
Delimiter = Annotated[str, *_text(values.delimiter, pattern=r"^[\n\r\x20-\x7E]$", minLength=1, maxLength=1)]
TierName = Literal["Expedited", "Standard", "Bulk"]
Every = Literal["daily", "weekly", "monthly"]

Vaults = Annotated[list[VaultName], OneOrMany()]
Tiers = Annotated[list[TierName], OneOrMany()]
