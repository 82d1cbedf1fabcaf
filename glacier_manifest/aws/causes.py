"""Why a call to AWS came to nothing, and what a person does about it.

A cause is a stable word: it is the code of the errors that this room raises, and ``glacier-manifest
explain`` knows it.
"""

from enum import StrEnum


class Cause(StrEnum):
    """What happened, whichever call it happened to."""

    ACCESS_DENIED = "access-denied"
    ARCHIVE_NOT_FOUND = "archive-not-found"
    CANNOT_SEND = "cannot-send"
    CLOCK_SKEW = "clock-skew"
    CREDENTIALS_FAILED = "credentials-failed"
    EXPIRED_CREDENTIALS = "expired-credentials"
    INVALID_CREDENTIALS = "invalid-credentials"
    INVALID_REQUEST = "invalid-request"
    JOB_NOT_FOUND = "job-not-found"
    NO_ANSWER = "no-answer"
    NO_CAPACITY = "no-capacity"
    NO_CREDENTIALS = "no-credentials"
    NO_INVENTORY_YET = "no-inventory-yet"
    NO_LONGER_SUPPORTED = "no-longer-supported"
    RETRIEVAL_POLICY = "retrieval-policy"
    SERVICE_FAILED = "service-failed"
    THROTTLED = "throttled"
    UNEXPECTED_ANSWER = "unexpected-answer"
    UNREACHABLE = "unreachable"
    UNTRUSTED_CERTIFICATE = "untrusted-certificate"
    VAULT_NOT_FOUND = "vault-not-found"


_AGAIN = "then run the same command again"

_NEXT_STEPS: dict[Cause, str] = {
    Cause.ACCESS_DENIED: (
        "allow {action} for the user or role that you run as, in its IAM policy and in the vault's access"
        " policy, " + _AGAIN
    ),
    Cause.ARCHIVE_NOT_FOUND: "check the archive ID against the vault's latest inventory",
    Cause.CANNOT_SEND: "correct what the message names, " + _AGAIN + ": nothing was sent",
    Cause.CLOCK_SKEW: "set this machine's clock (AWS allows 5 minutes of difference), " + _AGAIN,
    Cause.CREDENTIALS_FAILED: (
        "make 'aws sts get-caller-identity' work with the same profile (for SSO: 'aws sso login'), " + _AGAIN
    ),
    Cause.EXPIRED_CREDENTIALS: "renew the credentials (for SSO: 'aws sso login'), " + _AGAIN,
    Cause.INVALID_CREDENTIALS: (
        "check the access key, its secret and the session token, or choose others with --profile, " + _AGAIN
    ),
    Cause.INVALID_REQUEST: "correct the value that the message names",
    Cause.JOB_NOT_FOUND: "list the vault's jobs; a job is forgotten a day or more after it completed",
    Cause.NO_ANSWER: "wait a minute, " + _AGAIN,
    Cause.NO_CAPACITY: "wait an hour, or choose a slower tier, " + _AGAIN,
    Cause.NO_CREDENTIALS: (
        "choose credentials with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY, " + _AGAIN
    ),
    Cause.NO_INVENTORY_YET: "wait a day: Glacier makes a vault's first inventory within about one day",
    Cause.NO_LONGER_SUPPORTED: (
        "Amazon Glacier is closed to new customers since 2025-12-15 and answers only accounts that have"
        " vaults: choose the account that owns yours with --profile, " + _AGAIN
    ),
    Cause.RETRIEVAL_POLICY: "wait, or raise the account's data retrieval policy, " + _AGAIN,
    Cause.SERVICE_FAILED: "wait a minute (https://health.aws.amazon.com tells of outages), " + _AGAIN,
    Cause.THROTTLED: "wait a minute, lower pace.requests_per_second in the manifest, " + _AGAIN,
    Cause.UNEXPECTED_ANSWER: (
        "find out what answered in Glacier's place: check --endpoint-url, HTTPS_PROXY and NO_PROXY, " + _AGAIN
    ),
    Cause.UNREACHABLE: "check the network, DNS, HTTPS_PROXY, NO_PROXY and --endpoint-url, " + _AGAIN,
    Cause.UNTRUSTED_CERTIFICATE: (
        "check --endpoint-url, and let AWS_CA_BUNDLE name the certificates of the proxy or endpoint that"
        " you trust, " + _AGAIN
    ),
    Cause.VAULT_NOT_FOUND: (
        "check the vault's name, its region and the account:"
        " 'aws glacier list-vaults --account-id -' lists the vaults"
    ),
}


def next_step_for(cause: Cause, *, action: str = "the call") -> str:
    """Return what to do about a cause; `action` is the IAM action, such as ``glacier:InitiateJob``."""
    return _NEXT_STEPS[cause].format(action=action)
