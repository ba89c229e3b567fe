"""A pull or a push that a faltering registry has cut short is tried again."""

import pytest

from minicompose.engine.failures import failure
from minicompose.engine.progress import Progress
from minicompose.engine.retrying import PAUSES, retried
from minicompose.errors import EngineError, EngineUnreachable


class _Attempts:
    """Attempts that fail with these, one after the other, and then succeed; and the time that passes."""

    def __init__(self, *errors: EngineError) -> None:
        self._errors = list(errors)
        self.made = 0
        self.slept: list[float] = []
        self.told: list[str] = []

    def __call__(self) -> None:
        self.made += 1
        if self._errors:
            raise self._errors.pop(0)

    def run(self) -> None:
        retried(self, self._hear, self.slept.append)

    def _hear(self, progress: Progress) -> None:
        self.told.append(progress.text)


@pytest.mark.parametrize(
    "said",
    [
        "received unexpected HTTP status: 503 Service Unavailable",
        "received unexpected HTTP status: 500 Internal Server Error",
        'Get "http://r:5000/v2/": read tcp 10.0.0.1:1->10.0.0.2:5000: read: connection reset by peer',
        "errors:\ndigest invalid\nmanifest blob unknown: blob unknown to registry",
        'Get "https://r/v2/": EOF',
        'Get "https://r/v2/": net/http: TLS handshake timeout',
        "dial tcp 10.0.0.2:443: i/o timeout",
    ],
)
def test_what_may_pass_is_tried_again_and_told(said: str) -> None:
    attempts = _Attempts(failure(500, said))

    attempts.run()

    assert (attempts.made, attempts.slept) == (2, [0.5])
    assert attempts.told == [f"trying again in 0.5s: {said}"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "unauthorized: authentication required"),
        (500, 'Get "https://r/v2/x": unauthorized: authentication required'),
        (404, "manifest for r/x:5 not found: manifest unknown: manifest unknown"),
        (500, "denied: requested access to the resource is denied"),
        (500, 'Get "http://r:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'),
        (500, "manifest for r:5000/x:500 not found: manifest unknown"),
    ],
)
def test_an_answer_is_not_asked_for_again(status: int, said: str) -> None:
    attempts = _Attempts(failure(status, said))

    with pytest.raises(EngineError):
        attempts.run()

    assert (attempts.made, attempts.told) == (1, [])


def test_an_engine_that_is_gone_is_not_asked_again() -> None:
    attempts = _Attempts(EngineUnreachable("cannot reach a Docker engine: connection reset by peer"))

    with pytest.raises(EngineUnreachable):
        attempts.run()

    assert attempts.made == 1


def test_pauses_grow_and_the_last_failure_is_raised() -> None:
    attempts = _Attempts(*(failure(500, f"received unexpected HTTP status: 50{number} x") for number in range(9)))

    with pytest.raises(EngineError, match="504"):
        attempts.run()

    assert tuple(attempts.slept) == PAUSES == tuple(sorted(PAUSES))
    assert attempts.made == len(PAUSES) + 1
