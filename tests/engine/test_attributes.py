"""Each attribute of the file language, in the engine's own inspection of what was made from a stack file."""

import io
import random
import tarfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pytest

from minicompose.commands.engine_lacks import lacks
from minicompose.diagnostic import Diagnostic
from minicompose.engine.api import Api
from minicompose.engine.http_engine import HttpEngine
from minicompose.execution.events import AnyEvent, StepFailed
from minicompose.execution.run import run_plan
from minicompose.fields import STACK_FILE, Effect, Form, Many, Record, Table
from minicompose.planning.up import UpOptions, plan_up
from minicompose.stackfile.files import LoadRequest
from minicompose.stackfile.load import Loaded, load_stack
from tests.engine.attributes import FILES, NETWORKS, PRELUDE, ROWS, SERVICES, UNSEEN, VARIABLES, VOLUMES, Row
from tests.real_engine import real_api, remove_project

SECTIONS = ("services", "networks", "volumes", "configs", "secrets")


def test_every_attribute_that_makes_a_container_different_has_a_row_or_a_reason() -> None:
    attributes = {path for section in SECTIONS for path in _attributes(section)}

    assert sorted(attributes - {row.attribute for row in ROWS} - set(UNSEEN)) == []


def test_every_row_and_every_reason_is_about_an_attribute_that_there_is() -> None:
    attributes = {path for section in SECTIONS for path in _attributes(section)}

    assert sorted({row.attribute for row in ROWS} - attributes) == []
    assert sorted(set(UNSEEN) - attributes) == []


def test_no_attribute_that_can_be_seen_has_a_reason_not_to() -> None:
    assert sorted({row.attribute for row in ROWS} & set(UNSEEN)) == []


def _attributes(section: str) -> Iterator[str]:
    form = next(field.form for field in STACK_FILE.fields if field.name == section)
    return _leaves(form, section)


def _leaves(form: Form, path: str) -> Iterator[str]:
    match form:
        case Record(fields=fields):
            for field in fields:
                if field.effect is Effect.CONTAINER:
                    yield from _leaves(field.form, f"{path}.{field.name}")
        case Many(item=item) | Table(item=item):
            yield from _leaves(item, path)
        case _:
            yield path


# ---- on the engine ----


