"""One run of fetching: a queue of outputs, errands for the pool, and what became of each."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from glacier_manifest.aws.causes import Cause
from glacier_manifest.errors import GlacierManifestError
from glacier_manifest.fetching.bearing import closes_place, is_network, may_pass, stops_all
from glacier_manifest.fetching.download import Download, Errand
from glacier_manifest.fetching.errands import Prepared, Wanted, single, together
from glacier_manifest.fetching.events import Event, FetchingBegan, OutputEnded
from glacier_manifest.fetching.joining import join_inventories
from glacier_manifest.fetching.lost import output_lost, piece_lost, piece_not_held
from glacier_manifest.fetching.names import Reason
from glacier_manifest.fetching.output import Ending, Fetched, LeftOff, NotFetched, Partly, Verified
from glacier_manifest.fetching.pages import Joining
from glacier_manifest.fetching.places import Place, Places
from glacier_manifest.fetching.pool import Pool
from glacier_manifest.fetching.queue import Queue
from glacier_manifest.fetching.reading import PartReader
from glacier_manifest.fetching.recording import Recorder
from glacier_manifest.fetching.report import Outcome, Report, Result, left_off, outcome_of
from glacier_manifest.fetching.results import place_of, results_of
from glacier_manifest.fetching.selecting import Select, begin
from glacier_manifest.fetching.siblings import Siblings
from glacier_manifest.fetching.terms import Service, Surroundings, Terms
from glacier_manifest.fetching.wants import Want, Wants
from glacier_manifest.jobs.request import JobType
from glacier_manifest.jobs.status import Status
from glacier_manifest.scratch.scratch import Scratch
from glacier_manifest.state.changes import Change, Fetch, Join, Observe
from glacier_manifest.state.protocol import State
from glacier_manifest.state.record import Mishap, Record

_BATCH = 500


class Turn:
    """One run of fetching.

    Attributes:
        report: How it goes.
    """

    def __init__(
        self,
        *,
        state: State,
        wants: Wants,
        service: Service,
        places: Places,
        terms: Terms,
        surroundings: Surroundings,
        scratch: Scratch,
        tell: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._wants = wants
        self._service = service
        self._places = places
        self._terms = terms
        self._surroundings = surroundings
        self._queue = Queue(scratch)
        self._siblings = Siblings(state, wants)
        self.report = Report(scratch.mapping())
        self._tell = tell
        self._open: dict[str, Prepared] = {}
        self._selects: dict[str, Select] = {}
        self._recorder = Recorder(state)
        self._in_a_row = 0
        self._ended = 0
        self._halted = False

    def fetch(self) -> None:
        """Fetch all."""
        self._queue.load(self._succeeded())
        self._tell(FetchingBegan(*self._queue.totals))
        reader = PartReader(
            self._service.outputs,
            patience=self._surroundings.patience,
            stop=self._stops,
            tell=self._tell,
            results=self._service.results,
        )
        pool = Pool(
            lambda errand: Download(errand, reader, self._tell), bounds=self._terms.bounds, stop=self._stops
        )
        try:
            self._get_to_know()
            for ending in pool.fetch(self._errands()):
                self._settle(self._open.pop(ending.whole.outputs[0].source), ending)
        finally:
            self.report.counts[Result.LEFT] += self._queue.totals[0] - self._ended
            self.report.rest = self._not_reached
            self._recorder.close()

    def join(self) -> None:
        """Put inventories together that came in pages, unless the run shall end."""
        if self._surroundings.stop():
            return
        join_inventories(
            self._state,
            self._wants,
            joining=Joining(self._state, self._service.stored, self._surroundings.now),
            places=self._places,
            report=self.report,
            tell=lambda outcome: self._tell(OutputEnded(outcome)),
        )

    def _not_reached(self) -> Iterator[Outcome]:
        """Stream the outputs that the run did not come to."""
        error = self.report.error
        why = left_off() if error is None else Mishap(error.code, error.message)
        keys = self._queue.keys()
        while batch := list(islice(keys, _BATCH)):
            records = self._state.latest(key for key in batch if key not in self.report.outcomes)
            yield from (replace(outcome_of(one, Result.LEFT), mishap=why) for one in records.values())

    def _stops(self) -> bool:
        return self._halted or self._surroundings.stop()

    def _succeeded(self) -> Iterator[Record]:
        """Stream the latest purchases that have succeeded and whose output is wanted somewhere."""
        records = self._state.records(statuses={Status.SUCCEEDED})
        while batch := list(islice(records, _BATCH)):
            standings = self._state.standings(record.key for record in batch)
            for record in batch:
                if standings[record.key].generation != record.generation:
                    continue
                if self._wants.of(record) is None:
                    # What a select found, Glacier has written to S3 itself: it lacks no place.
                    self.report.nowhere += record.type != JobType.SELECT
                else:
                    yield record

    def _get_to_know(self) -> None:
        described = self._service.described

        def is_news(job_id: str) -> bool:
            return self._queue.has_job(job_id) and not described.knows(job_id)

        for vault, count in self._queue.vaults():
            described.prepare(vault, is_news, count)

    def _errands(self) -> Iterator[Errand]:
        for keys in self._queue.units():
            for prepared in self._prepared(keys):
                self._open[prepared.errand.whole.outputs[0].source] = prepared
                yield prepared.errand

    def _prepared(self, keys: tuple[str, ...]) -> Iterator[Prepared]:
        """Yield the errands for outputs that are stored together, unless nothing can be done about them."""
        found = self._state.latest(keys)
        if any(record.type == JobType.SELECT for record in found.values()):
            for record in found.values():
                yield from self._selected(record)
            return
        wanted = [one for key in keys if key in found and (one := self._wanted(found[key])) is not None]
        if not wanted:
            return
        place = self._place([one.record for one in wanted], wanted[0].want)
        if place is None:
            return
        if self._siblings.become_one(wanted):
            yield from self._tried(wanted, partial(together, wanted, place))
            return
        for one in wanted:
            yield from self._tried([one], partial(single, one, place, self._terms.part_size))

    def _selected(self, record: Record) -> Iterator[Prepared]:
        """Yield the errands for what a select has left in S3, unless nothing can be done about it."""
        want, s3 = self._wants.of(record), self._service.results
        if want is None or s3 is None or record.status is not Status.SUCCEEDED:
            return
        try:
            place = place_of(record, self._service.described.of(record), want.results_in)
            at = self._surroundings.service() or self._surroundings.now()
            results = results_of(record, place, s3, at=at)
        except GlacierManifestError as error:
            self._not_selected(record, error)
            return
        target = self._place([record], want)
        if target is None:
            return
        select, prepared = begin(record, want, target, results, part_size=self._terms.part_size)
        for one in prepared:
            self._selects[one.errand.whole.outputs[0].source] = select
            yield one

    def _not_selected(self, record: Record, error: GlacierManifestError) -> None:
        """What keeps us from the bucket of one select keeps us from nothing else."""
        if not (stops_all(error) or closes_place(error)):
            self._failed(record, error)
            return
        self.report.error = self.report.error or error
        self._end(record, Result.LEFT, error)

    def _tried(self, wanted: list[Wanted], make: Callable[[], Prepared]) -> Iterator[Prepared]:
        try:
            yield make()
        except GlacierManifestError as error:
            for one in wanted:
                self._end(one.record, Result.FAILED, error)

    def _wanted(self, record: Record) -> Wanted | None:
        """Return what is known of an output; None where it is gone, or is not wanted any more."""
        want = self._wants.of(record)
        if want is None or record.status is not Status.SUCCEEDED:
            return None
        try:
            job = self._service.described.of(record)
        except GlacierManifestError as error:
            self._failed(record, error)
            return None
        if job is None:
            self._gone(record)
            return None
        return Wanted(record, want, job)

    def _place(self, records: list[Record], want: Want) -> Place | None:
        """Return where outputs go; None where the place takes none in this run."""
        try:
            place = self._places.at(want.template.base)
        except GlacierManifestError as error:
            self.report.error = self.report.error or error
            for record in records:
                self._end(record, Result.LEFT, error)
            return None
        if place.closed_by is not None:
            for record in records:
                self._end(record, Result.LEFT, place.closed_by)
            return None
        return place

    def _settle(self, prepared: Prepared, ending: Ending) -> None:
        select = self._selects.pop(ending.whole.outputs[0].source, None)
        if select is not None:
            self._settle_select(select, prepared, ending)
            return
        match ending:
            case Fetched():
                self._in_a_row = 0
                self._fetched(prepared, ending)
            case Partly():
                self._in_a_row = 0
                self._held(prepared, ending)
            case LeftOff():
                for one in prepared.served:
                    self._told(replace(outcome_of(one.record, Result.LEFT), mishap=left_off()))
            case NotFetched():
                self._not_fetched(prepared, ending.error)

    def _settle_select(self, select: Select, prepared: Prepared, ending: Ending) -> None:
        """Once the last of a select's files has ended, so has the select."""
        select.take(prepared, ending)
        if select.left:
            return
        if select.error is None and select.is_left_off:
            self._told(replace(outcome_of(select.record, Result.LEFT), mishap=left_off()))
            return
        try:
            change, outcome = select.conclude(self._surroundings.now())
        except GlacierManifestError as error:
            self._close(select.place, error)
            self._failed(select.record, error)
            return
        self._in_a_row = 0
        self.report.bytes_stored += select.size
        self._recorder.record([change], select.forget)
        self._told(outcome)

    def _held(self, prepared: Prepared, ending: Partly) -> None:
        """Pieces that stand safely need their jobs' outputs no more; those that were lost are told of."""
        errand, lost = prepared.errand, self._siblings.lost(prepared, ending)
        for record in lost:
            self._ended -= 1  # it is none of those that were to be fetched
            self._end(record, Result.FAILED, piece_lost(record, errand.destination.base))
        if not ending.is_safe:
            for one in prepared.served:
                self._end(one.record, Result.LEFT, piece_not_held(errand.destination.base))
            return
        location = f"{errand.destination.base.rstrip('/')}/{errand.kept_as.name}"
        at, held_by = self._surroundings.now(), str(Verified.HELD)
        self._recorder.record(
            [
                Fetch(one.record.key, one.record.generation, at, location, verified_by=held_by)
                for one in prepared.served
            ],
            lambda: None,
        )
        for one in prepared.served:
            outcome = outcome_of(one.record, Result.HELD)
            self._told(replace(outcome, output=location, verified_by=held_by))

    def _fetched(self, prepared: Prepared, ending: Fetched) -> None:
        output, place = prepared.errand.kept_as, prepared.place
        place.naming.claim(output.identity, ending.kept.name)
        reasons = prepared.name.reasons
        if ending.kept.name != output.name and Reason.SAME_NAME not in reasons:
            reasons = (*reasons, Reason.SAME_NAME)
        result = Result.UNVERIFIED if ending.verified is Verified.LENGTH else Result.FETCHED
        size = output.division.length
        self.report.bytes_stored += size
        verified = str(ending.verified)
        stored = (self._surroundings.now(), ending.kept.location, ending.tree_hash, size, verified)
        changes: list[Change] = [
            Fetch(one.record.key, one.record.generation, *stored) for one in prepared.served
        ]
        held = self._siblings.held(prepared)
        changes += [Join(one.key, one.generation, *stored) for one in held]
        self._recorder.record(changes, lambda: place.destination.forget(output))

        def outcome(record: Record, bytes_read: int) -> Outcome:
            return replace(
                outcome_of(record, result),
                output=ending.kept.location,
                size=size,
                tree_hash=ending.tree_hash,
                verified_by=verified,
                bytes_read=bytes_read,
                renamed=reasons,
            )

        read = ending.bytes_read
        for one in prepared.served:
            self._told(outcome(one.record, read))
            read = 0  # what was read of all pieces is told with the first of them
        for record in held:
            self.report.add(outcome(record, 0))

    def _not_fetched(self, prepared: Prepared, error: GlacierManifestError) -> None:
        if error.code == Cause.JOB_NOT_FOUND:
            for one in prepared.served:
                self._look_again(one.record, error)
            return
        self._close(prepared.place, error)
        for one in prepared.served:
            self._failed(one.record, error)

    def _close(self, place: Place, error: GlacierManifestError) -> None:
        """Let nothing more go to a place in this run, if it would meet the same."""
        if closes_place(error):
            place.closed_by = error
            self.report.error = self.report.error or error

    def _look_again(self, record: Record, error: GlacierManifestError) -> None:
        """Find out whether an output is gone that could not be read."""
        try:
            job = self._service.described.ask(record)
        except GlacierManifestError as other:
            self._failed(record, other)
            return
        if job is None:
            self._gone(record)
        else:
            self._failed(record, error)

    def _gone(self, record: Record) -> None:
        """Glacier does not know the job any more: a day after its end that is as it must be."""
        at = self._surroundings.service() or self._surroundings.now()
        if record.expires_at is None or at < record.expires_at:
            self._end(record, Result.FAILED, output_lost(record))
            return
        change = Observe(record.key, record.generation, self._surroundings.now(), Status.EXPIRED)
        self._recorder.record([change], lambda: None)
        self._end(record, Result.EXPIRED, None)

    def _failed(self, record: Record, error: GlacierManifestError) -> None:
        """Decide what an error means for the output, and for those after it."""
        if stops_all(error):
            self._halt(error)
        self._in_a_row = self._in_a_row + 1 if is_network(error) else 0
        if self._in_a_row >= self._terms.endurance:
            self._halt(error)
        self._end(record, Result.LEFT if may_pass(error) else Result.FAILED, error)

    def _halt(self, error: GlacierManifestError) -> None:
        self._halted = True
        self.report.error = self.report.error or error

    def _end(self, record: Record, result: Result, error: GlacierManifestError | None) -> None:
        mishap = None if error is None else Mishap(error.code, error.message)
        if result is Result.FAILED and record.status is Status.SUCCEEDED:
            self.report.bytes_failed += record.size or 0
        self._told(replace(outcome_of(record, result), mishap=mishap))

    def _told(self, outcome: Outcome) -> None:
        self._ended += 1
        self.report.add(outcome)
        self._tell(OutputEnded(outcome))
