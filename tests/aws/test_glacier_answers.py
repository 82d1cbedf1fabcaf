"""Every answer to InitiateJob, played over real HTTP: what it means, and that it was asked for once."""

import pytest

from glacier_manifest.aws.answers import Verdict
from glacier_manifest.aws.glacier import GlacierStarter
from glacier_manifest.jobs.request import Vault
from tests.aws.conftest import Open, Play
from tests.aws.scripted import HTML, JOB_ID, LOCATION, Step, accepted, http, refused

PHOTOS = Vault("012345678901", "us-west-2", "photos")
BODY = {"Type": "inventory-retrieval", "Description": "weekly"}
ARN = "arn:aws:glacier:us-west-2:012345678901:vaults/photos"

# Every row of the design's table, and every hole in HTTP that was found: what is answered, what it means.
ANSWERS: dict[str, tuple[bytes, Verdict, str]] = {
    "accepted": (accepted(), Verdict.ACCEPTED, ""),
    "accepted, location is a whole URL": (
        accepted(location=f"https://glacier.us-west-2.amazonaws.com{LOCATION}"),
        Verdict.ACCEPTED,
        "",
    ),
    "throttled": (
        refused(400, "ThrottlingException", "Rate exceeded"),
        Verdict.THROTTLED,
        "ThrottlingException",
    ),
    "throttled with 429 and a code": (
        refused(429, "TooManyRequestsException"),
        Verdict.THROTTLED,
        "TooManyRequestsException",
    ),
    "throttled with 503": (refused(503, "SlowDown"), Verdict.THROTTLED, "SlowDown"),
    "bare 429": (http(429), Verdict.THROTTLED, "429"),
    "limit exceeded": (refused(400, "LimitExceededException"), Verdict.THROTTLED, "LimitExceededException"),
    "no capacity, as the guide says": (
        refused(503, "InsufficientCapacityException"),
        Verdict.FALL_BACK,
        "InsufficientCapacityException",
    ),
    "no capacity, as the API model says": (
        refused(400, "InsufficientCapacityException"),
        Verdict.FALL_BACK,
        "InsufficientCapacityException",
    ),
    "retrieval policy": (
        refused(
            400, "PolicyEnforcedException", "InitiateJob request denied by current data retrieval policy."
        ),
        Verdict.FALL_BACK,
        "PolicyEnforcedException",
    ),
    "no such vault": (
        refused(404, "ResourceNotFoundException", f"Vault not found for ARN: {ARN}"),
        Verdict.LATER,
        "ResourceNotFoundException",
    ),
    "no such vault, whose name reads like an archive": (
        refused(404, "ResourceNotFoundException", f"Vault not found for ARN: {ARN}-archive-not-found"),
        Verdict.LATER,
        "ResourceNotFoundException",
    ),
    "no initial inventory": (
        refused(
            404,
            "ResourceNotFoundException",
            f"Inventory retrieval jobs for vault {ARN} cannot be initiated yet, as Amazon Glacier has not"
            " yet generated an initial inventory for this vault.",
        ),
        Verdict.LATER,
        "ResourceNotFoundException",
    ),
    "no such archive": (
        refused(404, "ResourceNotFoundException", "The archive ID was not found: kKB7ymWJVp"),
        Verdict.REJECTED,
        "ResourceNotFoundException",
    ),
    "no such job": (
        refused(404, "ResourceNotFoundException", "The job ID was not found: HkF9"),
        Verdict.REJECTED,
        "ResourceNotFoundException",
    ),
    "archive of another vault": (
        refused(400, "InvalidParameterValueException", f"Invalid vault name: {ARN}"),
        Verdict.REJECTED,
        "InvalidParameterValueException",
    ),
    "missing parameter": (
        refused(400, "MissingParameterValueException"),
        Verdict.REJECTED,
        "MissingParameterValueException",
    ),
    "a code of Glacier's that is new": (
        refused(422, "WornOutTapeException"),
        Verdict.REJECTED,
        "WornOutTapeException",
    ),
    "access denied": (refused(403, "AccessDeniedException"), Verdict.STOP, "access-denied"),
    "expired token": (refused(403, "ExpiredTokenException"), Verdict.STOP, "expired-credentials"),
    "unknown access key": (refused(400, "UnrecognizedClientException"), Verdict.STOP, "invalid-credentials"),
    "wrong secret key": (refused(403, "InvalidSignatureException"), Verdict.STOP, "invalid-credentials"),
    "clock behind": (
        refused(
            403,
            "InvalidSignatureException",
            "Signature expired: 20261123T010000Z is now earlier than 20261123T025500Z",
        ),
        Verdict.STOP,
        "clock-skew",
    ),
    "clock ahead": (
        refused(
            403, "InvalidSignatureException", "Signature not yet current: 20261123T050000Z is still later"
        ),
        Verdict.STOP,
        "clock-skew",
    ),
    "clock skewed, by code": (refused(403, "RequestTimeTooSkewed"), Verdict.STOP, "clock-skew"),
    "closed to new customers": (
        refused(400, "NoLongerSupportedException"),
        Verdict.STOP,
        "no-longer-supported",
    ),
    "service unavailable": (
        refused(500, "ServiceUnavailableException"),
        Verdict.UNKNOWN,
        "ServiceUnavailableException",
    ),
    "service unavailable with 503": (
        refused(503, "ServiceUnavailable"),
        Verdict.UNKNOWN,
        "ServiceUnavailable",
    ),
    "a server's error with a code that is new": (
        refused(500, "WornOutTapeException"),
        Verdict.UNKNOWN,
        "WornOutTapeException",
    ),
    "request timeout": (refused(408, "RequestTimeoutException"), Verdict.UNKNOWN, "RequestTimeoutException"),
    "bare 408": (http(408), Verdict.UNKNOWN, "408"),
    "bare 500": (http(500), Verdict.UNKNOWN, "500"),
    "bare 504": (http(504), Verdict.UNKNOWN, "504"),
    "proxy's page with 502": (http(502, HTML), Verdict.UNKNOWN, "502"),
    "proxy's page with 403": (http(403, HTML), Verdict.UNKNOWN, "403"),
    "proxy's page with 407": (http(407, HTML), Verdict.UNKNOWN, "407"),
    "proxy's page with 400": (http(400, HTML), Verdict.UNKNOWN, "400"),
    "proxy's page with 200": (http(200, HTML), Verdict.UNKNOWN, "unexpected-answer"),
    "proxy's page with 202": (http(202, HTML), Verdict.UNKNOWN, "unexpected-answer"),
    "proxy's redirect": (http(302, HTML, Location="https://login.example/"), Verdict.UNKNOWN, "302"),
    "gateway's JSON": (http(403, b'{"code": "Forbidden"}'), Verdict.UNKNOWN, "Forbidden"),
    "gateway's number": (http(403, b'{"code": 7}'), Verdict.UNKNOWN, "unexpected-answer"),
    "gateway's list": (http(400, b"[]"), Verdict.UNKNOWN, "unexpected-answer"),
    "202 without a job ID": (http(202, Location=LOCATION), Verdict.UNKNOWN, "unexpected-answer"),
    "202 without a location": (http(202, x_amz_job_id=JOB_ID), Verdict.UNKNOWN, "unexpected-answer"),
    "202 with another job's location": (
        accepted(location=f"/012345678901/vaults/photos/jobs/{JOB_ID[::-1]}"),
        Verdict.UNKNOWN,
        "unexpected-answer",
    ),
    "202 with a job ID that is none": (
        accepted(job_id="a b", location="/jobs/a b"),
        Verdict.UNKNOWN,
        "unexpected-answer",
    ),
    "200 with a job ID": (accepted().replace(b"202", b"200", 1), Verdict.UNKNOWN, "unexpected-answer"),
    "201 with a job ID": (accepted().replace(b"202", b"201", 1), Verdict.UNKNOWN, "unexpected-answer"),
}


@pytest.mark.parametrize(("reply", "verdict", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_every_answer_means_what_the_design_says_and_is_asked_for_once(
    play: Play, door: Open, reply: bytes, verdict: Verdict, code: str
) -> None:
    server = play(Step(reply))

    answer = GlacierStarter(door(server.url)).initiate(PHOTOS, BODY)

    assert (answer.verdict, answer.code) == (verdict, code)
    assert (answer.job_id == JOB_ID) == (verdict is Verdict.ACCEPTED)
    assert (answer.next_step is not None) == (verdict is Verdict.STOP)
    assert len(server.requests) == 1
