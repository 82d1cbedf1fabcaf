"""What Glacier answers when it does not do what it was asked.

Codes and statuses are those of
https://docs.aws.amazon.com/amazonglacier/latest/dev/api-error-responses.html; texts are the ones
users of the service have published, and plausible ones where nobody has.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from glacier_manifest.sandbox.wire import Answer

#: Status and text of the codes that a fault can name by their code alone.
KNOWN: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "AccessDeniedException": (403, "User is not authorized to perform this operation"),
        "ExpiredTokenException": (403, "The security token included in the request is expired"),
        "InsufficientCapacityException": (
            503,
            "There is insufficient capacity to process this expedited request.",
        ),
        "InvalidParameterValueException": (400, "Invalid parameter value"),
        "InvalidSignatureException": (
            403,
            "The request signature we calculated does not match the signature you provided.",
        ),
        "LimitExceededException": (400, "The request exceeds a limit of your account."),
        "MissingParameterValueException": (400, "Required parameter missing"),
        "NoLongerSupportedException": (
            400,
            "Amazon Glacier no longer accepts new customers for this API.",
        ),
        "PolicyEnforcedException": (
            400,
            "InitiateJob request denied by current data retrieval policy.",
        ),
        "RequestTimeoutException": (408, "The request timed out."),
        "ResourceNotFoundException": (404, "The resource was not found"),
        "ServiceUnavailableException": (500, "Service is unavailable. Please try again."),
        "ThrottlingException": (400, "Rate exceeded"),
        "UnrecognizedClientException": (
            400,
            "The security token included in the request is invalid.",
        ),
    }
)

_FIRST_SERVER_STATUS = 500


def error_answer(status: int, code: str, message: str) -> Answer:
    """Return an error as Glacier shapes it: `{"code", "message", "type"}` in lower-case keys."""
    kind = "Server" if status >= _FIRST_SERVER_STATUS else "Client"
    body = json.dumps({"code": code, "message": message, "type": kind}, separators=(",", ":"))
    return Answer(status, (("Content-Type", "application/json"),), body.encode())


class RefusedError(Exception):
    """Raised where the service would refuse a request; becomes its JSON error.

    Attributes:
        status: the HTTP status.
        code: the service's exception name.
        message: the text that the caller reads.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = KNOWN[code][0] if status is None else status

    def answer(self) -> Answer:
        """Return the refusal as an answer."""
        return error_answer(self.status, self.code, self.message)


def invalid(message: str) -> RefusedError:
    """A value that the service does not take: 400."""
    return RefusedError("InvalidParameterValueException", message)


def missing(parameter: str) -> RefusedError:
    """A required parameter that is not there: 400."""
    return RefusedError("MissingParameterValueException", f"Required parameter missing: {parameter}")


def unreadable(message: str) -> RefusedError:
    """A body whose JSON has another shape than the operation's: 400."""
    return RefusedError("SerializationException", message, 400)


def vault_not_found(arn: str) -> RefusedError:
    """No such vault, or a name with characters that no vault name has: 404."""
    return RefusedError("ResourceNotFoundException", f"Vault not found for ARN: {arn}")


def job_not_found(job_id: str) -> RefusedError:
    """No such job, or one that has expired: 404."""
    return RefusedError("ResourceNotFoundException", f"The job ID was not found: {job_id}")


def archive_not_found(archive_id: str) -> RefusedError:
    """No such archive: 404 (the wording is an emulator's; AWS has published none)."""
    return RefusedError("ResourceNotFoundException", f"The archive ID was not found: {archive_id}")


def archive_elsewhere(arn: str) -> RefusedError:
    """The archive is in another vault: Glacier blames the vault's name, with a 400."""
    return invalid(f"Invalid vault name: {arn}")


def no_inventory_yet(arn: str) -> RefusedError:
    """The vault's first inventory has not been made: 404."""
    return RefusedError(
        "ResourceNotFoundException",
        f"Inventory retrieval jobs for vault {arn} cannot be initiated yet, as Amazon Glacier has"
        " not yet generated an initial inventory for this vault.",
    )


def policy_enforced() -> RefusedError:
    """The account's retrieval policy is against it: 400, not charged."""
    code = "PolicyEnforcedException"
    return RefusedError(code, KNOWN[code][1])
