"""What the engine tells of a build, as lines."""

import base64

from minicompose.engine.buildkit import wire
from minicompose.engine.buildkit.progress import Printed, Story, Told, Transfer, told
from minicompose.engine.progress import Progress

# Recorded from Engine 20.10: a step begins, prints, and ends.
RECORDED = (
    "CrMBCkdzaGEyNTY6MzdjM2EyMWVlYWY2OThhNDczMTcwYzBiN2I1ZmU0NDE3NTdlNDY1MzFhMzQxMmNmYzA2MmI0MGJmNDQ5YzI5ZhJHc2hhMjU2Oj"
    "NhYzYzMzEwMGMxZGZkODkxYjNiYTA4YzRjMjYyY2EyZmJmMGYzMjdkZmI0MTI4OTVkYjg5MmI3MGZlZjBlYjkaEVsyLzJdIFJVTiBlY2hvIGhpKgwI"
    "o5ue2AYQpMnKqwE=",
    "Gl4KR3NoYTI1NjozN2MzYTIxZWVhZjY5OGE0NzMxNzBjMGI3YjVmZTQ0MTc1N2U0NjUzMWEzNDEyY2ZjMDYyYjQwYmY0NDljMjlmEgwIo5ue2AYQ1r"
    "HtiwIYASIDaGkK",
)


def _lines(*messages: Told) -> list[str]:
    heard: list[Progress] = []
    story = Story(heard.append)
    for message in messages:
        story.hear(message)
    return [progress.text.removesuffix("\n") for progress in heard if progress.text]


def test_what_an_engine_has_told_is_understood() -> None:
    begun, printed = (told(base64.b64decode(text)) for text in RECORDED)

    assert [(vertex.name, vertex.cached, vertex.completed) for vertex in begun.vertices] == [
        ("[2/2] RUN echo hi", False, None)
    ]
    assert _lines(begun, printed) == ["#1 [2/2] RUN echo hi", "#1 hi"]


def _vertex(name: str, **fields: object) -> Told:
    body = wire.octets(1, f"sha256:{name}") + wire.octets(3, name)
    for field, value in fields.items():
        number = {"started": 5, "completed": 6, "cached": 4, "error": 7}[field]
        match value:
            case str():
                body += wire.octets(number, value)
            case bool():
                body += wire.number(number, int(value))
            case float():
                seconds = wire.number(1, int(value)) + wire.number(2, int(value % 1 * 1e9))
                body += wire.message(number, seconds)
    return told(wire.message(1, body))


def test_a_step_is_told_when_it_begins_and_when_it_ends() -> None:
    assert _lines(
        _vertex("[1/2] FROM x"),
        _vertex("[1/2] FROM x", cached=True),
        _vertex("[2/2] RUN y", started=10.0),
        _vertex("[2/2] RUN y", started=10.0),
        _vertex("[2/2] RUN y", started=10.0, completed=12.5),
        _vertex("[2/2] RUN y", started=10.0, completed=12.5),
    ) == ["#1 [1/2] FROM x", "#1 CACHED", "#2 [2/2] RUN y", "#2 DONE 2.5s"]


def test_output_is_told_line_by_line_however_it_is_cut() -> None:
    pieces = [b"one\ntw", b"o\r\n", b"50%\r100%\n", b"rest"]

    assert _lines(
        _vertex("a", started=1.0),
        *(Told(output=(Printed("sha256:a", piece),)) for piece in pieces),
        _vertex("a", started=1.0, completed=1.0),
    ) == ["#1 a", "#1 one", "#1 two", "#1 100%", "#1 rest", "#1 DONE 0.0s"]


def test_the_end_of_what_a_failed_step_printed_is_kept_and_nothing_of_its_neighbours() -> None:
    story = Story(lambda progress: None)
    story.hear(_vertex("good", started=1.0))
    story.hear(_vertex("bad", started=1.0))
    for number in range(40):
        story.hear(Told(output=(Printed("sha256:bad", b"line %d\n" % number), Printed("sha256:good", b"fine\n"))))
    story.hear(_vertex("good", started=1.0, completed=2.0, error="context canceled"))
    story.hear(_vertex("bad", started=1.0, completed=2.0, error="exit code: 1"))

    assert story.failed is not None
    assert (story.failed.name, story.failed.error) == ("bad", "exit code: 1")
    assert story.tail == tuple(f"line {number}" for number in range(10, 40))


def test_bytes_are_told_like_those_of_a_pull_and_once_at_the_end() -> None:
    heard: list[Progress] = []
    story = Story(heard.append)
    done = Transfer("layer", "sha256:a", 9, 9, completed=True)
    story.hear(Told(transfers=(Transfer("layer", "sha256:a", 3, 9), done, done, Transfer("quick", "sha256:a"))))

    assert [(each.layer, each.status, each.current, each.total) for each in heard] == [
        ("#1 layer", "transferring", 3, 9),
        ("#1 layer", "done", 9, 9),
    ]


def test_warnings_of_the_frontend_are_told() -> None:
    assert _lines(told(wire.message(4, wire.octets(3, "FROM is spelt from")))) == ["warning: FROM is spelt from"]
