"""What only a real engine can show: attributes in its own inspection, files, builds, terminals."""

import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from minicompose.engine.api import Api
from minicompose.engine.connect import connect
from minicompose.engine.http_engine import HttpEngine
from minicompose.engine.progress import Progress
from minicompose.engine.protocol import ExecSpec
from minicompose.errors import EngineError, EngineFault, NotFound
from minicompose.model import (
    BindOptions,
    Build,
    ByteSize,
    Deploy,
    Device,
    Duration,
    Logging,
    Mount,
    Port,
    ResourceLimits,
    Resources,
    Sealed,
    TmpfsOptions,
    Ulimit,
)
from minicompose.planning.plan import BoundFile, BuildImage, Endpoint, InjectedFile
from tests.engine.making import Bench, until
from tests.real_engine import IMAGE, real_api, remove_project

pytestmark = pytest.mark.engine

Inspect = Callable[[str], dict[str, Any]]


@pytest.fixture
def bench(real_engine: HttpEngine, real_project: str) -> Bench:
    return Bench(real_engine, real_project)


@pytest.fixture
def api() -> Iterator[Api]:
    found = real_api()
    yield found
    found.transport.close()


@pytest.fixture
def inspect(api: Api) -> Inspect:
    def ask(container: str) -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/containers/{container}/json")
        return found

    return ask


def _output(bench: Bench, id: str) -> bytes:
    return b"".join(chunk.data for chunk in bench.engine.logs(id))


# ---- attributes ----


def test_process_attributes_are_in_the_inspection(bench: Bench, inspect: Inspect) -> None:
    id = bench.create(
        bench.spec(
            entrypoint=("sh", "-c"),
            environment={"A": "1"},
            working_dir="/tmp",
            user="1000",
            hostname="h",
            domainname="x.org",
            tty=True,
            stdin_open=True,
            stop_signal="SIGINT",
            stop_grace_period=Duration(2_500_000_000),
        )
    )

    config = inspect(id)["Config"]

    assert (config["Entrypoint"], config["Cmd"], config["Env"]) == (["sh", "-c"], ["sleep", "300"], ["A=1"])
    assert (config["WorkingDir"], config["User"], config["Hostname"]) == ("/tmp", "1000", "h")
    assert (config["Domainname"], config["Tty"], config["OpenStdin"]) == ("x.org", True, True)
    assert (config["StopSignal"], config["StopTimeout"]) == ("SIGINT", 3)


def test_limits_are_in_the_inspection(bench: Bench, inspect: Inspect) -> None:
    id = bench.create(
        bench.spec(
            deploy=Deploy(resources=Resources(limits=ResourceLimits(cpus=0.5, memory=ByteSize(64 << 20), pids=20))),
            ulimits={"nofile": Ulimit(soft=10, hard=20)},
            cpu_shares=100,
            shm_size=ByteSize(1 << 20),
            oom_score_adj=100,
        )
    )

    host = inspect(id)["HostConfig"]

    assert (host["NanoCpus"], host["Memory"], host["PidsLimit"]) == (500_000_000, 64 << 20, 20)
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 10, "Hard": 20}]
    assert (host["CpuShares"], host["ShmSize"], host["OomScoreAdj"]) == (100, 1 << 20, 100)


def test_rights_are_in_the_inspection(bench: Bench, inspect: Inspect) -> None:
    id = bench.create(
        bench.spec(
            cap_add=("NET_ADMIN",),
            cap_drop=("ALL",),
            security_opt=("no-new-privileges",),
            devices=(Device(source="/dev/null", target="/dev/xnull", permissions="r"),),
            sysctls={"net.core.somaxconn": "1024"},
            read_only=True,
            ipc="private",
            cgroup="private",
            group_add=("5",),
        )
    )

    host = inspect(id)["HostConfig"]

    assert (host["CapAdd"], host["CapDrop"], host["SecurityOpt"]) == (["NET_ADMIN"], ["ALL"], ["no-new-privileges"])
    assert host["Devices"][0]["PathInContainer"] == "/dev/xnull"
    assert (host["Sysctls"], host["ReadonlyRootfs"]) == ({"net.core.somaxconn": "1024"}, True)
    assert (host["IpcMode"], host["CgroupnsMode"], host["GroupAdd"]) == ("private", "private", ["5"])


