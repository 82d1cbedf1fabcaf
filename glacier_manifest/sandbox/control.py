"""The sandbox driven over HTTP, below `/_sandbox/`: no signature, JSON in and out.

    GET    /_sandbox/                       what the sandbox is: account, region, clock, vaults
    GET    /_sandbox/calls[?operation=&last=]   calls, bodies as text
    DELETE /_sandbox/calls                  forget them
    GET    /_sandbox/counts                 calls by operation
    GET    /_sandbox/jobs[?last=]           all accepted jobs
    GET    /_sandbox/faults                 the rules in force, and the table of faults
    POST   /_sandbox/faults                 a rule: {"operation", "fault", ...}
    DELETE /_sandbox/faults                 no rule
    GET    /_sandbox/clock                  {"now", "skew"}
    POST   /_sandbox/clock                  {"advance": seconds} | {"set": instant} | {"skew": seconds}
    PUT    /_sandbox/vaults/{vault}         make a vault
    POST   /_sandbox/vaults/{vault}/archives?description=   the body becomes an archive
    POST   /_sandbox/vaults/{vault}/generate   {"count", "size", "description", "seed", ...}
    POST   /_sandbox/vaults/{vault}/inventory  make an inventory out of turn
    GET    /_sandbox/s3                     what selects have written, as S3 answers

Vaults take `account` and `region` in the query.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from glacier_manifest.sandbox.calls import Call, CallLog
from glacier_manifest.sandbox.clock import SandboxClock, iso_instant
from glacier_manifest.sandbox.events import Job
from glacier_manifest.sandbox.fault_rules import FaultRules
from glacier_manifest.sandbox.faults import FAULTS
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.joblist import status_of
from glacier_manifest.sandbox.s3 import ResultsOfSelects
from glacier_manifest.sandbox.stock import Stock
from glacier_manifest.sandbox.wire import Answer, Request

_JSON = (("Content-Type", "application/json"),)
Content = Mapping[str, Any]
_T = TypeVar("_T")


class Control:
    """Answers requests below `/_sandbox`.

    Args:
        glacier: the state.
        faults: the rules to change.
        log: the calls to tell.
    """

    def __init__(self, glacier: Glacier, faults: FaultRules, log: CallLog) -> None:
        self._glacier = glacier
        self._faults = faults
        self._log = log
        self._results = ResultsOfSelects(glacier)
        self._pages: Mapping[tuple[str, str], Callable[[Request], Content]] = {
            ("GET", ""): self._overview,
            ("GET", "calls"): self._calls,
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "counts"): lambda _: {"counts": log.counts()},
            ("GET", "jobs"): self._jobs,
            ("GET", "faults"): lambda _: self._rules(),
            ("POST", "faults"): self._add_rule,
            ("DELETE", "faults"): self._clear_rules,
            ("GET", "clock"): lambda _: self._instant(),
            ("POST", "clock"): self._move_clock,
            ("PUT", "vaults"): self._create_vault,
            ("POST", "vaults/archives"): self._upload,
            ("POST", "vaults/generate"): self._generate,
            ("POST", "vaults/inventory"): self._take_inventory,
        }

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; 404 and 400 carry a `message`."""
        if request.segments[1:2] == ["s3"]:
            return self._results.answer(request)
        page = self._pages.get((request.method, "/".join(request.segments[1::2])))
        if page is None:
            return _answer(404, {"message": f"no {request.method} {request.path} here"})
        try:
            return _answer(200, page(request))
        except (ValueError, TypeError, KeyError) as error:
            return _answer(400, {"message": f"{type(error).__name__}: {error}"})

    def _overview(self, _request: Request) -> Content:
        settings, glacier = self._glacier.settings, self._glacier
        return {
            "account_id": settings.account_id,
            "region": settings.region,
            "job_time": settings.job_time,
            "retention": settings.retention,
            "improvise": settings.improvise,
            "accepted": len(glacier.accepted),
            "vaults": [key.arn for key in sorted(glacier.vaults.copy())],
            **self._instant(),
        }

    def _calls(self, request: Request) -> Content:
        calls = self._log.calls(request.query.get("operation"))
        return {"calls": [_call_json(call) for call in _last(calls, request)]}

    def _forget_calls(self, _request: Request) -> Content:
        self._log.reset()
        return {}

    def _jobs(self, request: Request) -> Content:
        now = self._glacier.clock.seconds()
        jobs = _last(self._glacier.accepted.copy(), request)
        return {"jobs": [_job_json(job, now) for job in jobs]}

    def _rules(self) -> Content:
        return {
            "rules": [{**asdict(rule), "struck": struck} for rule, struck in self._faults.rules()],
            "faults": {name: fault.meaning for name, fault in FAULTS.items()},
        }

    def _add_rule(self, request: Request) -> Content:
        return asdict(self._faults.add(**_object(request)))

    def _clear_rules(self, _request: Request) -> Content:
        self._faults.clear()
        return {}

    def _instant(self) -> Content:
        clock = self._glacier.clock
        return {"now": iso_instant(clock.seconds()), "skew": clock.skew}

    def _move_clock(self, request: Request) -> Content:
        _move(self._glacier.clock, _object(request))
        return self._instant()

    def _stock(self, request: Request) -> Stock:
        settings = self._glacier.settings
        return Stock(
            self._glacier,
            request.segments[2],
            request.query.get("account", settings.account_id),
            request.query.get("region", settings.region),
        )

    def _create_vault(self, request: Request) -> Content:
        return {"vault_arn": self._stock(request).create()}

    def _upload(self, request: Request) -> Content:
        description = request.query.get("description", "")
        return {"archive_id": self._stock(request).upload(request.body, description)}

    def _generate(self, request: Request) -> Content:
        options = _object(request)
        if "created" in options:
            options["created"] = datetime.fromisoformat(options["created"])
        if isinstance(options.get("size"), list):
            options["size"] = tuple(options["size"])
        batch = self._stock(request).generate(**options)
        return {"batch": batch.number, "count": batch.count, "first": batch.archive_id(0)}

    def _take_inventory(self, request: Request) -> Content:
        self._stock(request).take_inventory()
        return {}


