"""Every form of an attribute becomes its one long form; what was checked against the reference."""

from typing import Any

import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.fields import STACK_FILE, Field, Form, Many, Pairs, Record, Short, Table
from minicompose.stackfile.canonical import canonical
from minicompose.stackfile.short import ENTRIES, LISTS, RECORDS
from tests.stackfile.building import canonical_value, problems_of
from tests.stackfile.reading import no_problem, plain, tree

# (attribute, what is written, what it stands for)
FORMS: list[tuple[str, str, Any]] = [
    ("ports", "[5000]", [{"target": 5000, "protocol": "tcp"}]),
    ("ports", '["8000-8010:80"]', [{"target": 80, "published": "8000-8010", "protocol": "tcp"}]),
    ("ports", '["80-81"]', [{"target": 80, "protocol": "tcp"}, {"target": 81, "protocol": "tcp"}]),
    ("ports", '["127.0.0.1::53/UDP"]', [{"target": 53, "host_ip": "127.0.0.1", "protocol": "udp"}]),
    ("ports", '["[::1]:80:81"]', [{"target": 81, "published": "80", "host_ip": "::1", "protocol": "tcp"}]),
    ("ports", '["::1:80:81"]', [{"target": 81, "published": "80", "host_ip": "::1", "protocol": "tcp"}]),
    ("ports", '["080:80", "80:80"]', [{"target": 80, "published": "80", "protocol": "tcp"}]),
    ("ports", '[{target: "80", published: 81}]', [{"target": 80, "published": "81"}]),
    ("volumes", '["/v"]', [{"type": "volume", "target": "/v"}]),
    (
        "volumes",
        '["data:/x//y/./z/:ro"]',
        [{"type": "volume", "source": "data", "target": "/x/y/z", "read_only": True}],
    ),
    ("volumes", '["v:/v"]', [{"type": "volume", "source": "v", "target": "/v"}]),
    (
        "volumes",
        r'["C:\\a:D:\\b:ro"]',
        [
            {
                "type": "bind",
                "source": "C:\\a",
                "target": "D:\\b",
                "read_only": True,
                "bind": {"create_host_path": True},
            }
        ],
    ),
    (
        "volumes",
        '["C:/a:/b"]',
        [{"type": "bind", "source": "C:/a", "target": "/b", "bind": {"create_host_path": True}}],
    ),
    (
        "volumes",
        '["./a:/b:rshared,z,nocopy"]',
        [
            {
                "type": "bind",
                "source": "./a",
                "target": "/b",
                "bind": {"create_host_path": True, "selinux": "z", "propagation": "rshared"},
                "volume": {"nocopy": True},
            }
        ],
    ),
    (
        "volumes",
        '["/:/b:cached"]',
        [{"type": "bind", "source": "/", "target": "/b", "bind": {"create_host_path": True}}],
    ),
    ("volumes", "[{type: bind, source: a, target: /x//y/}]", [{"type": "bind", "source": "a", "target": "/x/y"}]),
    (
        "volumes",
        '["/a:/t", "/b:/t/"]',
        [{"type": "bind", "source": "/b", "target": "/t", "bind": {"create_host_path": True}}],
    ),
    ("devices", '["/dev/a"]', [{"source": "/dev/a", "target": "/dev/a", "permissions": "rwm"}]),
    ("devices", '["/dev/a:/dev/b:r"]', [{"source": "/dev/a", "target": "/dev/b", "permissions": "r"}]),
    ("secrets", "[pw]", [{"source": "pw", "target": "/run/secrets/pw"}]),
    ("secrets", "[{source: pw, mode: 0440}]", [{"source": "pw", "target": "/run/secrets/pw", "mode": 0o440}]),
    (
        "configs",
        '[ini, {source: ini, target: /ini, mode: "0440"}]',
        [{"source": "ini", "target": "/ini", "mode": 0o440}],
    ),
    ("depends_on", "[db]", {"db": {"condition": "service_started", "required": True}}),
    ("env_file", "a.env", [{"path": "a.env"}]),
    ("env_file", "[a.env, {path: a.env, required: false}]", [{"path": "a.env", "required": False}]),
    ("label_file", "a.labels", ["a.labels"]),
    ("networks", "[front, back]", {"front": None, "back": None}),
    ("environment", "[A=b=c, B, C=]", {"A": "b=c", "B": None, "C": ""}),
    ("environment", "{N: 7, F: 0.25, T: false, Z: }", {"N": "7", "F": "0.25", "T": "false", "Z": None}),
    ("labels", "[a, b=1]", {"a": "", "b": "1"}),
    ("labels", "{a: , b: 1.50}", {"a": "", "b": "1.5"}),
    ("sysctls", "{a: 1, b: true}", {"a": "1", "b": "true"}),
    ("extra_hosts", '["a:1.1.1.1", "b:::1", "c=1.1.1.1,2.2.2.2"]', ["a=1.1.1.1", "b=::1", "c=1.1.1.1", "c=2.2.2.2"]),
    ("extra_hosts", '{a: "[::1]", b: [1.1.1.1, 2.2.2.2]}', ["a=::1", "b=1.1.1.1", "b=2.2.2.2"]),
    ("command", "\"run 'a b' \\\"c d\\\" e\\\\ f ''\"", ["run", "a b", "c d", "e f", ""]),
    ("command", "\"a 'b && c' # d\"", ["a", "b && c", "#", "d"]),
    ("labels", '["A =b"]', {"A ": "b"}),
    (
        "volumes",
        '["C:/a:D:/b:ro"]',
        [
            {
                "type": "bind",
                "source": "C:/a",
                "target": "D:/b",
                "read_only": True,
                "bind": {"create_host_path": True},
            }
        ],
    ),
    (
        "volumes",
        "['data:C:\\b']",
        [{"type": "volume", "source": "data", "target": "C:\\b"}],
    ),
    ("devices", "[{source: /dev/a, target: /b}]", [{"source": "/dev/a", "target": "/b"}]),
    ("command", '""', []),
    ("entrypoint", "[]", []),
    ("healthcheck", "{test: exit 0, retries: '3'}", {"test": ["CMD-SHELL", "exit 0"], "retries": 3}),
    ("healthcheck", "{test: [NONE], interval: 1m}", {"test": ["NONE"], "interval": 60_000_000_000}),
    ("build", ".", {"context": "."}),
    ("gpus", "all", [{"count": -1}]),
    ("gpus", "[{count: all}, {capabilities: [gpu]}]", [{"count": -1}, {"capabilities": ["gpu"], "count": -1}]),
    ("gpus", '[{device_ids: ["1"]}]', [{"device_ids": ["1"]}]),
    ("ulimits", '{a: "5", b: {soft: "1", hard: 2}, c: -1}', {"a": 5, "b": {"soft": 1, "hard": 2}, "c": -1}),
    ("dns", "1.1.1.1", ["1.1.1.1"]),
    ("dns", "[1.1.1.1, 8.8.8.8, 1.1.1.1]", ["1.1.1.1", "8.8.8.8"]),
    ("tmpfs", "/run", ["/run"]),
    ("expose", '[80, "80", 81-82]', ["80", "81-82"]),
    ("group_add", "[1, a]", ["1", "a"]),
    ("cpus", '"0.5"', 0.5),
    ("cpu_count", '"2"', 2),
    ("cpu_rt_runtime", "95000", 95_000_000),
    ("mem_limit", "1.5g", 1610612736),
    ("memswap_limit", "-1", -1),
    ("privileged", '"true"', True),
    ("restart", '"no"', "no"),
    ("logging", "{options: {a: 1, b: }}", {"options": {"a": "1", "b": ""}}),
]