def test_mounts_are_in_the_inspection(bench: Bench, inspect: Inspect, tmp_path: Path) -> None:
    id = bench.create(
        bench.spec(
            volumes=(
                Mount(type="volume", source=bench.volume(), target="/data"),
                Mount(type="bind", source=str(tmp_path / "made"), target="/made", read_only=True),
                Mount(type="tmpfs", target="/t", tmpfs=TmpfsOptions(size=ByteSize(1 << 20))),
            ),
            tmpfs=("/run:size=1m",),
            bound=(BoundFile(target="/passwd", source="/etc/passwd"),),
        )
    )

    found = inspect(id)

    mounts = {mount["Destination"]: (mount["Type"], mount["RW"]) for mount in found["Mounts"]}
    assert mounts == {
        "/data": ("volume", True),
        "/made": ("bind", False),
        "/t": ("tmpfs", True),
        "/passwd": ("bind", False),
    }
    assert found["HostConfig"]["Tmpfs"] == {"/run": "size=1m"}


def test_a_bind_source_that_must_exist_and_does_not_is_named(bench: Bench) -> None:
    mount = Mount(type="bind", source="/no/such/place", target="/b", bind=BindOptions(create_host_path=False))

    with pytest.raises(EngineError, match="/no/such/place does not exist") as told:
        bench.run(bench.spec(volumes=(mount,)))

    assert "create_host_path" in told.value.hint


def test_logging_and_restart_are_in_the_inspection(bench: Bench, inspect: Inspect) -> None:
    id = bench.create(
        bench.spec(logging=Logging(driver="json-file", options={"max-size": "1m"}), restart="on-failure:2")
    )

    host = inspect(id)["HostConfig"]

    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m"}}
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}


def test_name_resolution_is_in_the_inspection(bench: Bench, inspect: Inspect) -> None:
    id = bench.create(
        bench.spec(dns=("1.1.1.1",), dns_search=("x.org",), dns_opt=("ndots:1",), extra_hosts=("a=1.2.3.4",))
    )

    host = inspect(id)["HostConfig"]

    assert (host["Dns"], host["DnsSearch"], host["DnsOptions"]) == (["1.1.1.1"], ["x.org"], ["ndots:1"])
    assert host["ExtraHosts"] == ["a:1.2.3.4"]


def test_a_link_on_the_engines_own_bridge_stays_with_the_container_that_is_renamed(
    bench: Bench, inspect: Inspect
) -> None:
    db = bench.run(bench.spec("db.next", network_mode="bridge"))
    web = bench.create(
        bench.spec("web", "ping", "-c1", "store", network_mode="bridge", links=(f"{bench.named('db.next')}:store",))
    )

    bench.engine.rename_container(db, bench.named("db"))

    assert inspect(web)["HostConfig"]["Links"] == [f"/{bench.named('db')}:/{bench.named('web')}/store"]


def test_a_container_that_is_put_on_a_network_has_its_links_there(bench: Bench, inspect: Inspect) -> None:
    first, network = bench.network("first"), bench.network("second")
    id = bench.run(bench.spec("web", endpoints=(Endpoint(network=first),)))

    bench.engine.connect_network(id, Endpoint(network=network, links=(f"{bench.named('db')}:store",)))

    assert inspect(id)["NetworkSettings"]["Networks"][network]["Links"] == [f"{bench.named('db')}:store"]


