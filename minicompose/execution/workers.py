"""A few threads that make one call each at a time."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], None]


class Workers:
    """At most `limit` threads, each started only when a job finds no idle one.

    Jobs must not raise: what comes of them they tell by themselves. The threads are daemons, so
    that a call which hangs does not keep the program from ending.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"there must be at least one worker, not {limit}")
        self._limit = limit
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = 0
        self._busy = 0

    @property
    def free(self) -> bool:
        return self._busy < self._limit

    @property
    def idle(self) -> bool:
        return self._busy == 0

    def hand(self, job: Job) -> None:
        """Have `job` done by a thread; call `take_back` when it has told its result."""
        self._busy += 1
        if self._busy > self._threads:
            self._threads += 1
            threading.Thread(target=self._work, name=f"worker {self._threads}", daemon=True).start()
        self._jobs.put(job)

    def take_back(self) -> None:
        """A worker is free again."""
        self._busy -= 1

    def dismiss(self) -> None:
        """Let every thread end, after the job it is at."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
