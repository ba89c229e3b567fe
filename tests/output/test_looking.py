"""What the looking verbs print, where it does not follow from one container alone."""

import io
import os

import pytest

from minicompose import labels
from minicompose.diagnosis.brief import brief_reason, needs_a_reason
from minicompose.diagnosis.explanation import Exited, Explanation, OutOfMemory, Unhealthy, Wait
from minicompose.engine.protocol import ImageDetails, LoggedEvent, Probe, Processes
from minicompose.output.containers import brief_status, container_record, explained_table
from minicompose.output.happenings import event_json, event_text
from minicompose.output.images import UsedImage, images_json, images_table, name_and_tag
from minicompose.output.processes import Running, processes_table
from minicompose.output.projects import Listed, projects_in
from minicompose.output.redrawn import Redrawn
from minicompose.output.sizes import binary_size, decimal_size
from minicompose.output.terminal_size import terminal_size
from minicompose.planning.observed import Health, ObservedContainer, State


def container(
    name: str = "shop-web-1",
    state: State = "running",
    health: Health = "none",
    code: int | None = None,
    tags: dict[str, str] | None = None,
) -> ObservedContainer:
    return ObservedContainer(
        id="1" * 64, name=name, service="web", number=1, state=state, health=health, exit_code=code, labels=tags or {}
    )


@pytest.mark.parametrize(
    ("size", "decimal", "binary"),
    [
        (0, "0B", "0B"),
        (999, "999B", "999B"),
        (1570, "1.57kB", "1.533KiB"),
        (1_984_132, "1.98MB", "1.892MiB"),
        (25_276_000_000, "25.3GB", "23.54GiB"),
    ],
)
def test_sizes_are_those_of_docker(size: int, decimal: str, binary: str) -> None:
    assert (decimal_size(size), binary_size(size)) == (decimal, binary)


def test_projects_are_sorted_and_their_states_counted() -> None:
    def one(project: str, state: State, file: str) -> ObservedContainer:
        tags = {labels.PROJECT: project, labels.CONFIG_HASH: "x", labels.CONFIG_FILES: file}
        return container(state=state, tags=tags)

    containers = [
        one("shop", "running", "/s/a.yaml,/s/b.yaml"),
        one("blog", "exited", ""),
        one("shop", "exited", "/s/a.yaml"),
        one("shop", "running", "/s/a.yaml"),
        container(),
    ]

    assert projects_in(containers) == [
        Listed("blog", "exited(1)", "N/A"),
        Listed("shop", "exited(1), running(2)", "/s/a.yaml,/s/b.yaml"),
    ]


def test_containers_with_other_titles_share_one_table_of_processes() -> None:
    one = Running("a", 1, Processes(titles=("PID", "CMD"), rows=(("7", "sleep 1"),)))
    other = Running("b", 2, Processes(titles=("PID", "TIME"), rows=(("8", "0:01"),)))

    assert processes_table([one, other]).splitlines() == [
        "SERVICE  #   PID  CMD      TIME",
        "a        1   7    sleep 1  -",
        "b        2   8    -        0:01",
    ]


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ("busybox", ("busybox", "latest")),
        ("busybox:test", ("busybox", "test")),
        ("docker.io/library/redis:8", ("redis", "8")),
        ("localhost:5000/shop/web", ("localhost:5000/shop/web", "latest")),
        ("redis:8@sha256:" + "0" * 64, ("redis", "8")),
        ("redis@sha256:" + "0" * 64, ("redis", "")),
        ("sha256:" + "0" * 64, ("", "")),
    ],
)
def test_an_image_has_a_familiar_name_and_a_tag(image: str, told: tuple[str, str]) -> None:
    assert name_and_tag(image) == told


def test_an_image_that_was_never_named_says_so() -> None:
    image = UsedImage(
        "shop-web-1", "sha256:1", ImageDetails(id="sha256:1234567890abcd", platform="linux/amd64", size=1)
    )

    assert images_table([image]).splitlines()[1].split() == [
        "shop-web-1", "<none>", "<none>", "linux/amd64", "1234567890ab", "1B", "N/A",
    ]  # fmt: skip
    assert "LastTagTime" not in images_json([image])