@pytest.mark.parametrize(("attribute", "written", "expected"), FORMS)
def test_a_value_stands_for_its_long_form(attribute: str, written: str, expected: Any) -> None:
    assert canonical_value(f"{attribute}: {written}")[attribute] == expected


@pytest.mark.parametrize(("attribute", "written"), [(attribute, written) for attribute, written, _ in FORMS])
def test_what_is_canonical_is_shared_not_copied(attribute: str, written: str) -> None:
    once = canonical(tree(f"services: {{web: {{{attribute}: {written}}}}}"), no_problem)
    assert canonical(once, no_problem) is once


# (attributes of a service, what is said about them)
PROBLEMS = [
    ('ports: ["80/xyz"]', 'services.web.ports[0]: "xyz" is not a protocol'),
    ('ports: ["80:x"]', 'services.web.ports[0]: "x" is not a port'),
    ('ports: ["1:2", "70000"]', 'services.web.ports[1]: "70000" is out of range: ports go from 1 to 65535'),
    ('ports: ["81-80"]', 'services.web.ports[0]: the range "81-80" ends before it begins'),
    ('ports: ["80-82:80-81"]', "services.web.ports[0]: 3 published ports do not match 2 ports of the container"),
    ('ports: ["host:80:80"]', 'services.web.ports[0]: "host" is not an IP address'),
    (
        'ports: ["1.2.3.4:80"]',
        "services.web.ports[0]: the published port is missing",
    ),
    ("ports: [{target: '65536'}]", "services.web.ports[0].target: 65536 is out of range: ports go from 1 to 65535"),
    ("cpus: .inf", "services.web.cpus: +Inf is not a number"),
    ("ulimits: {nofile: .inf}", 'services.web.ulimits.nofile: "+Inf" is not a whole number'),
    ("cpu_rt_period: .nan", "services.web.cpu_rt_period: NaN is not a whole number of microseconds"),
    ("healthcheck: {retries: '-1'}", "services.web.healthcheck.retries: must be at least 0, not -1"),
    (
        "build: {additional_contexts: [base]}",
        'services.web.build.additional_contexts: "base" has no value: write base=VALUE',
    ),
    ("ports: [8.5]", "services.web.ports[0]: 8.5 is not a port: it must be a whole number"),
    ("ports: [{published: 80}]", 'services.web.ports[0]: "target" is missing'),
    ("ports: [{target: 80, host_ip: foo}]", 'services.web.ports[0]: "foo" is not an IP address'),
    ('volumes: [":/b"]', 'services.web.volumes[0]: ":/b" has an empty part between its colons'),
    ('volumes: [""]', "services.web.volumes[0]: a volume cannot be empty"),
    (
        'volumes: ["aa:/b:ro:x"]',
        'services.web.volumes[0]: "aa:/b:ro:x" has too many parts',
    ),
    ('volumes: ["aa:/b:rx"]', 'services.web.volumes[0]: "rx" is not an option of a volume and does nothing'),
    ("volumes: [{type: tmpfs}]", 'services.web.volumes[0]: "target" is missing'),
    (
        'devices: ["/dev/a:/dev/b:r:s"]',
        'services.web.devices[0]: "/dev/a:/dev/b:r:s" is not a device: '
        "write SOURCE:TARGET:PERMISSIONS, or the long form",
    ),
    (
        "healthcheck: {test: [curl, x]}",
        'services.web.healthcheck.test: a list must begin with "CMD", "CMD-SHELL" or "NONE"',
    ),
    ('command: "a \'b"', "services.web.command: the command has an opening ' that is never closed"),
    (
        'command: "a b && c | d"',
        'services.web.command: "&& c | d" is left out, since no shell reads the command: for one, write sh -c "..."',
    ),
    ('environment: ["A "]', 'services.web.environment: the name "A " ends in a space: write A without one'),
    ('environment: ["A =b"]', 'services.web.environment: the name "A " ends in a space: write A without one'),
    ('extra_hosts: ["a:b=1.1.1.1"]', 'services.web.extra_hosts: "a:b" is not the name of a host'),
    ('extra_hosts: ["bad"]', 'services.web.extra_hosts: "bad" has no address: write HOST=ADDRESS'),
    ("mem_limit: huge", 'services.web.mem_limit: "huge" is not a size: write it in bytes, or as 512k, 64m or 2g'),
    ("scale: two", 'services.web.scale: "two" is not a whole number'),
    ("cpus: half", 'services.web.cpus: "half" is not a number'),
    ("tty: maybe", 'services.web.tty: "maybe" is neither true nor false'),
    ("tty: 'yes'", 'services.web.tty: "yes" is an old way to write true: write it so'),
    ("gpus: some", 'services.web.gpus: must be "all" or a list of device requests'),
    ("cgroup: mine", 'services.web.cgroup: "mine" is not one of host, private'),
]


