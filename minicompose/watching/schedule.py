"""What is done when: the parts of one service's work one after the other, those of several services side by side.

Pure: whoever asks does the jobs, and says when they have ended. Rebuilds and restarts change the project and are told
step by step, so only one job of them is under way at a time; it is for all services that ask for it by then.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import msgspec

from minicompose.watching.rules import Rule
from minicompose.watching.work import Work, work_for

Part = Literal["rebuild", "copy", "restart", "run"]
_CHANGES: tuple[Part, ...] = ("rebuild", "restart")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the work of a service; of a change, that of several. `anew`: first all files of the rules that ask
    for that are copied, for the containers do not have them yet.
    """

    part: Part
    works: tuple[Work, ...]
    anew: bool = False


class Schedule:
    """The work that `rules` ask for. What changes while its service is being dealt with is one work afterwards."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._left: dict[str, list[Job]] = {}
        self._under_way: set[str] = set()
        self._later: dict[str, set[str]] = {}

    def begin_with(self, services: Iterable[str]) -> None:
        """Copy what is copied when watching begins."""
        for service in services:
            self._left[service] = [Job(part="copy", works=(Work(service=service, changed=()),), anew=True)]

    def changed(self, paths: Iterable[str]) -> None:
        for work in work_for(self._rules, paths):
            if work.service in self._left:
                self._later.setdefault(work.service, set()).update(work.changed)
            else:
                self._left[work.service] = _parts(work)

    def due(self) -> Job | None:
        """One that can begin now, and is under way from now on; None where that is none."""
        for service, jobs in self._left.items():
            if service in self._under_way or (jobs[0].part in _CHANGES and self._is_changing()):
                continue
            job = jobs[0]
            if job.part in _CHANGES:
                job = msgspec.structs.replace(job, works=tuple(self._asking_for(job.part)))
            self._under_way.update(work.service for work in job.works)
            return job
        return None

    def ended(self, job: Job, rebuilt: Collection[str] = ()) -> None:
        """A job has ended, by which these services have other containers."""
        for work in job.works:
            service = work.service
            self._under_way.discard(service)
            del self._left[service][0]
            if service in rebuilt:
                self._copy_anew(work)
            if not self._left[service]:
                del self._left[service]
                self._take_up_again(service)

    def _is_changing(self) -> bool:
        return any(self._left[service][0].part in _CHANGES for service in self._under_way)

    def _asking_for(self, part: Part) -> Iterable[Work]:
        for service, jobs in self._left.items():
            if service not in self._under_way and jobs[0].part == part:
                yield from jobs[0].works

    def _copy_anew(self, work: Work) -> None:
        jobs = self._left[work.service]
        if jobs and jobs[0].part == "copy":
            del jobs[0]
        jobs.insert(0, Job(part="copy", works=(work,), anew=True))

    def _take_up_again(self, service: str) -> None:
        rules = [rule for rule in self._rules if rule.service == service]
        for work in work_for(rules, self._later.pop(service, ())):
            self._left[service] = _parts(work)


def _parts(work: Work) -> list[Job]:
    asked: dict[Part, object] = {
        "rebuild": work.rebuild,
        "copy": work.copies,
        "restart": work.restart,
        "run": work.commands,
    }
    return [Job(part=part, works=(work,)) for part, is_asked in asked.items() if is_asked]
