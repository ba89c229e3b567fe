"""Requests to one address, a few at a time, until told to stop; and what became of them."""

import http.client
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

CLIENTS = 4
PAUSE = 0.01  # seconds between two requests of one client
PATIENCE = 10.0


@dataclass
class Outcome:
    """`failed` says of each request that was not answered with 200 why; `slowest` is in seconds."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    slowest: float = 0.0
    answers: set[str] = field(default_factory=set)


class Load:
    """For a `with`: within it requests are made, each over a connection of its own."""

    def __init__(self, host: str, port: int) -> None:
        self.outcome = Outcome()
        self._address = (host, port)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._clients = [threading.Thread(target=self._ask_again_and_again) for _ in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for client in self._clients:
            client.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for client in self._clients:
            client.join()

    def go_on(self, seconds: float) -> None:
        """Nothing but requests for so long."""
        self._over.wait(seconds)

    def _ask_again_and_again(self) -> None:
        while not self._over.wait(PAUSE):
            began = time.monotonic()
            status, text = self._ask()
            took = time.monotonic() - began
            with self._lock:
                self.outcome.slowest = max(self.outcome.slowest, took)
                if status == http.client.OK:
                    self.outcome.answered += 1
                    self.outcome.answers.add(text)
                else:
                    self.outcome.failed.append(text)

    def _ask(self) -> tuple[int, str]:
        """The status, 0 where there was no answer, and the answer or what went wrong."""
        connection = http.client.HTTPConnection(*self._address, timeout=PATIENCE)
        try:
            connection.request("GET", "/")
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{type(error).__name__}: {error}"
        finally:
            connection.close()
        return response.status, text if response.status == http.client.OK else f"{response.status} {response.reason}"
