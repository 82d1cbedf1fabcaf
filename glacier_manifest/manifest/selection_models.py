"""What an archive-retrieval job picks from an inventory."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from glacier_manifest.manifest import archive_values, fields, values


class JobOutput(fields.Strict):
    """The output of a job of the manifest, in place of a file."""

    job: Annotated[
        str,
        Field(description="The name of an inventory-retrieval job, in whatever file.", examples=["weekly"]),
    ]


class DescriptionMatch(fields.Strict):
    """What a description must be like, in place of a glob."""

    regex: Annotated[
        fields.Regex, Field(description="A regular expression of RE2 that is found in the description.")
    ]


Inventory = Annotated[
    str | JobOutput,
    fields.TextOr(
        archive_values.inventory_location,
        JobOutput,
        "inventories/photos.json",
        archive_values.LOCATION,
    ),
]
DescriptionRule = Annotated[
    str | DescriptionMatch,
    fields.TextOr(archive_values.text_glob, DescriptionMatch, "backup-*"),
]


class CreationDates(fields.Strict):
    """When archives were created."""

    from_: Annotated[
        fields.ArchiveMoment | None, Field(alias="from", description="Created then or later (ISO 8601, UTC).")
    ] = None
    to: Annotated[fields.ArchiveMoment | None, Field(description="Created before then (ISO 8601, UTC).")] = (
        None
    )

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            message = f"'to' ({self.to}) is not after 'from' ({self.from_})"
            raise values.wrong("date", message, "the end itself is not in the range: write a later one", "to")
        return self


class Sizes(fields.Strict):
    """How large archives are."""

    min: Annotated[fields.Size | None, Field(description="The least size.")] = None
    max: Annotated[fields.Size | None, Field(description="The greatest size.")] = None

    @model_validator(mode="after")
    def _least_is_not_above_greatest(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            message = f"'max' ({self.max} bytes) is less than 'min' ({self.min} bytes)"
            raise values.wrong("size", message, "no archive is of such a size: exchange the two", "max")
        return self


class Conditions(fields.Strict):
    """What an archive is like: all that is given must hold."""

    path: Annotated[
        fields.PathGlobs | None,
        Field(description="A glob for the name decoded from the description, or a list, one of which fits."),
    ] = None
    description: Annotated[
        DescriptionRule | None,
        Field(description="A glob for the whole description as it stands in the inventory, or {regex: …}."),
    ] = None
    creation_date: Annotated[CreationDates | None, Field(description="When it was created.")] = None
    size: Annotated[Sizes | None, Field(description="How large it is.")] = None
    tree_hash: Annotated[
        fields.TreeHashes | None, Field(description="Its SHA-256 tree hash, or a list with it.")
    ] = None
    archive_id: Annotated[fields.SomeArchiveIds | None, Field(description="Its ID, or a list with it.")] = (
        None
    )


Exclusions = Annotated[
    list[Conditions] | None, Field(description="Archives that are like one of these are left out.")
]


#: The order of an inventory is that in which its file lists the archives.
_TURNED_ROUND: dict[str, JsonValue] = {
    "required": ["order", "descending"],
    "properties": {"order": {"const": "inventory"}, "descending": {"const": True}},
}


class ArchivesSection(fields.Strict):
    """Archives picked from an inventory."""

    model_config = ConfigDict(json_schema_extra={"not": _TURNED_ROUND})

    inventory: Annotated[
        Inventory,
        Field(description="A file, beside the manifest; s3://bucket/key; or the output of {job: NAME}."),
    ]
    where: Annotated[
        Conditions | None, Field(description="What an archive must be like; all of them by default.")
    ] = None
    exclude: Exclusions = None
    order: Annotated[
        Literal["creation_date", "size", "path", "inventory"],
        Field(description="In which order they are taken, creation_date by default."),
    ] = "creation_date"
    descending: Annotated[bool, Field(description="Whether the order is turned round.")] = False
    limit: Annotated[
        int | None, Field(ge=1, description="The most archives, the first in the order; all by default.")
    ] = None

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        for index, conditions in enumerate(self.exclude or ()):
            if not any(value is not None for _, value in conditions):
                message = f"item {index + 1} of 'exclude' has no condition: it leaves out every archive"
                raise values.wrong(
                    "invalid-value", message, "write a condition, or remove it", "exclude", index
                )
        return self

    @model_validator(mode="after")
    def _has_an_order_to_turn_round(self) -> Self:
        if self.descending and self.order == "inventory":
            message = (
                "'descending' turns an order round, and 'order: inventory' has archives as they are listed"
            )
            advice = "remove 'descending', or order by creation_date, size or path"
            raise values.wrong("conflicting-keys", message, advice, "descending")
        return self
