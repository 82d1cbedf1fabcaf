"""The types of a manifest's fields: each a Python type, its rule, and what editors know of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from glacier_manifest.jobs.marker import USER_DESCRIPTION_BYTES
from glacier_manifest.manifest import archive_values, templates, values
from glacier_manifest.units import MIB

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


@dataclass(frozen=True, slots=True)
class TextOr:
    """Lets a text, checked by a rule, stand where a mapping may."""

    rule: Callable[[str], str]
    mapping: type[Strict]
    example: str
    pattern: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own signature
        """Check a text by its rule, and all else as the mapping."""
        mapping = handler.generate_schema(self.mapping)
        return core_schema.no_info_wrap_validator_function(self._checked, mapping)

    def _checked(self, value: object, as_mapping: ValidatorFunctionWrapHandler) -> object:
        if isinstance(value, str):
            return self.rule(value)
        if not isinstance(value, dict):
            raise PydanticCustomError("text_or_mapping", "neither text nor a mapping")
        return as_mapping(value)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> _JsonSchema:
        """Offer editors the text and the mapping."""
        text = {"type": "string", "minLength": 1, "pattern": self.pattern, "examples": [self.example]}
        return {"anyOf": [{key: value for key, value in text.items() if value}, handler(schema)]}


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
VaultName = Annotated[
    str, *_text(values.vault_name, pattern=values.VAULT_PATTERN, examples=["my-vault", "photos-*"])
]
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
PieceSize = Annotated[
    int,
    BeforeValidator(archive_values.piece_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": MIB, "multipleOf": MIB},
                {"type": "string", "pattern": values.SIZE, "examples": ["1 GiB"]},
            ]
        }
    ),
]
PathGlob = Annotated[str, *_text(archive_values.path_glob, minLength=1, examples=["2015/**", "**/*.tmp"])]
Regex = Annotated[str, *_text(archive_values.regex, examples=["^backup-[0-9]+"])]
ArchiveMoment = Annotated[
    str,
    *_text(
        archive_values.archive_moment,
        pattern=archive_values.ARCHIVE_MOMENT,
        examples=["2015-01-01", "2015-01-01T00:00:00Z"],
    ),
]
TreeHash = Annotated[str, *_text(archive_values.tree_hash, pattern=archive_values.TREE_HASH)]
Cost = Annotated[
    Decimal,
    BeforeValidator(archive_values.cost),
    WithJsonSchema({"type": "string", "pattern": archive_values.COST, "examples": ["50 USD"]}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(archive_values.amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": archive_values.HIGHEST_AMOUNT},
                {"type": "string", "pattern": archive_values.AMOUNT, "examples": ["0.0025"]},
            ]
        }
    ),
]
Day = Annotated[str, *_text(archive_values.day, pattern=archive_values.DAY, examples=["2026-11-01"])]
SaveTo = Annotated[
    str, *_text(templates.save_to, pattern=templates.SAVE_TO, examples=["inventories/{vault}/{slot}.json"])
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
PathGlobs = Annotated[list[PathGlob], OneOrMany()]
TreeHashes = Annotated[list[TreeHash], OneOrMany()]
SomeArchiveIds = Annotated[list[ArchiveId], OneOrMany()]
