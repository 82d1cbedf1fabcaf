"""A request as the operations see it: who asks what of which vault."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glacier_manifest.sandbox.events import VaultKey
from glacier_manifest.sandbox.refusals import RefusedError, invalid, unreadable
from glacier_manifest.sandbox.wire import Request

_API_VERSION = "2012-06-01"
_ACCOUNT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Fate:
    """What the faults in force have decided about a job before it is accepted.

    Attributes:
        failure: the StatusMessage with which it will fail; None lets it succeed.
        listing_lag: seconds after acceptance for which ListJobs does not show it.
    """

    failure: str | None = None
    listing_lag: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request.

    Attributes:
        access_key: the access key ID.
        account: the account that it belongs to.
        region: from the credential scope.
    """

    access_key: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, taken apart.

    Attributes:
        operation: the API's name of it, such as `InitiateJob`.
        caller: who signed it.
        account: whose vaults are meant.
        vault: the vault's name; empty for operations without one.
        target: the job, archive or upload ID; empty for operations without one.
        request: as it came.
        fate: what was decided about the job that it starts.
    """

    operation: str
    caller: Caller
    account: str
    vault: str
    target: str
    request: Request
    fate: Fate

    @property
    def key(self) -> VaultKey:
        """The vault that is meant."""
        return VaultKey(self.account, self.caller.region, self.vault)

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            RefusedError: it is none.
        """
        try:
            content = json.loads(self.request.body)
        except ValueError as error:
            raise unreadable(f"The request body is not valid JSON: {error}") from error
        if not isinstance(content, dict):
            raise unreadable("The request body is not a JSON object")
        return content


def read_caller(headers: Mapping[str, str], account_of: Mapping[str, str], default: str) -> Caller:
    """Return who signed a request; the signature itself is not verified.

    Args:
        headers: of the request.
        account_of: account IDs by access key ID.
        default: the account of every other key.

    Raises:
        RefusedError: it is not signed, or not with Signature Version 4.
    """
    authorization = headers.get("authorization")
    if authorization is None:
        message = "Request is missing Authentication Token"
        raise RefusedError("MissingAuthenticationTokenException", message, 400)
    _, _, rest = authorization.partition("Credential=")
    scope = rest.partition(",")[0].split("/")
    if len(scope) < 5 or scope[-1] != "aws4_request":  # noqa: PLR2004 - key/date/region/service/aws4_request
        message = "Authorization header requires 'Credential' parameter with a complete scope."
        raise RefusedError("IncompleteSignatureException", message, 403)
    access_key = "/".join(scope[:-4])
    return Caller(access_key, account_of.get(access_key, default), scope[-3])


def meant_account(caller: Caller, account: str) -> str:
    """Return the account that a path's first part means; `-` is the caller's.

    Raises:
        RefusedError: no account ID, or another one's, which no policy here opens.
    """
    if account in ("-", caller.account):
        return caller.account
    if not (account.isdigit() and len(account) == _ACCOUNT_DIGITS):
        raise invalid(f"Invalid account ID: {account}")
    raise RefusedError(
        "AccessDeniedException",
        f"User: arn:aws:iam::{caller.account}:root is not authorized to perform this operation"
        f" on resources of account {account}",
    )


def check_api_version(headers: Mapping[str, str]) -> None:
    """Refuse a request that does not say which API it speaks.

    https://docs.aws.amazon.com/amazonglacier/latest/dev/api-common-request-headers.html
    """
    version = headers.get("x-amz-glacier-version")
    if version is None:
        message = "Required parameter missing: API version"
        raise RefusedError("MissingParameterValueException", message)
    if version != _API_VERSION:
        raise invalid(f"Invalid API version: {version}")
