"""What every engine does: the one in memory is held to what the real one shows."""

import io
import tarfile
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from minicompose import labels
from minicompose.engine.protocol import (
    CommitSpec,
    Drift,
    ExecSpec,
    FileInContainer,
    LogChunk,
    Login,
    MadeOf,
    Session,
    Usage,
)
from minicompose.errors import Conflict, EngineError, EngineRefused, NotFound
from minicompose.model import ByteSize, Mount, Network, Port, Volume
from minicompose.planning.observed import PublishedPort
from minicompose.planning.plan import Endpoint
from minicompose.planning.platforms import same_platform
from tests.engine.making import Bench, check, until
from tests.real_engine import IMAGE

NOBODY = "nobody-has-this-name"


def test_an_engine_is_the_same_whenever_it_is_asked(bench: Bench) -> None:
    assert bench.engine.identity()
    assert bench.engine.identity() == bench.engine.identity()


# ---- containers ----


def test_a_created_container_is_observed_with_what_its_labels_say(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    found = bench.observed(id)

    assert (found.name, found.service, found.number, found.state) == (bench.named("web"), "web", 1, "created")
    assert (found.oneoff, found.health, found.exit_code, found.image) == (False, "none", None, IMAGE)
    assert found.image_id == bench.engine.image_id(IMAGE) == found.labels[labels.IMAGE]


def test_a_one_off_is_known_by_its_label(bench: Bench) -> None:
    spec = bench.spec("web")
    id = bench.create(msgspec.structs.replace(spec, labels={**spec.labels, labels.ONEOFF: "True"}))

    assert bench.observed(id).oneoff


def test_only_the_projects_own_containers_are_observed(bench: Bench) -> None:
    bench.create(bench.spec("web"))

    assert bench.engine.observe("another-project").containers == ()


def test_a_projects_containers_alone_are_those_that_are_observed(bench: Bench) -> None:
    bench.run(bench.spec("web"))
    bench.create(bench.spec("db"))

    alone = bench.engine.project_containers(bench.project)

    assert {each.name for each in alone} == {each.name for each in bench.observe().containers}
    assert len(alone) == 2
    assert bench.engine.project_containers("another-project") == ()


def test_a_started_container_runs(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    assert bench.observed(id).state == "running"
    assert bench.engine.inspect_container(id).state == "running"


def test_starting_one_that_runs_changes_nothing(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    bench.engine.start_container(id)

    assert bench.observed(id).state == "running"


def test_a_command_that_ends_leaves_its_exit_code(bench: Bench) -> None:
    id = bench.run_to_end(bench.spec("job", "sh", "-c", "exit 3"))

    assert (bench.observed(id).state, bench.observed(id).exit_code) == ("exited", 3)
    assert bench.engine.inspect_container(id).exit_code == 3


def test_a_stopped_container_says_that_it_was_terminated(bench: Bench) -> None:
    id = bench.run(bench.spec("web", "sh", "-c", "echo runs; exec sleep 300"))
    next(iter(bench.engine.logs(id, follow=True)))  # an init that has only begun may miss the signal

    bench.engine.stop_container(id, 5)

    assert (bench.observed(id).state, bench.observed(id).exit_code) == ("exited", 143)


def test_stopping_one_that_does_not_run_changes_nothing(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    bench.engine.stop_container(id, 0)

    assert bench.observed(id).state == "created"


def test_a_command_that_ignores_the_signal_is_killed_after_the_timeout(bench: Bench) -> None:
    id = bench.run(bench.spec("web", init=False))

    bench.engine.stop_container(id, 0)

    assert bench.observed(id).exit_code == 137


def test_a_stopped_container_can_be_started_again(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    bench.engine.stop_container(id, 5)

    bench.engine.start_container(id)

    assert bench.observed(id).state == "running"


def test_a_restarted_container_runs(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    bench.engine.restart_container(id, 5)

    assert bench.observed(id).state == "running"


def test_a_killed_container_has_the_signals_exit_code(bench: Bench) -> None:
    with bench.events() as events:
        id = bench.run(bench.spec("web"))
        bench.engine.kill_container(id, "SIGKILL")
        until(events, lambda event: event.action == "die")

    assert bench.engine.inspect_container(id).exit_code == 137


def test_killing_one_that_does_not_run_is_a_conflict(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    with pytest.raises(Conflict):
        bench.engine.kill_container(id, "SIGTERM")


def test_a_paused_container_goes_on(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    bench.engine.pause_container(id)
    paused = bench.observed(id).state
    bench.engine.unpause_container(id)

    assert (paused, bench.observed(id).state) == ("paused", "running")


def test_only_a_paused_container_can_be_unpaused(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    with pytest.raises(EngineError, match="not paused"):
        bench.engine.unpause_container(id)


def test_a_renamed_container_keeps_its_id(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    bench.engine.rename_container(id, bench.named("other"))

    assert bench.observed(id).name == bench.named("other")
    assert bench.engine.inspect_container(bench.named("other")).id == id


def test_a_name_is_taken_once(bench: Bench) -> None:
    bench.create(bench.spec("web"))

    with pytest.raises(Conflict) as told:
        bench.create(bench.spec("web"))

    assert bench.named("web") in told.value.message and "already in use" in told.value.message


def test_no_container_is_renamed_to_a_name_that_is_taken(bench: Bench) -> None:
    bench.create(bench.spec("web"))
    id = bench.create(bench.spec("db"))

    with pytest.raises(Conflict):
        bench.engine.rename_container(id, bench.named("web"))


def test_one_that_has_the_name_already_is_left_as_it_is(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    bench.engine.rename_container(id, bench.named("web"))

    assert bench.observed(id).name == bench.named("web")


def test_a_removed_container_is_gone(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    bench.engine.remove_container(id, volumes=False)

    assert bench.observe().containers == ()


def test_one_that_runs_is_not_removed(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    with pytest.raises(Conflict):
        bench.engine.remove_container(id, volumes=False)

    assert bench.observed(id).state == "running"


def test_one_that_runs_is_removed_by_force(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    bench.engine.remove_container(id, volumes=False, force=True)

    assert bench.observe().containers == ()


def test_a_container_tells_what_it_was_made_with(bench: Bench) -> None:
    made_with = {"LEVEL": "a=b", "EMPTY": ""}
    id = bench.create(bench.spec("web", "sleep", "77", entrypoint=("env",), environment=made_with, user="65534:7"))

    told = bench.engine.container_settings(id)

    assert told.environment.items() >= made_with.items()
    assert told.words == ("env", "sleep", "77")
    assert told.user == "65534:7"
    assert told.labels[labels.SERVICE] == "web"


def test_a_container_answers_to_its_name_and_to_the_beginning_of_its_id(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    by_name = bench.engine.inspect_container(bench.named("web"))

    assert by_name == bench.engine.inspect_container(id[:12])


@pytest.mark.parametrize(
    "verb",
    [
        "start_container",
        "unpause_container",
        "pause_container",
        "inspect_container",
    ],
)
def test_there_is_nothing_to_do_with_a_container_that_is_not_there(bench: Bench, verb: str) -> None:
    with pytest.raises(NotFound):
        getattr(bench.engine, verb)(NOBODY)


def test_no_other_verb_finds_a_container_that_is_not_there(bench: Bench) -> None:
    engine = bench.engine
    for call in (
        lambda: engine.stop_container(NOBODY, 0),
        lambda: engine.restart_container(NOBODY, 0),
        lambda: engine.kill_container(NOBODY, "SIGTERM"),
        lambda: engine.rename_container(NOBODY, NOBODY + "-2"),
        lambda: engine.remove_container(NOBODY, volumes=False),
        lambda: list(engine.logs(NOBODY)),
        lambda: engine.exec(NOBODY, ExecSpec(command=("true",))),
    ):
        with pytest.raises(NotFound):
            call()


# ---- health ----


def test_a_container_without_a_check_has_no_health(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    assert (bench.observed(id).health, bench.engine.inspect_container(id).health) == ("none", "none")


@pytest.mark.parametrize(("command", "health"), [("true", "healthy"), ("false", "unhealthy")])
def test_a_check_makes_a_container(bench: Bench, command: str, health: str) -> None:
    with bench.events() as events:
        id = bench.run(bench.spec("web", healthcheck=check("CMD", command)))
        told = until(events, lambda event: event.action == "health_status")[-1]

    assert told.health == health
    assert (bench.observed(id).health, bench.engine.inspect_container(id).health) == (health, health)


# ---- events ----


def test_events_come_in_order_with_names_and_codes(bench: Bench) -> None:
    with bench.events() as events:
        id = bench.run(bench.spec("job", "sh", "-c", "exit 7"))
        until_died = until(events, lambda event: event.action == "die")
        bench.engine.remove_container(id, volumes=False)
        told = until_died + until(events, lambda event: event.action == "destroy")

    assert [event.action for event in told] == ["create", "start", "die", "destroy"]
    assert {(event.id, event.name, event.service) for event in told} == {(id, bench.named("job"), "job")}
    assert [event.exit_code for event in told] == [None, None, 7, None]
    assert [event.time for event in told] == sorted(event.time for event in told)


def test_a_stop_is_told_by_what_happens_to_the_command(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    with bench.events() as events:
        bench.engine.stop_container(id, 5)
        told = until(events, lambda event: event.action in ("die", "stop"))
        told += until(events, lambda event: event.action in ("die", "stop"))

    # Newer engines do not say which of the two is told first.
    assert [told[0].action, *sorted(event.action for event in told[1:])] == ["kill", "die", "stop"]


def test_events_of_other_projects_do_not_come(bench: Bench) -> None:
    other = bench.engine.events("another-project")
    with bench.events() as events:
        bench.create(bench.spec("web"))
        until(events, lambda event: event.action == "create")
    other.close()

    assert list(other) == []


def test_what_happened_before_the_subscription_does_not_come(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))
    with bench.events() as events:
        bench.engine.start_container(id)
        told = until(events, lambda event: event.action == "start")

    assert [event.action for event in told] == ["start"]


def test_a_closed_subscription_ends(bench: Bench) -> None:
    events = bench.engine.events(bench.project)

    events.close()

    assert list(events) == []


@pytest.mark.parametrize(("attribute", "asked", "given"), [("mem_limit", 1 << 26, 1 << 27), ("cpu_shares", None, 256)])
def test_limits_that_were_changed_by_hand_are_told(bench: Bench, attribute: str, asked: int | None, given: int) -> None:
    fields: dict[str, Any] = {attribute: asked}
    changed = bench.spec("web", **fields)
    other = bench.spec("db", mem_limit=1 << 26, cpus=0.5, pids_limit=50, restart="unless-stopped")
    id, left_alone = bench.run(changed), bench.run(other)

    bench.limit_by_hand(id, attribute, given)

    told = bench.engine.drift({id: MadeOf(service=changed.service), left_alone: MadeOf(service=other.service)})
    assert told == {id: (Drift(attribute=attribute, asked=asked, found=given),)}


def test_one_that_is_gone_has_not_drifted(bench: Bench) -> None:
    spec = bench.spec("web")
    id = bench.create(spec)
    bench.engine.remove_container(id, volumes=False)

    assert bench.engine.drift({id: MadeOf(service=spec.service)}) == {}


def test_names_that_were_lost_by_hand_and_networks_that_were_added_are_told(bench: Bench) -> None:
    own, other = bench.network("own"), bench.network("other")
    spec = bench.spec("web", endpoints=(Endpoint(network=own, aliases=("web", "www")),))
    made = MadeOf(service=spec.service, endpoints=spec.endpoints)
    id = bench.run(spec)
    before = bench.engine.drift({id: made})

    bench.engine.connect_network(id, Endpoint(network=other))
    bench.engine.disconnect_network(id, own)
    taken_off = bench.engine.drift({id: made})
    bench.engine.connect_network(id, Endpoint(network=own, aliases=("www",)))

    added = Drift(attribute="networks", asked=None, found=other, network=other)
    lost = Drift(attribute="aliases", asked="web", found=None, network=own)
    assert before == {}
    assert taken_off == {id: (added,)}
    assert bench.engine.drift({id: made}) == {id: (lost, added)}


# ---- networks ----


def test_a_container_is_on_the_network_that_it_asks_for(bench: Bench) -> None:
    network = bench.network()

    id = bench.run(bench.spec("web", endpoints=(Endpoint(network=network, aliases=("web",)),)))

    ids = {found.name: found.id for found in bench.observe().networks}
    assert bench.observed(id).networks == {network: ids[network]}


def test_a_container_is_on_all_its_networks(bench: Bench) -> None:
    front, back = bench.network("front"), bench.network("back")
    spec = bench.spec("web", endpoints=(Endpoint(network=front), Endpoint(network=back)))

    id = bench.run(spec)

    assert set(bench.observed(id).networks) == {front, back}


@pytest.mark.parametrize("runs", [True, False])
def test_a_container_is_put_on_a_network_and_taken_off_it(bench: Bench, *, runs: bool) -> None:
    front, back = bench.network("front"), bench.network("back")
    make = bench.run if runs else bench.create
    id = make(bench.spec("web", endpoints=(Endpoint(network=front),)))

    bench.engine.connect_network(id, Endpoint(network=back, aliases=("web",)))
    on_both = set(bench.observed(id).networks)
    bench.engine.disconnect_network(id, front)

    assert on_both == {front, back}
    assert set(bench.observed(id).networks) == {back}


def test_a_container_is_not_put_on_a_network_twice(bench: Bench) -> None:
    network = bench.network()
    id = bench.run(bench.spec("web", endpoints=(Endpoint(network=network),)))

    with pytest.raises(EngineError, match="already exists"):
        bench.engine.connect_network(id, Endpoint(network=network))


@pytest.mark.parametrize("network", ["front", NOBODY])
def test_a_container_is_not_taken_off_a_network_that_it_is_not_on(bench: Bench, network: str) -> None:
    name = bench.network(network) if network == "front" else network
    id = bench.run(bench.spec("web"))

    with pytest.raises(NotFound):
        bench.engine.disconnect_network(id, name)


def test_a_network_is_observed_as_it_was_defined(bench: Bench) -> None:
    network = Network(name=bench.named("net"), internal=True, driver_opts={"com.docker.network.driver.mtu": "1400"})
    bench.engine.create_network(network, {labels.PROJECT: bench.project})

    (found,) = [other for other in bench.observe().networks if other.name == network.name]

    assert found.definition.internal
    assert found.definition.driver_opts == network.driver_opts


def test_a_network_carries_its_labels(bench: Bench) -> None:
    bench.engine.create_network(Network(name=bench.named("net"), labels={"mine": "1"}), {labels.PROJECT: bench.project})

    found = next(network for network in bench.observe().networks if network.name == bench.named("net"))

    assert found.labels == {"mine": "1", labels.PROJECT: bench.project}
    assert found.driver == "bridge"


def test_a_network_is_made_once(bench: Bench) -> None:
    bench.network()

    with pytest.raises(Conflict):
        bench.network()


def test_a_network_in_use_is_not_removed(bench: Bench) -> None:
    network = bench.network()
    bench.run(bench.spec("web", endpoints=(Endpoint(network=network),)))

    with pytest.raises(Conflict, match="active endpoints"):
        bench.engine.remove_network(network)


def test_a_removed_network_is_gone(bench: Bench) -> None:
    network = bench.network()

    bench.engine.remove_network(network)

    assert network not in {found.name for found in bench.observe().networks}
    with pytest.raises(NotFound):
        bench.engine.remove_network(network)


def test_a_created_container_knows_the_names_of_its_networks(bench: Bench) -> None:
    front, back = bench.network("front"), bench.network("back")

    id = bench.create(bench.spec("web", endpoints=(Endpoint(network=front), Endpoint(network=back))))

    assert set(bench.observed(id).networks) == {front, back}


@pytest.mark.parametrize("place", [0, 1])
def test_no_container_starts_on_a_network_that_is_not_there(bench: Bench, place: int) -> None:
    names = [bench.network(), NOBODY][:: 1 if place else -1]

    with pytest.raises(NotFound):
        bench.run(bench.spec("web", endpoints=tuple(Endpoint(network=name) for name in names)))


def test_a_link_on_the_engines_own_bridge_wants_a_container_that_is_there(bench: Bench) -> None:
    spec = bench.spec("web", network_mode="bridge", external_links=(f"{bench.named('db')}:store",))

    with pytest.raises(NotFound):
        bench.create(spec)
    bench.run(bench.spec("db", network_mode="bridge"))

    assert bench.observed(bench.run(spec)).state == "running"


# ---- volumes ----


def test_a_volume_carries_its_labels_and_is_made_once(bench: Bench) -> None:
    asked = Volume(name=bench.named("data"), labels={"mine": "1"})

    bench.engine.create_volume(asked, {labels.PROJECT: bench.project})
    bench.engine.create_volume(asked, {labels.PROJECT: bench.project})

    found = [volume for volume in bench.observe().volumes if volume.name == bench.named("data")]
    assert [volume.labels for volume in found] == [{"mine": "1", labels.PROJECT: bench.project}]


def test_a_volume_in_use_is_not_removed(bench: Bench) -> None:
    volume = bench.volume()
    bench.create(bench.spec("web", volumes=(Mount(type="volume", source=volume, target="/data"),)))

    with pytest.raises(Conflict):
        bench.engine.remove_volume(volume)


def test_a_removed_volume_is_gone(bench: Bench) -> None:
    volume = bench.volume()

    bench.engine.remove_volume(volume)

    with pytest.raises(NotFound):
        bench.engine.remove_volume(volume)


def test_anonymous_volumes_go_with_their_container_when_asked(bench: Bench) -> None:
    id = bench.create(bench.spec("web", volumes=(Mount(type="volume", target="/data"),)))
    made = bench.mounted_volumes(id)

    bench.engine.remove_container(id, volumes=True)

    assert len(made) == 1
    assert not made & {volume.name for volume in bench.observe().volumes}


def test_a_successor_takes_over_anonymous_volumes(bench: Bench) -> None:
    mounts = (Mount(type="volume", target="/data"),)
    old = bench.create(bench.spec("web", volumes=mounts))
    made = bench.mounted_volumes(old)

    new = bench.create(bench.spec("next", volumes=mounts), keep_volumes_of=old)
    bench.engine.remove_container(old, volumes=False)
    kept = bench.mounted_volumes(new) & {volume.name for volume in bench.observe().volumes}
    bench.engine.remove_container(new, volumes=True)

    assert len(made) == 1
    assert kept == made
    assert not made & {volume.name for volume in bench.observe().volumes}


# ---- images ----


def test_an_image_has_an_id(bench: Bench) -> None:
    id = bench.engine.image_id(IMAGE)

    assert id is not None and id.startswith("sha256:")
    assert bench.engine.image_id(id) == id
    assert bench.observe().images[IMAGE] == id


def test_an_image_that_is_not_there_has_none(bench: Bench) -> None:
    assert bench.engine.image_id("nobody/made-this:1") is None


def test_an_image_is_for_a_platform(bench: Bench) -> None:
    found = bench.engine.image_platform(IMAGE, "linux")

    assert found is not None and same_platform(f"linux/{bench.engine.info().arch}", found)
    assert bench.engine.image_platform("nobody/made-this:1", "linux") is None


def test_an_image_that_is_not_there_was_never_named(bench: Bench) -> None:
    assert bench.engine.image_named_at("nobody/made-this:1") is None


def test_a_pulled_image_is_named_at_that_time(bench: Bench, offered: str) -> None:
    bench.engine.pull_image(offered, None, lambda _: None)
    first = bench.engine.image_named_at(offered)
    bench.engine.pull_image(offered, None, lambda _: None)
    second = bench.engine.image_named_at(offered)

    assert first is not None
    assert second is not None
    assert first < second


def test_a_registry_takes_a_login_and_refuses_another(bench: Bench, guarded: str) -> None:
    login = Login(server=guarded, username="ann", password="secret")

    assert bench.engine.log_in(login) == login
    with pytest.raises(EngineRefused):
        bench.engine.log_in(msgspec.structs.replace(login, password="wrong"))


def test_an_image_that_the_engine_has_not_cannot_be_pushed(bench: Bench) -> None:
    with pytest.raises(NotFound, match="nobody/made-this"):
        bench.engine.push_image("127.0.0.1:1/nobody/made-this:1", lambda _: None)


def test_a_registry_tells_an_images_digest_and_nothing_is_pulled(bench: Bench, offered: str) -> None:
    digest = bench.engine.image_digest(offered)

    assert digest.startswith("sha256:")
    assert bench.engine.image_digest(offered) == digest
    assert bench.engine.image_id(offered) is None


def test_an_image_that_no_registry_has_has_no_digest(bench: Bench) -> None:
    with pytest.raises(EngineError):
        bench.engine.image_digest("127.0.0.1:1/nobody/made-this:1")


def test_no_container_is_made_from_an_image_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound, match="nobody/made-this:1"):
        bench.create(bench.spec("web", image="nobody/made-this:1"))


def test_an_image_that_is_not_there_cannot_be_removed(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.engine.remove_image("nobody/made-this:1")


# ---- output and commands ----


def test_output_can_be_read_when_the_command_has_ended(bench: Bench) -> None:
    id = bench.run_to_end(bench.spec("job", "echo", "hello"))

    assert list(bench.engine.logs(id)) == [LogChunk(stream="stdout", data=b"hello\n")]


def test_followed_output_ends_with_the_command(bench: Bench) -> None:
    id = bench.create(bench.spec("job", "sh", "-c", "echo hello; exit 0"))
    bench.engine.start_container(id)

    assert b"".join(chunk.data for chunk in bench.engine.logs(id, follow=True)) == b"hello\n"


def test_following_can_be_ended(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    logs = bench.engine.logs(id, follow=True)

    logs.close()

    assert list(logs) == []


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 5", 5)])
def test_a_command_in_a_container_has_an_exit_code(bench: Bench, script: str, code: int) -> None:
    id = bench.run(bench.spec("web"))

    session = bench.engine.exec(id, ExecSpec(command=("sh", "-c", f"echo said; {script}")))
    said = b"".join(chunk.data for chunk in session.output())

    assert (said, session.exit_code()) == (b"said\n", code)
    session.close()


def test_a_command_reads_what_it_is_given_until_its_input_ends(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    session = bench.engine.exec(id, ExecSpec(command=("cat",), stdin=True))
    session.write(b"given")
    session.close_input()

    assert b"".join(chunk.data for chunk in session.output()) == b"given"
    assert session.exit_code() == 0
    session.close()


def printed_by(bench: Bench, container: str, spec: ExecSpec) -> list[str]:
    """The lines that a command prints in a container."""
    session = bench.engine.exec(container, spec)
    try:
        return b"".join(chunk.data for chunk in session.output()).decode().splitlines()
    finally:
        session.close()


def test_a_command_has_the_surroundings_of_its_container(bench: Bench) -> None:
    id = bench.run(bench.spec("web", user="7", working_dir="/bin", environment={"A": "1"}))

    assert printed_by(bench, id, ExecSpec(command=("id", "-u"))) == ["7"]
    assert printed_by(bench, id, ExecSpec(command=("pwd",))) == ["/bin"]
    assert "A=1" in printed_by(bench, id, ExecSpec(command=("env",)))


def test_a_command_has_the_surroundings_that_are_asked_for_it(bench: Bench) -> None:
    id = bench.run(bench.spec("web", user="7", working_dir="/bin", environment={"A": "1", "B": "2", "C": "3"}))

    assert printed_by(bench, id, ExecSpec(command=("id", "-u"), user="8")) == ["8"]
    assert printed_by(bench, id, ExecSpec(command=("pwd",), working_dir="/etc")) == ["/etc"]
    told = printed_by(bench, id, ExecSpec(command=("env",), env=("A=9", "B")))
    assert {"A=9", "C=3"} <= set(told)
    assert not any(line.startswith("B=") for line in told)


def test_no_command_runs_in_a_paused_container(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    bench.engine.pause_container(id)

    with pytest.raises(Conflict):
        bench.engine.exec(id, ExecSpec(command=("true",)))


def test_no_command_runs_in_a_container_that_does_not(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    with pytest.raises(Conflict):
        bench.engine.exec(id, ExecSpec(command=("true",)))


# ---- attached ----


def heard(session: Session) -> bytes:
    """All that comes until the command ends."""
    try:
        return b"".join(chunk.data for chunk in session.output())
    finally:
        session.close()


def test_whoever_is_attached_before_the_start_hears_everything(bench: Bench) -> None:
    id = bench.create(bench.spec("job", "sh", "-c", "echo said; exit 3"))
    session = bench.engine.attach(id, stdin=False)

    bench.engine.start_container(id)

    assert heard(session) == b"said\n"


def test_a_containers_command_reads_what_it_is_given_until_its_input_ends(bench: Bench) -> None:
    id = bench.create(bench.spec("job", "cat", input_once=True))
    session = bench.engine.attach(id)
    bench.engine.start_container(id)

    session.write(b"given")
    session.close_input()

    assert heard(session) == b"given"


def test_where_input_stays_open_for_others_the_end_of_ours_ends_the_session_after_the_answer(bench: Bench) -> None:
    id = bench.run(bench.spec("shared", "cat", stdin_open=True))
    session = bench.engine.attach(id)

    session.write(b"ours\n")
    session.close_input()

    assert heard(session) == b"ours\n"
    assert bench.observed(id).state == "running"


def test_a_closed_session_ends_and_the_command_goes_on(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    session = bench.engine.attach(id, stdin=False)

    session.close()

    assert list(session.output()) == []
    assert bench.observed(id).state == "running"


def test_a_container_that_is_to_go_at_its_end_is_removed_and_tells_its_code(bench: Bench) -> None:
    with bench.events() as events:
        id = bench.run(bench.spec("job", "sh", "-c", "exit 3", removed_at_end=True))
        told = until(events, lambda event: event.action == "destroy")

    assert [event.exit_code for event in told if event.action == "die"] == [3]
    with pytest.raises(NotFound):
        bench.engine.inspect_container(id)


# ---- files, and what is made of a container ----


def tar_of(**files: bytes) -> list[bytes]:
    """An archive with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return [buffer.getvalue()]


def files_in(archive: Iterable[bytes]) -> dict[str, bytes]:
    """The files of an archive, by name."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive)), mode="r:") as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isreg()}  # type: ignore[union-attr]


def test_files_that_were_written_are_read_again(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    bench.engine.write_files(id, "/tmp", tar_of(a=b"first", b=b"second"))

    assert files_in(bench.engine.read_files(id, "/tmp/a")) == {"a": b"first"}
    assert files_in(bench.engine.read_files(id, "/tmp")) == {"tmp/a": b"first", "tmp/b": b"second"}


def test_a_path_tells_what_lies_there(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))
    bench.engine.write_files(id, "/tmp", tar_of(a=b"first"))

    assert bench.engine.file_in(id, "/tmp") == FileInContainer(name="tmp", is_directory=True)
    assert bench.engine.file_in(id, "/tmp/a") == FileInContainer(name="a")


@pytest.mark.parametrize("verb", ["file_in", "read_files"])
def test_nothing_is_found_where_nothing_is(bench: Bench, verb: str) -> None:
    id = bench.create(bench.spec("web"))

    with pytest.raises(NotFound):
        getattr(bench.engine, verb)(id, "/tmp/nowhere")


def test_nothing_is_written_to_a_directory_that_is_not_there(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    with pytest.raises(NotFound):
        bench.engine.write_files(id, "/tmp/nowhere", tar_of(a=b"first"))


def test_an_export_has_all_files(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))
    bench.engine.write_files(id, "/tmp", tar_of(a=b"first"))

    assert files_in(bench.engine.export_container(id))["tmp/a"] == b"first"


def test_an_image_of_a_container_has_the_name_that_is_asked_for(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))
    name = f"{bench.project}-image:1"

    image = bench.engine.commit_container(id, CommitSpec(reference=name, changes=("ENV A=1",), pause=False))

    assert bench.engine.image_id(name) == image
    bench.engine.remove_image(name)


# ---- what explains a state ----


def test_all_containers_are_those_of_every_project(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    assert id in [each.id for each in bench.engine.all_containers()]
    assert [each for each in bench.engine.all_containers() if each.id == id] == [bench.observed(id)]


def test_a_containers_limit_and_what_it_asks_of_the_host_are_inspected(bench: Bench) -> None:
    ports = (Port(target=80, published="18475", host_ip="127.0.0.1"),)
    id = bench.create(
        bench.spec(
            "web", mem_limit=ByteSize(32 << 20), ports=ports, volumes=(Mount(type="bind", source="/tmp", target="/t"),)
        )
    )

    state = bench.engine.inspect_container(id)

    assert state.memory == 32 << 20
    assert state.asked_ports == (PublishedPort(container_port=80, host_ip="127.0.0.1", host_port=18475),)
    assert state.bind_sources == {"/t": "/tmp"}
    assert (state.started_at, state.restarts) == ("", 0)


def test_failed_health_checks_are_inspected_with_their_codes(bench: Bench) -> None:
    with bench.events() as events:
        id = bench.run(bench.spec("web", healthcheck=check("CMD", "false")))
        until(events, lambda event: event.health == "unhealthy")

    state = bench.engine.inspect_container(id)

    assert state.failing >= 1
    assert {probe.exit_code for probe in state.probes} == {1}
    assert state.started_at


# ---- what is looked at ----


def test_the_processes_of_a_container_are_told_with_their_titles(bench: Bench) -> None:
    id = bench.run(bench.spec("web", "sleep", "300", init=False))

    told = bench.engine.processes(id)

    assert told.titles == ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
    assert [row[-1] for row in told.rows] == ["sleep 300"]


def test_a_container_that_does_not_run_has_no_processes(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    with pytest.raises(Conflict):
        bench.engine.processes(id)


def test_what_a_container_uses_is_told_once(bench: Bench) -> None:
    id = bench.run(bench.spec("web", mem_limit=ByteSize(1 << 30), init=False))

    (told,) = bench.engine.usage(id)

    assert (told.processes, told.memory_limit) == (1, 1 << 30)
    assert 0 < told.memory < 1 << 30


def test_a_container_that_does_not_run_uses_nothing(bench: Bench) -> None:
    id = bench.create(bench.spec("web"))

    assert list(bench.engine.usage(id)) == [Usage()]


def test_what_a_container_uses_is_told_until_somebody_ends_it(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    usage = bench.engine.usage(id, follow=True)

    told = iter(usage)
    assert next(told).memory > 0
    usage.close()

    assert list(told) == []


def test_an_image_has_a_size_and_a_platform(bench: Bench) -> None:
    told = bench.engine.image_details(IMAGE)

    assert told is not None
    assert (told.id, told.platform.partition("/")[0]) == (bench.engine.image_id(IMAGE), "linux")
    assert told.size > 0


def test_an_image_has_its_names(bench: Bench) -> None:
    told = bench.engine.image_details(IMAGE)

    assert told is not None
    assert IMAGE in told.names


def test_an_image_that_is_not_there_has_no_details(bench: Bench) -> None:
    assert bench.engine.image_details(NOBODY) is None


def test_a_container_is_observed_with_its_mounts(bench: Bench) -> None:
    data = bench.volume("data")
    id = bench.create(bench.spec("web", volumes=(Mount(type="volume", source=data, target="/data"),)))

    (mount,) = bench.observed(id).mounts

    assert (mount.type, mount.name, mount.target, mount.driver) == ("volume", data, "/data", "local")


def test_a_volume_is_observed_with_its_place(bench: Bench) -> None:
    data = bench.volume("data")

    found = next(each for each in bench.observe().volumes if each.name == data)

    assert found.mountpoint.endswith(f"/{data}/_data")
    assert found.scope == "local"


def test_what_happened_is_told_with_its_attributes(bench: Bench) -> None:
    with bench.events() as events:
        id = bench.run(bench.spec("web"))
        first, last = (event.time for event in until(events, lambda event: event.action == "start"))

    log = bench.engine.event_log(bench.project, since=seconds(first - 1000), until=seconds(last + 1000))
    told = list(log)

    assert [(each.action, each.id) for each in told] == [("create", id), ("start", id)]
    assert (told[0].attributes["image"], told[0].attributes["name"]) == (IMAGE, bench.named("web"))
    assert told[0].attributes[labels.SERVICE] == "web"
    assert [each.time for each in told] == [first, last]


def test_what_happens_is_told_until_somebody_ends_it(bench: Bench) -> None:
    with bench.events() as events:
        bench.create(bench.spec("web"))
        (created,) = until(events, lambda event: event.action == "create")

    log = bench.engine.event_log(bench.project, since=seconds(created.time))
    told = iter(log)

    assert next(told).action == "create"
    log.close()
    assert list(told) == []


def seconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 1_000_000_000}.{nanoseconds % 1_000_000_000:09}"