def test_the_engines_own_warnings_come_with_what_it_creates(bench: Bench) -> None:
    told: list[Progress] = []
    spec = bench.spec(ports=(Port(target=80, published="0"),), network_mode="host")

    bench.engine.create_container(spec.name, spec, None, told.append)

    assert [progress.warning for progress in told] == ["Published ports are discarded when using host network mode"]


def test_a_published_port_is_observed_with_the_port_that_the_engine_picked(bench: Bench) -> None:
    network = bench.network()
    id = bench.run(bench.spec(ports=(Port(target=80, host_ip="127.0.0.1"),), endpoints=(Endpoint(network=network),)))

    (port,) = bench.observed(id).ports

    assert (port.container_port, port.protocol, port.host_ip) == (80, "tcp", "127.0.0.1")
    assert port.host_port and port.host_port > 1024


def test_a_port_that_is_taken_is_named(bench: Bench) -> None:
    network = bench.network()
    first = bench.run(bench.spec("a", ports=(Port(target=80),), endpoints=(Endpoint(network=network),)))
    taken = str(bench.observed(first).ports[0].host_port)

    with pytest.raises(EngineFault, match=f"port {taken} is already in use") as told:
        bench.run(bench.spec("b", ports=(Port(target=80, published=taken),), endpoints=(Endpoint(network=network),)))

    assert "publish another port" in told.value.hint


def test_a_program_that_is_not_there_is_named(bench: Bench) -> None:
    with pytest.raises(EngineError, match='no program "no-such-program"'):
        bench.run(bench.spec("web", "no-such-program", init=False))


def test_a_peer_is_found_by_its_alias_on_every_network(bench: Bench) -> None:
    front, back = bench.network("front"), bench.network("back")
    both = (Endpoint(network=front, aliases=("web",)), Endpoint(network=back, aliases=("inner",)))
    bench.run(bench.spec("web", endpoints=both))

    client = bench.run_to_end(
        bench.spec("client", "nslookup", "inner", endpoints=(Endpoint(network=back, aliases=("client",)),))
    )

    assert bench.engine.inspect_container(client).exit_code == 0, _output(bench, client)


# ---- files ----


def test_an_injected_file_is_there_before_the_start_with_its_owner_and_mode(bench: Bench) -> None:
    file = InjectedFile(target="/run/secrets/key", content=Sealed(b"hush"), uid=12, gid=34, mode=0o440)

    id = bench.run_to_end(
        bench.spec("job", "sh", "-c", "stat -c '%u %g %a' /run/secrets/key; cat /run/secrets/key", injected=(file,))
    )

    assert _output(bench, id) == b"12 34 440\nhush"


def test_directories_of_the_image_keep_their_mode_when_a_file_is_injected(bench: Bench) -> None:
    plain = bench.run_to_end(bench.spec("plain", "stat", "-c", "%u %a", "/bin"))
    file = InjectedFile(target="/bin/config", content=Sealed(b"x"))

    injected = bench.run_to_end(bench.spec("injected", "stat", "-c", "%u %a", "/bin", injected=(file,)))

    assert _output(bench, injected) == _output(bench, plain) != b""


def test_a_file_is_injected_into_a_volume_of_a_read_only_container(bench: Bench) -> None:
    mounts = (Mount(type="volume", source=bench.volume(), target="/data"),)
    file = InjectedFile(target="/data/key", content=Sealed(b"hush"))

    id = bench.run_to_end(bench.spec("job", "cat", "/data/key", read_only=True, volumes=mounts, injected=(file,)))

    assert _output(bench, id) == b"hush"


@pytest.mark.parametrize("fields", [{"read_only": True}, {"tmpfs": ("/run",)}])
def test_a_file_is_injected_into_a_volume_of_its_own(bench: Bench, fields: dict[str, Any]) -> None:
    file = InjectedFile(target="/run/secrets/key", content=Sealed(b"hush"))

    id = bench.run_to_end(
        bench.spec("web", "cat", "/run/secrets/key", injected=(file,), file_volumes=("/run/secrets",), **fields)
    )

    assert _output(bench, id) == b"hush"


