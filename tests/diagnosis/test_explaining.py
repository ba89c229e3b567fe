"""From what was found of a project to why it does not do well."""

from typing import Any

import pytest

from minicompose.diagnosis.explaining import Asked, Evidence, explain
from minicompose.diagnosis.explanation import Explanation, ImageMissing, OutOfMemory, ResourceMissing
from minicompose.diagnosis.listening import Listener
from minicompose.engine.protocol import ContainerState, Probe
from minicompose.labels import PROJECT
from minicompose.model import Dependency
from minicompose.output.explanations import explanations_text
from minicompose.planning.observed import ObservedContainer, PublishedPort

NOW = 1_700_000_060.0
STARTED = "2023-11-14T22:13:20.000000000Z"
PORT = PublishedPort(container_port=80, host_port=8080)


def container(service: str, project: str = "shop", **fields: Any) -> ObservedContainer:
    name = f"{project}-{service}-1"
    return ObservedContainer(
        **{
            "id": name, "name": name, "service": service, "number": 1, "state": "running",
            "labels": {PROJECT: project}, **fields,
        }
    )  # fmt: skip


def evidence(states: dict[str, dict[str, Any]], **fields: Any) -> Evidence:
    """`states` are those of the services' containers; None is for a service that has none."""
    return Evidence(
        containers={service: (container(service),) for service in states},
        states={
            f"shop-{service}-1": ContainerState(
                **{"id": f"shop-{service}-1", "name": f"shop-{service}-1", "state": "running", **state}
            )
            for service, state in states.items()
        },
        **fields,
    )


def one(service: str, found: Evidence) -> Explanation:
    (explanation,) = explain(service, found)
    return explanation


def text(service: str, found: Evidence) -> list[str]:
    return explanations_text(explain(service, found), now=NOW).splitlines()


def test_a_service_that_does_well_has_one_line_with_the_time_since_when() -> None:
    (line,) = text("web", evidence({"web": {"health": "healthy", "started_at": STARTED}}))

    assert line.startswith("web (shop-web-1): runs and is healthy, started ")
    assert line.endswith("(1 minute ago)")


def test_an_unhealthy_one_tells_what_its_last_checks_printed_and_the_same_only_once() -> None:
    probes = tuple(Probe(exit_code=1, output=said) for said in ("first", "refused\n", "refused\n"))

    told = text("db", evidence({"db": {"health": "unhealthy", "failing": 5, "probes": probes}}))

    assert told[1:] == [
        "  its health check has failed 5 times in a row",
        "    exit code 1: first",
        "    exit code 1: refused",
    ]


def test_out_of_memory_is_told_against_the_limit_and_not_as_an_exit_code_besides() -> None:
    found = evidence({"hog": {"state": "exited", "exit_code": 137, "oom_killed": True, "memory": 32 << 20}})

    assert one("hog", found).causes == (OutOfMemory(limit=32 << 20),)
    assert text("hog", found)[1:] == ["  it ran out of memory: its limit is 32 MiB"]


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (1, ""),
        (125, " (the engine could not run it)"),
        (126, " (its command cannot be executed)"),
        (127, " (its command was not found)"),
        (137, " (SIGKILL: it was killed, as at the end of stop_grace_period, by hand, or for want of memory)"),
        (139, " (SIGSEGV: it crashed)"),
        (143, " (SIGTERM: it was asked to stop)"),
        (136, " (SIGFPE)"),
    ],
)
def test_an_exit_code_is_told_with_what_it_means(code: int, meaning: str) -> None:
    told = text("web", evidence({"web": {"state": "exited", "exit_code": code}}))

    assert told[1:] == [f"  it exited with code {code}{meaning}"]


def test_a_job_that_is_done_does_well() -> None:
    assert one("job", evidence({"job": {"state": "exited", "exit_code": 0}})).well


def test_one_that_ends_again_and_again_tells_how_often() -> None:
    told = text("web", evidence({"web": {"state": "restarting", "exit_code": 2, "restarts": 7}}))

    assert told[1:] == ["  it exited with code 2", "  its restart policy has started it again 7 times"]


def test_what_is_waited_for_is_followed_down_to_the_cause() -> None:
    found = evidence(
        {
            "web": {"state": "created"},
            "api": {"state": "created"},
            "db": {"state": "exited", "exit_code": 3},
        },
        needs={
            "web": {"api": Dependency(condition="service_started")},
            "api": {"db": Dependency(condition="service_healthy")},
        },
    )

    assert text("web", found) == [
        "web (shop-web-1): created, and not started",
        "  it waits until api is started",
        "    api (shop-api-1): created, and not started",
        "      it waits until db is healthy",
        "        db (shop-db-1): does not run, ended",
        "          it exited with code 3",
    ]