def test_an_event_has_its_moment_by_the_clock_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    import time

    time.tzset()
    try:
        event = LoggedEvent(action="start", id="1", attributes={"name": "a"}, time=1_700_000_000_250_000_000)

        assert event_text(event) == "2023-11-15 03:43:20.250000 container start 1 (name=a)"
        assert '"time":"2023-11-15T03:43:20.25+05:30"' in event_json(event)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("state", "health", "code", "needed"),
    [
        ("running", "none", None, False),
        ("running", "healthy", None, False),
        ("running", "starting", None, False),
        ("running", "unhealthy", None, True),
        ("exited", "none", 0, False),
        ("exited", "none", 3, True),
        ("created", "none", None, True),
        ("paused", "none", None, False),
    ],
)
def test_only_what_is_not_well_needs_a_reason(state: State, health: Health, code: int | None, needed: bool) -> None:
    assert needs_a_reason(container(state=state, health=health, code=code)) == needed


@pytest.mark.parametrize(
    ("explanation", "words"),
    [
        (Explanation(service="a", container="a", condition="exited", well=False, causes=(Exited(code=3),)), ""),
        (
            Explanation(
                service="a",
                container="a",
                condition="exited",
                well=False,
                causes=(Exited(code=3),),
                output=("one", "no database"),
            ),
            "no database",
        ),
        (
            Explanation(
                service="a",
                container="a",
                condition="exited",
                well=False,
                output=("first", "\x1b[1;31mfatal:\x1b[0m no\tdisk\x07", "\x1b[0m", ""),
            ),
            "fatal: no disk",
        ),
        (
            Explanation(
                service="a", container="a", condition="exited", well=False, causes=(OutOfMemory(limit=32 << 20),)
            ),
            "out of memory, its limit is 32 MiB",
        ),
        (
            Explanation(
                service="a",
                container="a",
                condition="unhealthy",
                well=False,
                causes=(Unhealthy(failing=3, probes=(Probe(exit_code=1, output="connecting\nrefused\n"),)),),
            ),
            "refused",
        ),
        (
            Explanation(
                service="a",
                container="a",
                condition="created",
                well=False,
                waits_for=(Wait(service="db", condition="healthy"),),
            ),
            "waits for db",
        ),
    ],
)
def test_a_reason_is_a_few_words(explanation: Explanation, words: str) -> None:
    assert brief_reason(explanation) == words


def test_a_reason_has_a_line_of_its_own_on_a_narrow_terminal() -> None:
    well = container_record(container("shop-db-1"), "shop")
    sick = container_record(
        container("shop-web-1", state="exited", code=3), "shop", why="no database to be found anywhere"
    )

    assert explained_table([well, sick], 30)[2:] == ["shop-web-1", "  no database to be found any…"]
    assert "WHY" in explained_table([well, sick], 150)[0]
    assert "WHY" not in explained_table([well], 150)[0]


@pytest.mark.parametrize(
    ("status", "brief"),
    [
        ("Up 5 seconds (unhealthy)", "Up 5s (unhealthy)"),
        ("Up About a minute (health: starting)", "Up 1m (health: starting)"),
        ("Exited (137) 2 hours ago", "Exited (137) 2h"),
        ("Up Less than a second", "Up <1s"),
        ("Up 3 months (Paused)", "Up 3mo (Paused)"),
        ("Created", "Created"),
    ],
)
def test_a_status_can_be_brief(status: str, brief: str) -> None:
    assert brief_status(status) == brief


def test_a_terminal_without_a_size_has_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w") as terminal:
        assert os.get_terminal_size(theirs) == (0, 0)
        monkeypatch.setenv("COLUMNS", "many")
        monkeypatch.setenv("LINES", "50")

        assert terminal_size(terminal) == (80, 50)


def test_a_text_that_is_redrawn_is_left_on_the_usual_screen() -> None:
    out = io.StringIO()
    with Redrawn(out) as screen:
        screen.draw(["one"], 20, 10)
        screen.draw(["a", "b", "c", "d"], 20, 4)

    assert "\x1b[H\x1b[2Ka\r\n\x1b[2Kb\r\n\x1b[2K... and 2 more\r\n\x1b[J" in out.getvalue()
    assert out.getvalue().startswith("\x1b[?1049h")
    assert out.getvalue().endswith("\x1b[?1049la\nb\nc\nd\n")