def test_a_container_whose_files_cannot_be_put_in_is_not_left_behind(bench: Bench) -> None:
    file = InjectedFile(target="/bin/busybox/key", content=Sealed(b"hush"))

    with pytest.raises(EngineError):
        bench.create(bench.spec("web", injected=(file,)))

    assert bench.observe().containers == ()


# ---- streams ----


def test_both_output_streams_are_told_apart(bench: Bench) -> None:
    id = bench.run_to_end(bench.spec("job", "sh", "-c", "echo out; echo err >&2"))

    chunks = {chunk.stream: chunk.data for chunk in bench.engine.logs(id)}

    assert chunks == {"stdout": b"out\n", "stderr": b"err\n"}


def test_a_terminals_output_is_one_stream(bench: Bench) -> None:
    id = bench.run_to_end(bench.spec("job", "sh", "-c", "echo out; echo err >&2", tty=True))

    assert _output(bench, id) == b"out\r\nerr\r\n"
    assert {chunk.stream for chunk in bench.engine.logs(id)} == {"stdout"}


def test_the_last_lines_can_be_asked_for(bench: Bench) -> None:
    id = bench.run_to_end(bench.spec("job", "sh", "-c", "echo one; echo two; echo three"))

    assert b"".join(chunk.data for chunk in bench.engine.logs(id, tail=2)) == b"two\nthree\n"


def test_output_before_a_moment_is_left_out(bench: Bench) -> None:
    id = bench.run_to_end(bench.spec("job", "echo", "one"))

    assert b"".join(chunk.data for chunk in bench.engine.logs(id, since="1h")) == b"one\n"
    assert b"".join(chunk.data for chunk in bench.engine.logs(id, until="1h")) == b""


def test_following_ends_when_it_is_closed_while_nothing_comes(bench: Bench) -> None:
    id = bench.run(bench.spec("web", "sh", "-c", "echo up; sleep 300"))
    logs = bench.engine.logs(id, follow=True)
    chunks = iter(logs)
    assert next(chunks).data == b"up\n"
    closer = threading.Thread(target=logs.close)

    closer.start()
    rest = list(chunks)
    closer.join()

    assert rest == []


def test_a_command_on_a_terminal_knows_its_size(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    session = bench.engine.exec(id, ExecSpec(command=("sh", "-c", "read x; stty size"), tty=True, stdin=True))

    session.resize(columns=91, rows=17)
    session.write(b"\n")
    said = b"".join(chunk.data for chunk in session.output())
    session.close()

    assert b"17 91" in said


def test_a_command_runs_as_it_is_asked_to(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))
    spec = ExecSpec(command=("sh", "-c", "id -u; pwd; echo $A"), user="12", working_dir="/bin", env=("A=b",))

    session = bench.engine.exec(id, spec)
    said = b"".join(chunk.data for chunk in session.output())
    session.close()

    assert said == b"12\n/bin\nb\n"


def test_a_detached_command_goes_on_by_itself(bench: Bench) -> None:
    id = bench.run(bench.spec("web", "sh", "-c", "mkfifo /f; cat /f"))
    with bench.events() as events:
        session = bench.engine.exec(
            id, ExecSpec(command=("sh", "-c", "until [ -p /f ]; do :; done; echo x > /f"), detach=True)
        )
        told = until(events, lambda event: event.action == "die")

    assert (list(session.output()), session.exit_code(), told[-1].exit_code) == ([], 0, 0)


def test_a_command_that_is_not_there_has_the_shells_exit_code(bench: Bench) -> None:
    id = bench.run(bench.spec("web"))

    session = bench.engine.exec(id, ExecSpec(command=("no-such-program",)))
    list(session.output())
    code = session.exit_code()
    session.close()

    assert code in (126, 127)


