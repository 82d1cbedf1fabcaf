"""What Glacier tells of jobs whose outputs are wanted: a vault with many is listed, the others one by one."""

from collections.abc import Callable, MutableMapping

from glacier_manifest.aws.descriptions import ListedJob
from glacier_manifest.aws.glacier import Reader
from glacier_manifest.jobs.request import Vault
from glacier_manifest.state.record import Record

#: From how many wanted outputs of one vault on its jobs are listed; a page of a listing tells of fifty.
_MANY = 20


class Described:
    """Jobs as Glacier has told of them; asked for once.

    Args:
        reader: Asks Glacier.
        known: Takes what is told, by job ID; the outputs of jobs that have succeeded do not change.
    """

    def __init__(self, reader: Reader, known: MutableMapping[str, ListedJob]) -> None:
        self._reader = reader
        self._known = known

    def note(self, job: ListedJob) -> None:
        """Take what a listing tells of a job."""
        if job.job_id not in self._known:
            self._known[job.job_id] = job

    def knows(self, job_id: str) -> bool:
        """Say whether a job was told of."""
        return job_id in self._known

    def prepare(self, vault: Vault, wanted: Callable[[str], bool], count: int) -> None:
        """Get to know jobs of one vault, where they are many.

        Args:
            vault: Where.
            wanted: Says whether a job, by its ID, is wanted and not known yet.
            count: How many are.

        Raises:
            ServiceError: It cannot be listed.
        """
        if count < _MANY:
            return
        for job in self._reader.list_jobs(vault):
            if wanted(job.job_id):
                self.note(job)

    def of(self, record: Record) -> ListedJob | None:
        """Return what Glacier tells of a record's job; None where it does not know it any more.

        Raises:
            ServiceError: As `Reader.describe_job`.
        """
        job_id = record.job_id or ""
        known = self._known.get(job_id)
        return known if known is not None else self.ask(record)

    def ask(self, record: Record) -> ListedJob | None:
        """Ask about a job now, whatever was told before.

        Raises:
            ServiceError: As `Reader.describe_job`.
        """
        vault = Vault(record.account_id, record.region, record.vault)
        job = self._reader.describe_job(vault, record.job_id or "")
        if job is not None:
            self.note(job)
        return job