@pytest.mark.parametrize(("attributes", "problem"), PROBLEMS)
def test_what_cannot_be_read_is_said_with_its_path(attributes: str, problem: str) -> None:
    assert problems_of(attributes) == [problem]


def test_an_external_resource_has_one_name() -> None:
    found: list[Diagnostic] = []
    canonical(tree("volumes: {data: {external: {name: a}, name: b}}"), found.append)
    says = '`name` is "b" and `external.name` is "a": keep the first'
    assert [problem.summary for problem in found if problem.severity == "error"] == [says]


def test_a_problem_stands_at_the_value() -> None:
    found: list[Diagnostic] = []
    canonical(tree("services:\n  web:\n    mem_limit: huge\n"), found.append)
    assert [(p.pos.line, p.pos.column, p.length) for p in found if p.pos] == [(3, 16, 4)]


def test_what_nobody_carries_out_is_read_like_everything_else() -> None:
    found: list[Diagnostic] = []
    text = "services: {web: {provider: {type: p}, models: [m], build: {ssh: [default]}}}"
    web = plain(canonical(tree(text), found.append))["services"]["web"]
    assert found == []
    assert web["provider"] == {"type": "p"}
    assert web["build"]["ssh"] == {"default": None}


def test_nothing_is_said_twice_about_what_the_schema_refused() -> None:
    found: list[Diagnostic] = []
    canonical(tree("services: {web: {mem_limit: huge}}"), found.append, {("services", "web")})
    assert found == []