# ---- images ----


@pytest.fixture
def tag(real_engine: HttpEngine, real_project: str) -> Iterator[str]:
    """A name for an image, which is removed in the end, after the containers made from it."""
    name = f"mctest-{uuid.uuid4().hex[:10]}:1"
    yield name
    remove_project(real_engine, real_project)
    with suppress(NotFound):
        real_engine.remove_image(name)


def _build(engine: HttpEngine, tag: str, **fields: Any) -> str:
    """Build it; what was printed."""
    printed: list[Progress] = []
    asked = {name: fields.pop(name) for name in ("platform", "pull", "no_cache") if name in fields}
    engine.build_image(
        BuildImage(image=tag, service="web", labels={"mine": "1"}, build=Build(**fields), **asked), printed.append
    )
    return "".join(progress.text for progress in printed)


@pytest.fixture(params=["buildkit", "classic"])
def builder(request: pytest.FixtureRequest, real_engine: HttpEngine) -> Iterator[HttpEngine]:
    """The engine with either of its builders."""
    wanted = "1" if request.param == "buildkit" else "0"
    with connect(None, None, {**os.environ, "DOCKER_BUILDKIT": wanted}) as engine:
        assert engine.info().builder == request.param
        yield engine


def test_an_image_is_built_from_its_directory_without_what_is_ignored(
    builder: HttpEngine, bench: Bench, tag: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nARG GREETING\nRUN echo $GREETING > /greeting\nCOPY . /src\n")
    (tmp_path / "kept").write_text("x")
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / ".dockerignore").write_text("*.txt\n")

    printed = _build(builder, tag, context=str(tmp_path), args={"GREETING": "hello"}, no_cache=True)
    id = bench.run_to_end(bench.spec("job", "sh", "-c", "cat /greeting; ls /src", image=tag))

    assert "RUN echo" in printed
    assert _output(bench, id) == b"hello\nDockerfile\nkept\n"