def test_a_cause_that_several_wait_for_is_told_once() -> None:
    found = evidence(
        {"web": {"state": "created"}, "db": {"state": "exited", "exit_code": 3}},
        needs={"web": {"db": Dependency()}, "db": {}},
    )
    explanations = [*explain("db", found), *explain("web", with_a_healthy_db(found))]

    told = explanations_text(explanations, now=NOW)

    assert told.count("it exited with code 3") == 1
    assert "as told above" in told


def with_a_healthy_db(found: Evidence) -> Evidence:
    """The same, where web waits for a healthy db."""
    import msgspec

    return msgspec.structs.replace(found, needs={"web": {"db": Dependency(condition="service_healthy")}})


def test_dependencies_in_a_circle_end() -> None:
    found = evidence(
        {"a": {"state": "created"}, "b": {"state": "created"}},
        needs={"a": {"b": Dependency()}, "b": {"a": Dependency()}},
    )

    (wait,) = one("a", found).waits_for

    assert (wait.service, wait.by and wait.by.waits_for) == ("b", ())


def test_a_dependency_that_holds_is_not_waited_for() -> None:
    found = evidence({"web": {"state": "created"}, "db": {}}, needs={"web": {"db": Dependency()}})

    assert one("web", found).waits_for == ()


def test_an_optional_dependency_that_is_not_there_is_not_waited_for() -> None:
    found = evidence({"web": {"state": "created"}}, needs={"web": {"db": Dependency(required=False)}})

    assert one("web", found).waits_for == ()


NOT_STARTED = {"state": "created", "error": "driver failed: Bind for 0.0.0.0:8080 failed: port is already allocated"}


def test_a_taken_port_is_told_with_the_container_of_another_project_that_has_it() -> None:
    holder = container("proxy", "other", ports=(PublishedPort(container_port=80, host_ip="0.0.0.0", host_port=8080),))
    found = evidence({"web": {**NOT_STARTED, "asked_ports": (PORT,)}}, everyone=(holder,))

    assert text("web", found)[1:] == [
        "  port 8080 of the host is taken by container other-proxy-1 of project other",
    ]


def test_a_taken_port_is_told_with_the_program_that_has_it() -> None:
    listening = Listener(protocol="tcp", address="127.0.0.1", port=8080, pid=7, program="nginx")
    found = evidence({"web": {**NOT_STARTED, "asked_ports": (PORT,)}}, listeners=(listening,))

    assert text("web", found)[1:] == ["  port 8080 of the host is taken by nginx (process 7)"]


def test_where_nothing_is_seen_in_its_way_the_engines_own_words_tell() -> None:
    told = text("web", evidence({"web": {**NOT_STARTED, "asked_ports": (PORT,)}}))

    assert told[1] == "  the engine could not start it: port 8080 is already in use by another container"


def test_a_source_that_was_removed_is_told_with_its_target() -> None:
    state = {"state": "exited", "exit_code": 127, "error": "error mounting", "bind_sources": {"/etc/site": "/srv/site"}}

    told = text("web", evidence({"web": state}, missing_paths=frozenset({"/srv/site"})))

    assert told[1:] == ["  /srv/site, to be mounted at /etc/site, does not exist"]


def test_a_service_without_a_container_tells_what_it_lacks() -> None:
    asked = Asked(
        image="shop/web:9",
        containers=("shop-web-1",),
        ports=(PORT,),
        sources={"/etc/site": "/srv/site"},
        externals=(ResourceMissing(type="network", name="edge"),),
    )
    found = Evidence(
        asked={"web": asked},
        missing_images={"shop/web:9": "the registry does not have it"},
        missing_paths=frozenset({"/srv/site"}),
    )

    assert one("web", found).causes[0] == ImageMissing(image="shop/web:9", why="the registry does not have it")
    assert text("web", found) == [
        "web (shop-web-1): there is no such container",
        "  the engine has no image shop/web:9: the registry does not have it",
        "  the external network edge does not exist: `docker network create edge` makes it",
        "  /srv/site, to be mounted at /etc/site, does not exist",
    ]


def test_each_container_of_a_service_is_told_of_and_those_that_lack() -> None:
    found = evidence({"web": {}}, asked={"web": Asked(containers=("shop-web-1", "shop-web-2"))})

    assert [(each.container, each.condition) for each in explain("web", found)] == [
        ("shop-web-1", "running"),
        ("shop-web-2", "absent"),
    ]


def test_a_service_of_an_inactive_profile_says_so() -> None:
    found = Evidence(asked={"tools": Asked(profiles=("debug",))})

    assert text("tools", found)[1:] == ["  no active profile has it; it is in debug: `--profile debug`"]


def test_a_service_with_nothing_in_its_way_says_how_it_is_started() -> None:
    found = Evidence(asked={"web": Asked(containers=("shop-web-1",))})

    assert text("web", found)[1:] == ["  nothing is in its way: `minicompose up` starts it"]