def test_one_bad_entry_does_not_hide_the_others() -> None:
    found: list[Diagnostic] = []
    root = canonical(tree('services: {web: {ports: ["x", "80", "y"]}}'), found.append)
    assert plain(root)["services"]["web"]["ports"] == [{"target": 80, "protocol": "tcp"}]
    assert [problem.path for problem in found] == ["services.web.ports[0]", "services.web.ports[2]"]


def test_values_of_a_shape_the_schema_refuses_are_left_out_in_silence() -> None:
    text = "services: {web: {ports: 5, volumes: {a: b}, environment: x, labels: , build: [x], depends_on: {a: 5}}}"
    root = plain(canonical(tree(text), no_problem))
    assert root["services"]["web"] == {"depends_on": {}}


def test_extension_fields_stay_as_they_are() -> None:
    assert canonical_value("x-a: {b: [1, true]}, healthcheck: {x-c: 2.0}") == {
        "x-a": {"b": [1, True]},
        "healthcheck": {"x-c": 2.0},
    }


def test_the_old_way_to_name_an_external_resource_still_works() -> None:
    found: list[Diagnostic] = []
    root = canonical(tree("volumes: {data: {external: {name: shared}}}"), found.append)
    assert plain(root)["volumes"]["data"] == {"external": True, "name": "shared"}
    assert [problem.severity for problem in found] == ["warning"]


def test_every_short_form_of_the_table_has_its_function_and_is_used() -> None:
    used: set[Short] = set()
    _collect(STACK_FILE, used)
    assert used == set(Short)
    assert used == {short for table in (RECORDS, ENTRIES, LISTS) for short in table}


def _collect(form: Form | Field, used: set[Short]) -> None:
    if isinstance(form, Field):
        _collect(form.form, used)
        return
    if isinstance(form, Record | Many) and form.short is not None:
        used.add(form.short)
    inner: tuple[Form | Field, ...] = form.fields if isinstance(form, Record) else ()
    if isinstance(form, Many | Table):
        inner = (form.item,)
    if isinstance(form, Pairs):
        inner = (form.value,)
    for each in inner:
        _collect(each, used)