def test_a_target_labels_and_further_tags_are_honoured(builder: HttpEngine, api: Api, tag: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.x").write_text(f"FROM {IMAGE} AS one\nCMD one\nFROM one AS two\nCMD two\n")
    other = tag.replace(":1", ":2")

    _build(
        builder,
        tag,
        context=str(tmp_path),
        dockerfile="Dockerfile.x",
        target="one",
        labels={"a": "b"},
        tags=(other,),
    )
    config = api.get(f"/images/{other}/json")["Config"]
    builder.remove_image(other)

    assert config["Cmd"] == ["/bin/sh", "-c", "one"]
    assert {"a": "b", "mine": "1"}.items() <= config["Labels"].items()


@pytest.mark.parametrize(
    ("attributes", "command", "printed"),
    [
        ({"ulimits": {"nofile": Ulimit(soft=123, hard=456)}}, "echo $(ulimit -Sn) $(ulimit -Hn)", "123 456"),
        ({"ulimits": {"nofile": 99}}, "echo $(ulimit -Sn) $(ulimit -Hn)", "99 99"),
        ({"shm_size": ByteSize(5 << 20)}, "df -k /dev/shm | tail -1", " 5120 "),
        ({"extra_hosts": ("far=1.2.3.4",)}, "grep far /etc/hosts", "1.2.3.4\tfar"),
        ({"network": "none"}, "echo cards: $(ls /sys/class/net)", "cards: lo\n"),
        ({"args": {"A": "1", "B": None}}, "echo a=$A", "a=1"),
        ({"platforms": ("linux/amd64",)}, "echo built", "built"),
        ({"cache_from": ("type=registry,ref=busybox:test",)}, "echo built", "built"),
        ({"isolation": "default"}, "echo built", "built"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_attribute_of_a_build_is_seen_in_what_it_runs(
    builder: HttpEngine, tag: str, tmp_path: Path, attributes: dict[str, Any], command: str, printed: str
) -> None:
    dockerfile = f"FROM {IMAGE}\nARG A\nRUN {command}\n"

    said = _build(builder, tag, context=str(tmp_path), dockerfile_inline=dockerfile, no_cache=True, **attributes)

    assert any(printed in line for line in said.splitlines(keepends=True) if "RUN" not in line)


def test_a_build_takes_its_layers_from_the_cache_unless_it_is_said_not_to(
    builder: HttpEngine, tag: str, tmp_path: Path
) -> None:
    dockerfile = f"FROM {IMAGE}\nRUN echo {tag}\n"
    cached = re.compile(r"Using cache|#(\d+) \[2/2\] RUN .*\n#\1 CACHED")
    first = _build(builder, tag, context=str(tmp_path), dockerfile_inline=dockerfile)

    again = _build(builder, tag, context=str(tmp_path), dockerfile_inline=dockerfile)
    anew = _build(builder, tag, context=str(tmp_path), dockerfile_inline=dockerfile, no_cache=True)

    assert [bool(cached.search(said)) for said in (first, again, anew)] == [False, True, False]


def test_a_dockerfile_can_stand_in_the_stack_file(builder: HttpEngine, bench: Bench, tag: str, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("found")

    _build(builder, tag, context=str(tmp_path), dockerfile_inline=f"FROM {IMAGE}\nCOPY data /data\nCMD cat /data\n")
    id = bench.run_to_end(bench.spec("job", "cat", "/data", image=tag))

    assert _output(bench, id) == b"found"


def test_a_dockerfile_can_stand_outside_its_context(
    builder: HttpEngine, bench: Bench, tag: str, tmp_path: Path
) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "data").write_text("found outside")  # no layer of another test's
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY data /data\n")

    _build(builder, tag, context=str(tmp_path / "context"), dockerfile="../Dockerfile")
    id = bench.run_to_end(bench.spec("job", "cat", "/data", image=tag))

    assert _output(bench, id) == b"found outside"


def test_a_build_that_fails_ends_with_what_it_printed(builder: HttpEngine, tag: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo about to fail && exit 3\n")

    with pytest.raises(EngineFault, match=r"returned a non-zero code: 3|failed with exit code 3") as told:
        _build(builder, tag, context=str(tmp_path), no_cache=True)

    assert "about to fail" in (told.value.output or "")
    assert builder.image_id(tag) is None


def test_a_built_image_is_known_by_its_new_id(builder: HttpEngine, tag: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nENV A=1\n")
    _build(builder, tag, context=str(tmp_path))
    first = builder.image_id(tag)
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nENV A=2\n")

    _build(builder, tag, context=str(tmp_path))

    assert first is not None
    assert builder.image_id(tag) not in (first, None)


def test_a_volume_that_the_image_declares_is_taken_over(
    real_engine: HttpEngine, bench: Bench, tag: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nVOLUME /data\n")
    _build(real_engine, tag, context=str(tmp_path))
    old = bench.run_to_end(bench.spec("old", "sh", "-c", "echo kept > /data/x", image=tag))

    new = bench.create(bench.spec("new", "cat", "/data/x", image=tag), keep_volumes_of=old)
    bench.engine.remove_container(old, volumes=False)
    with bench.events() as events:
        bench.engine.start_container(new)
        until(events, lambda event: event.action == "die")

    assert _output(bench, new) == b"kept\n"
    bench.engine.remove_container(new, volumes=True)


def test_a_registry_that_is_not_there_fails_the_pull(real_engine: HttpEngine) -> None:
    with pytest.raises(EngineError):
        real_engine.pull_image("127.0.0.1:1/nobody/nothing:1", None, lambda progress: None)


# ---- the engine ----


def test_the_engine_tells_its_version(real_engine: HttpEngine) -> None:
    info = real_engine.info()

    assert info.version and info.os == os.uname().sysname.lower()
    assert info.api >= (1, 41)
