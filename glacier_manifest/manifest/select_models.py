"""The select job's parameters and its output location, as the API nests them.

(docs: "api-SelectParameters", "api-CSVInput", "api-CSVOutput", "api-S3Location", "api-Encryption",
"api-Grant", "api-Grantee")
"""

from typing import Annotated, Literal, Self

from pydantic import AliasGenerator, ConfigDict, Field, model_validator

from glacier_manifest.manifest import fields, values

CannedAcl = Literal[
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
]


class Parameters(fields.Strict):
    """A piece of the InitiateJob body, in snake_case."""

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=fields.wire_name))

    def wire(self) -> dict[str, object]:
        """Return it in the API's spelling, only what was set."""
        return self.model_dump(by_alias=True, exclude_none=True)


class CsvInput(Parameters):
    """How the archive's CSV is written."""

    file_header_info: Annotated[
        Literal["USE", "IGNORE", "NONE"] | None,
        Field(description="What the first line is: names to USE in the query, a line to IGNORE, or NONE."),
    ] = None
    comments: Annotated[
        fields.OneCharacter | None, Field(description="The character that begins a line to be ignored.")
    ] = None
    quote_escape_character: Annotated[
        fields.OneCharacter | None,
        Field(description="The character that escapes a quotation mark inside a quoted value."),
    ] = None
    record_delimiter: Annotated[
        fields.OneCharacter | None, Field(description="The character between records.")
    ] = None
    field_delimiter: Annotated[
        fields.Delimiter | None, Field(description="The character between fields; a comma by default.")
    ] = None
    quote_character: Annotated[
        fields.OneCharacter | None, Field(description="The character around values that hold a delimiter.")
    ] = None


class InputSerialization(Parameters):
    """How the archive is written; CSV is all that Glacier reads."""

    csv: Annotated[CsvInput | None, Field(description="How the archive's CSV is written.")] = None


class CsvOutput(Parameters):
    """How the results are written."""

    quote_fields: Annotated[
        Literal["ALWAYS", "ASNEEDED"] | None, Field(description="Which values of the results are quoted.")
    ] = None
    quote_escape_character: Annotated[
        fields.OneCharacter | None,
        Field(description="The character that escapes a quotation mark inside a quoted value."),
    ] = None
    record_delimiter: Annotated[
        fields.OneCharacter | None, Field(description="The character between records.")
    ] = None
    field_delimiter: Annotated[
        fields.OneCharacter | None, Field(description="The character between fields; a comma by default.")
    ] = None
    quote_character: Annotated[
        fields.OneCharacter | None, Field(description="The character around values that hold a delimiter.")
    ] = None


class OutputSerialization(Parameters):
    """How the results are written; CSV is all that Glacier writes."""

    csv: Annotated[CsvOutput | None, Field(description="How the results' CSV is written.")] = None


class SelectParameters(Parameters):
    """What a select job asks (API: SelectParameters)."""

    input_serialization: Annotated[
        InputSerialization | None, Field(description="How the archive is written.")
    ] = None
    expression_type: Annotated[Literal["SQL"], Field(description="The language of the expression: SQL.")]
    expression: Annotated[
        fields.Expression,
        Field(
            description="The query, at most 128,000 characters.",
            examples=["SELECT * FROM archive WHERE status = '500'"],
        ),
    ]
    output_serialization: Annotated[
        OutputSerialization | None, Field(description="How the results are written.")
    ] = None


class Encryption(Parameters):
    """How S3 encrypts the results (API: Encryption)."""

    encryption_type: Annotated[
        Literal["aws:kms", "AES256"], Field(description="AES256 for keys of S3, aws:kms for keys of KMS.")
    ]
    kms_key_id: Annotated[
        fields.NonEmpty | None, Field(description="The KMS key; only with encryption_type aws:kms.")
    ] = None
    kms_context: Annotated[
        fields.NonEmpty | None, Field(description="The KMS context; only with encryption_type aws:kms.")
    ] = None

    @model_validator(mode="after")
    def _kms_alone_has_keys(self) -> Self:
        for name in ("kms_key_id", "kms_context"):
            if self.encryption_type != "aws:kms" and getattr(self, name) is not None:
                message = f"'{name}' needs 'encryption_type: aws:kms'"
                raise values.wrong(
                    "conflicting-keys", message, f"remove '{name}', or encrypt with aws:kms", name
                )
        return self


class Grantee(Parameters):
    """Who gets a grant (API: Grantee)."""

    type: Annotated[
        Literal["AmazonCustomerByEmail", "CanonicalUser", "Group"],
        Field(description="How the grantee is named: by email_address, by id, or as a group by uri."),
    ]
    display_name: Annotated[str | None, Field(description="The grantee's screen name.")] = None
    uri: Annotated[fields.NonEmpty | None, Field(description="The group; with type Group.")] = None
    id: Annotated[
        fields.NonEmpty | None, Field(description="The canonical user ID; with type CanonicalUser.")
    ] = None
    email_address: Annotated[
        fields.NonEmpty | None, Field(description="The address; with type AmazonCustomerByEmail.")
    ] = None

    @model_validator(mode="after")
    def _is_named_by_its_type(self) -> Self:
        naming = {"AmazonCustomerByEmail": "email_address", "CanonicalUser": "id", "Group": "uri"}
        wanted = naming[self.type]
        for name in naming.values():
            if name != wanted and getattr(self, name) is not None:
                message = f"a grantee of type {self.type} is not named by '{name}'"
                raise values.wrong("conflicting-keys", message, f"name it by '{wanted}'", name)
        if getattr(self, wanted) is None:
            message = f"missing key '{wanted}': it names a grantee of type {self.type}"
            raise values.wrong("missing-key", message, f"add '{wanted}'")
        return self


class Grant(Parameters):
    """Who may do what with the results (API: Grant)."""

    grantee: Annotated[Grantee, Field(description="Who.")]
    permission: Annotated[
        Literal["FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"], Field(description="What.")
    ]


class S3Location(Parameters):
    """Where in S3 the results go, and how they are kept there (API: S3Location)."""

    bucket_name: Annotated[
        fields.NonEmpty, Field(description="The bucket, in the vault's region.", examples=["my-bucket"])
    ]
    prefix: Annotated[fields.Prefix, Field(description="What their names begin with, at most 512 bytes.")]
    encryption: Annotated[Encryption | None, Field(description="How S3 encrypts the results.")] = None
    canned_acl: Annotated[
        CannedAcl | None, Field(description="A ready-made access control list; or access_control_list.")
    ] = None
    access_control_list: Annotated[
        list[Grant] | None, Field(description="Grants, one by one; or canned_acl.")
    ] = None
    tagging: Annotated[dict[str, str] | None, Field(description="Tags of the results.")] = None
    user_metadata: Annotated[dict[str, str] | None, Field(description="Metadata of the results.")] = None
    storage_class: Annotated[
        Literal["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA"] | None,
        Field(description="The storage class of the results."),
    ] = None

    @model_validator(mode="after")
    def _has_one_access_control(self) -> Self:
        if self.canned_acl is not None and self.access_control_list is not None:
            message = "'canned_acl' and 'access_control_list' exclude each other"
            raise values.wrong("conflicting-keys", message, "keep one of the two", "access_control_list")
        return self


class OutputLocation(Parameters):
    """Where the results of a select job go (API: OutputLocation)."""

    s3: Annotated[S3Location, Field(description="A place in S3.")]