def _answer(status: int, content: Content) -> Answer:
    return Answer(status, _JSON, json.dumps(content).encode() + b"\n")


def _object(request: Request) -> dict[str, Any]:
    content = json.loads(request.body or b"{}")
    if not isinstance(content, dict):
        raise TypeError("the body must be a JSON object")
    return content


def _last(things: list[_T], request: Request) -> list[_T]:
    last = int(request.query.get("last", len(things)))
    return things[len(things) - last :] if last < len(things) else things


def _move(clock: SandboxClock, content: Content) -> None:
    if "set" in content:
        clock.set(datetime.fromisoformat(content["set"]))
    if "skew" in content:
        clock.skew = float(content["skew"])
    clock.advance(float(content.get("advance", 0)))


def _call_json(call: Call) -> Content:
    return {
        "operation": call.operation,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "body": call.body.decode("utf-8", "replace"),
        "at": call.at.isoformat(),
        "status": call.status,
        "acted": call.acted,
        "fault": call.fault,
        "account": call.account,
        "access_key": call.access_key,
        "job_id": call.job_id,
    }


def _job_json(job: Job, now: float) -> Content:
    return {
        "job_id": job.job_id,
        "vault_arn": job.vault.arn,
        "type": job.type,
        "archive_id": job.archive_id,
        "retrieval_byte_range": f"{job.start}-{job.end - 1}" if job.end else None,
        "tier": job.tier,
        "description": job.description,
        "status": status_of(job, now),
        "created": iso_instant(job.created),
        "ready_at": iso_instant(job.ready_at),
        "expires_at": iso_instant(job.expires_at),
    }