class Made:
    """The whole table as one stack, created on the engine; each text once, however many rows it has."""

    def __init__(self, engine: HttpEngine, api: Api, directory: Path) -> None:
        number = random.SystemRandom().randrange(1 << 16)
        self.project = f"mctest{number:x}attributes"
        self.directory = directory
        self._words = {
            "NET1": f"{128 + number % 60}.{number >> 8}",
            "NET2": f"{190 + number % 60}.{number >> 8}",
            "NET6": f"{number:x}",
            "PROJECT": self.project,
            "DIR": str(directory),
        }
        self.engine, self.api = engine, api
        self.failed: dict[str, str] = {}

    def said(self, text: str, row: Row | None = None) -> str:
        """`text` with what its placeholders stand for."""
        if "PEERID" in text:
            text = text.replace("PEERID", self.api.get(f"/containers/{self.project}-peer/json")["Id"])
        for word, meant in (self._words | ({"ROW": self.name(row)} if row else {})).items():
            text = text.replace(word, meant)
        return text

    def name(self, row: Row) -> str:
        """Rows of one text share what it makes."""
        table = _table(row)
        return f"{table[0].attribute[0]}{next(i for i, other in enumerate(table) if other.text == row.text)}"

    def make(self) -> None:
        for name, content in FILES.items():
            path = self.directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        (self.directory / "compose.yaml").write_text(self.said(PRELUDE))
        (self.directory / "rows.yaml").write_text(self._rows())
        self.api.post("/networks/create", {"Name": self.said("PROJECT-elsewhere")})
        self.api.post("/volumes/create", {"Name": self.said("PROJECT-there")})
        able = {
            name: service
            for name, service in self.loaded.stack.services.items()
            if not {name, *(service.networks or ())} & self._dropped
        }
        stack = msgspec.structs.replace(self.loaded.stack, services=able)
        plan = plan_up(stack, self.engine.observe(self.project), UpOptions(no_start=True, pull="never"))
        assert [note for note in plan.notes if note.severity == "error"] == []

        def note(event: AnyEvent) -> None:
            if isinstance(event, StepFailed):
                self.failed[plan.steps[event.step - 1].subject.service or ""] = event.message

        run_plan(plan, self.engine, note)

    def _rows(self) -> str:
        """The rows as a stack file."""
        lines = []
        for section, rows in (("services", SERVICES), ("networks", NETWORKS), ("volumes", VOLUMES)):
            lines.append(f"{section}:")
            for row in {row.text: row for row in rows}.values():
                inside = row.text.removeprefix("{").removesuffix("}") if row.text.startswith("{") else row.text
                image = 'image: "busybox:test", ' if section == "services" and not inside.startswith("image:") else ""
                lines.append(f"  {self.name(row)}: {{{image}{self.said(inside, row)}}}")
        # Only what is used is made.
        users = [f"  with-{self.name(row)}: {{networks: [{self.name(row)}]}}" for row in NETWORKS]
        users += [f'  with-{self.name(row)}: {{volumes: ["{self.name(row)}:/d"]}}' for row in VOLUMES]
        users = [user.replace("{", '{image: "busybox:test", ', 1) for user in dict.fromkeys(users)]
        return "\n".join([lines[0], *users, *lines[1:]])

    @cached_property
    def loaded(self) -> Loaded:
        return load_stack(
            LoadRequest(
                files=("compose.yaml", "rows.yaml"),
                working_directory=str(self.directory),
                project_name=self.project,
                environment=VARIABLES,
                read_stdin=lambda: b"",
            )
        )

    @cached_property
    def problems(self) -> list[Diagnostic]:
        return lacks(self.loaded.stack, self.engine)

    @cached_property
    def _dropped(self) -> set[str]:
        """What this engine is known not to be able to make."""
        unable = {self.name(row) for row in ROWS if row.unless}
        return {name for problem in self.problems if (name := problem.path.split(".")[1]) in unable}

    def problem(self, row: Row) -> Diagnostic | None:
        name = self.name(row)
        if name not in self._dropped:
            return None
        return next(problem for problem in self.problems if problem.path.split(".")[1] == name)

    def inspect(self, row: Row) -> Any:
        """What the engine tells of what the row has made."""
        key = self.name(row)
        stack = self.loaded.stack
        if row in NETWORKS:
            return self.api.get(f"/networks/{stack.networks[key].name}")
        if row in VOLUMES:
            return self.api.get(f"/volumes/{stack.volumes[key].name}")
        return self.api.get(f"/containers/{self.container(row)}/json")

    def container(self, row: Row) -> str:
        service = self.loaded.stack.services[self.name(row)]
        return service.container_name or f"{self.project}-{service.name}-1"

    def file(self, row: Row, path: str) -> str:
        """A file of the container that the row has made: mode, owner and content."""
        content = self.api.call("GET", f"/containers/{self.container(row)}/archive", {"path": path})
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            (entry,) = tar
            held = tar.extractfile(entry)
            assert held is not None
            return f"{entry.mode & 0o7777:o} {entry.uid}:{entry.gid} {held.read().decode()}"


def _table(row: Row) -> tuple[Row, ...]:
    return next(table for table in (SERVICES, NETWORKS, VOLUMES) if row in table)


@pytest.fixture(scope="module")
def made(real_engine: HttpEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    api = real_api()
    made = Made(real_engine, api, tmp_path_factory.mktemp("attributes").resolve())
    try:
        made.make()
        yield made
    finally:
        remove_project(real_engine, made.project)
        real_engine.remove_network(made.said("PROJECT-elsewhere"))
        real_engine.remove_volume(made.said("PROJECT-there"))
        api.transport.close()


def _id(row: Row) -> str:
    return f"{row.attribute}: {row.text.partition(': ')[2][:40]}"


@pytest.mark.engine
@pytest.mark.parametrize("row", ROWS, ids=_id)
def test_an_attribute_is_in_the_engines_inspection(made: Made, row: Row) -> None:
    if (problem := made.problem(row)) is not None:
        _assert_told(problem, row, made)
        return
    assert made.failed.get(made.name(row)) is None
    expected = msgspec.json.decode(made.said(msgspec.json.encode(row.expected).decode(), row))

    if row.at.startswith("file:"):
        assert made.file(row, row.at.removeprefix("file:")) == expected
    else:
        assert _like(expected, _at(made.inspect(row), made.said(row.at, row))) == expected


def _assert_told(problem: Diagnostic, row: Row, made: Made) -> None:
    """It is known before, at its place."""
    assert row.unless in problem.summary
    assert problem.pos is not None
    line = made.loaded.texts[problem.pos.file].splitlines()[problem.pos.line - 1]
    assert line.strip().startswith(made.name(row))
    assert problem.pos.column > line.index("{")


def _at(inspected: Any, path: str) -> Any:
    for step in path.split("."):
        inspected = inspected[int(step)] if step.isdigit() else inspected[step]
    return inspected


def _like(expected: Any, found: Any) -> Any:
    """Of labels only those that are expected: the others are the program's own."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() <= found.keys():
        return {key: found[key] for key in expected}
    return found
