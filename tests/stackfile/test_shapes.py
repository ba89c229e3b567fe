"""What is said of values that the specification does not allow where they stand, in its own words."""

# ruff: noqa: E501 (a finding to a line)

import pytest

from minicompose.diagnostic import Diagnostic
from minicompose.output.diagnostics import render_diagnostics
from minicompose.stackfile.schema import validate
from minicompose.stackfile.shapes import MOST_EXPLAINED
from minicompose.stackfile.yamltree import read_yaml
from tests.golden import assert_golden

SERVICE = "services:\n  web:\n    image: web\n    %s\n"


def problems(text: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    [root] = read_yaml(text, "stack.yaml", found.append)
    validate(root, found.append)
    return found


def lines(text: str) -> list[str]:
    """What is wrong with `text`, as `line:column+length path: summary (hint)`."""
    return [_line(problem) for problem in problems(text)]


def _line(problem: Diagnostic) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    assert problem.pos is not None
    place = f"{problem.pos.line}:{problem.pos.column}+{problem.length}"
    return f"{place} {problem.path}: {problem.summary}{hint}"


# What stands in the service `web`, from its fourth line on.
IN_A_SERVICE = [
    pytest.param(
        "enviroment: {A: 1}",
        [
            '4:5+10 services.web.enviroment: unknown attribute (did you mean "environment"?)',
        ],
        id="a misspelt attribute",
    ),
    pytest.param(
        "port: ['80']",
        [
            '4:5+4 services.web.port: unknown attribute (did you mean "ports"?)',
        ],
        id="a singular for a plural",
    ),
    pytest.param(
        "env: {A: 1}",
        [
            '4:5+3 services.web.env: unknown attribute (did you mean "environment"?)',
        ],
        id="another tool's word",
    ),
    pytest.param(
        "log_driver: syslog",
        [
            '4:5+10 services.web.log_driver: unknown attribute (did you mean "logging.driver"?)',
        ],
        id="an old word",
    ),
    pytest.param(
        "dockerfile: Dockerfile.web",
        [
            '4:5+10 services.web.dockerfile: unknown attribute (it belongs in "build")',
        ],
        id="an attribute of build",
    ),
    pytest.param(
        "replicas: 3",
        [
            '4:5+8 services.web.replicas: unknown attribute (it belongs in "deploy")',
        ],
        id="an attribute of deploy",
    ),
    pytest.param(
        "deploy: {limits: {cpus: 1}}",
        [
            '4:14+6 services.web.deploy.limits: unknown attribute (it belongs in "resources")',
        ],
        id="an attribute of deploy.resources",
    ),
    pytest.param(
        "deploy: {resources: {memory: 1g}}",
        [
            '4:26+6 services.web.deploy.resources.memory: unknown attribute (it belongs in "limits" or "reservations")',
        ],
        id="one of two places",
    ),
    pytest.param(
        "healthcheck: {retries: 3, ports: ['80']}",
        [
            '4:31+5 services.web.healthcheck.ports: unknown attribute (it belongs to "web": indent it less)',
        ],
        id="one level too deep",
    ),
    pytest.param(
        "include: [a.yaml]",
        [
            '4:5+7 services.web.include: unknown attribute ("include" is a section of the file: indent it less)',
        ],
        id="a section inside of a service",
    ),
    pytest.param(
        "sparkle: true",
        [
            "4:5+7 services.web.sparkle: unknown attribute",
        ],
        id="an attribute no one knows",
    ),
    pytest.param(
        "ports: [{target: 80, publish: 8080}]",
        [
            '4:26+7 services.web.ports[0].publish: unknown attribute (did you mean "published"?)',
        ],
        id="an attribute in a list's entry",
    ),
    pytest.param(
        "ports: '80:80'",
        [
            '4:12+5 services.web.ports: expected a list, got a string "80:80" (did you mean a list, ["80:80"]?)',
        ],
        id="a string for a list",
    ),
    pytest.param(
        "expose: 80",
        [
            '4:13+2 services.web.expose: expected a list, got the number 80 (did you mean a list, ["80"]?)',
        ],
        id="a number for a list",
    ),
    pytest.param(
        "healthcheck: [CMD, 'true']",
        [
            '4:18+1 services.web.healthcheck: expected a mapping, got a list (did you mean it for "test"?)',
        ],
        id="a list for a mapping",
    ),
    pytest.param(
        "deploy: [a]",
        [
            "4:13+1 services.web.deploy: expected a mapping, got a list",
        ],
        id="a list for a mapping with several lists",
    ),
    pytest.param(
        "logging: json-file",
        [
            '4:14+9 services.web.logging: expected a mapping, got a string "json-file"',
        ],
        id="a string for a mapping",
    ),
    pytest.param(
        "labels: a=b",
        [
            '4:13+3 services.web.labels: expected a mapping, or a list of NAME=VALUE, got a string "a=b" (did you mean a list, ["a=b"]?)',
        ],
        id="a string for a mapping or a list",
    ),
    pytest.param(
        "cap_add: {NET_ADMIN: true}",
        [
            "4:14+1 services.web.cap_add: expected a list of strings, got a mapping",
        ],
        id="a mapping for a list",
    ),
    pytest.param(
        "hostname: 5",
        [
            '4:15+1 services.web.hostname: expected a string, got the number 5 (put it in quotes: "5")',
        ],
        id="a number for a string",
    ),
    pytest.param(
        "user: true",
        [
            '4:11+4 services.web.user: expected a string, got true (put it in quotes: "true")',
        ],
        id="a boolean for a string",
    ),
    pytest.param(
        "stop_grace_period: 10",
        [
            '4:24+2 services.web.stop_grace_period: expected a duration such as "1m30s", got the number 10 (did you mean "10s"?)',
        ],
        id="a number for a duration",
    ),
    pytest.param(
        "stop_grace_period: true",
        [
            '4:24+4 services.web.stop_grace_period: expected a duration such as "1m30s", got true',
        ],
        id="a boolean for a duration",
    ),
    pytest.param(
        "deploy: {resources: {limits: {memory: 512}}}",
        [
            '4:43+3 services.web.deploy.resources.limits.memory: expected a size such as "512m", got the number 512 (put it in quotes: "512")',
        ],
        id="a number for a size",
    ),
    pytest.param(
        "privileged: [true]",
        [
            "4:17+1 services.web.privileged: expected true or false, got a list",
        ],
        id="a list for a truth",
    ),
    pytest.param(
        "tty: 1",
        [
            "4:10+1 services.web.tty: expected true or false, got the number 1",
        ],
        id="a number for a truth",
    ),
    pytest.param(
        "scale: true",
        [
            "4:12+4 services.web.scale: expected a whole number, got true",
        ],
        id="a boolean for a number",
    ),
    pytest.param(
        "container_name: {a: b}",
        [
            "4:21+1 services.web.container_name: expected a name of two or more letters, digits, _ . or -, with a letter or digit first, got a mapping",
        ],
        id="a mapping for a scalar",
    ),
    pytest.param(
        "command: [sleep, 5]",
        [
            '4:22+1 services.web.command[1]: expected a string, got the number 5 (put it in quotes: "5")',
        ],
        id="a number in a command",
    ),
    pytest.param(
        "restart: false",
        [
            '4:14+5 services.web.restart: expected one of "no", "always", "unless-stopped" or "on-failure" or "on-failure:" and a number, got false (did you mean "no"?)',
        ],
        id="a boolean for a word",
    ),
    pytest.param(
        "labels:",
        [
            "4:5+6 services.web.labels: expected a mapping, or a list of NAME=VALUE, got nothing (leave it out, or give it a value)",
        ],
        id="nothing for labels",
    ),
    pytest.param(
        "environment:\n      - A: 1",
        [
            '5:9+1 services.web.environment[0]: expected a string, got a mapping (did you mean "A=1"?)',
        ],
        id="a variable written with a colon",
    ),
    pytest.param(
        "extra_hosts: [{db: 10.0.0.2}]",
        [
            '4:19+1 services.web.extra_hosts[0]: expected a string, got a mapping (did you mean "db=10.0.0.2"?)',
        ],
        id="a host written with a colon",
    ),
    pytest.param(
        "volumes:\n      - data: /srv",
        [
            '5:9+1 services.web.volumes[0]: expected a string, got a mapping (did you mean "data:/srv"?)',
        ],
        id="a mount with a space",
    ),
    pytest.param(
        "command:\n      - echo:",
        [
            "5:9+1 services.web.command[0]: expected a string, got a mapping (a colon at the end makes a mapping: put the entry in quotes)",
        ],
        id="a word with a colon at its end",
    ),
    pytest.param(
        "security_opt:\n      - label: disable",
        [
            '5:9+1 services.web.security_opt[0]: expected a string, got a mapping (did you mean "label:disable"?)',
        ],
        id="an option with a space",
    ),
    pytest.param(
        "pull_policy: alway",
        [
            '4:18+5 services.web.pull_policy: must be one of "always", "never", "missing", "if_not_present", "build", "refresh", "daily", "weekly" or "every_" and a time such as "every_12h", not "alway" (did you mean "always"?)',
        ],
        id="a near word",
    ),
    pytest.param(
        "restart: ALWAYS",
        [
            '4:14+6 services.web.restart: must be one of "no", "always", "unless-stopped", "on-failure" or "on-failure:" and a number, not "ALWAYS" (did you mean "always"?)',
        ],
        id="a word in capitals",
    ),
    pytest.param(
        "restart: sometimes",
        [
            '4:14+9 services.web.restart: must be one of "no", "always", "unless-stopped", "on-failure" or "on-failure:" and a number, not "sometimes"',
        ],
        id="a word like no other",
    ),
    pytest.param(
        "restart: 'always:3'",
        [
            '4:14+8 services.web.restart: must be one of "no", "always", "unless-stopped", "on-failure" or "on-failure:" and a number, not "always:3" (did you mean "always"?)',
        ],
        id="a number after the wrong word",
    ),
    pytest.param(
        "pull_policy: every_12",
        [
            '4:18+8 services.web.pull_policy: must be one of "always", "never", "missing", "if_not_present", "build", "refresh", "daily", "weekly" or "every_" and a time such as "every_12h", not "every_12"',
        ],
        id="a time without a unit",
    ),
    pytest.param(
        "deploy: {endpoint_mode: dns}",
        [
            '4:29+3 services.web.deploy.endpoint_mode: must be one of "vip" or "dnsrr", not "dns" (did you mean "dnsrr"?)',
        ],
        id="a word of deploy",
    ),
    pytest.param(
        "gpus: some",
        [
            '4:11+4 services.web.gpus: must be "all" or a list of devices, not "some"',
        ],
        id="a word or a list",
    ),
    pytest.param(
        "depends_on: {db: {condition: healthy}}",
        [
            '4:34+7 services.web.depends_on.db.condition: must be one of "service_started", "service_healthy" or "service_completed_successfully", not "healthy" (did you mean "service_healthy"?)',
        ],
        id="a condition",
    ),
    pytest.param(
        "container_name: -web",
        [
            '4:21+4 services.web.container_name: must be a name of two or more letters, digits, _ . or -, with a letter or digit first, not "-web"',
        ],
        id="a name that docker refuses",
    ),
    pytest.param(
        "depends_on: {db: {}}",
        [
            '4:22+1 services.web.depends_on.db: "condition" is missing (it is one of service_started, service_healthy, service_completed_successfully)',
        ],
        id="a missing word",
    ),
    pytest.param(
        "ulimits: {nofile: {soft: 1}}",
        [
            '4:23+1 services.web.ulimits.nofile: "hard" is missing',
        ],
        id="a missing attribute",
    ),
    pytest.param(
        "volumes: [{source: data}]",
        [
            '4:15+1 services.web.volumes[0]: "type" is missing (it is one of volume, bind, tmpfs, image, cluster, npipe)',
            '4:15+1 services.web.volumes[0]: "target" is missing',
        ],
        id="two missing attributes",
    ),
    pytest.param(
        "oom_score_adj: 2000",
        [
            "4:20+4 services.web.oom_score_adj: must be at most 1000, not 2000",
        ],
        id="a number too large",
    ),
    pytest.param(
        "oom_score_adj: -2000",
        [
            "4:20+5 services.web.oom_score_adj: must be at least -1000, not -2000",
        ],
        id="a number too small",
    ),
    pytest.param(
        "ports: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        [
            '4:12+60 services.web.ports: expected a list, got a string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." (did you mean a list, ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."]?)',
        ],
        id="a long string",
    ),
    pytest.param(
        "ports: |\n      80\n      81",
        [
            '4:12+1 services.web.ports: expected a list, got a string "80\\n81\\n" (did you mean a list, ["80\\n81\\n"]?)',
        ],
        id="a string of several lines",
    ),
]

WHOLE_FILES = [
    pytest.param(
        "networks: {lan: {subnet: 10.0.0.0/8}}\n",
        [
            '1:18+6 networks.lan.subnet: unknown attribute (it belongs in "ipam.config")',
        ],
        id="an attribute of a network",
    ),
    pytest.param(
        "image: web\nservices: {}\n",
        [
            '1:1+5 image: unknown attribute (it belongs to a service, below "services" and the service\'s name)',
        ],
        id="a service's attribute at the top",
    ),
    pytest.param(
        "service: {}\n",
        [
            '1:1+7 service: unknown attribute (did you mean "services"?)',
        ],
        id="a misspelt section",
    ),
    pytest.param(
        "services: {image: web}\n",
        [
            '1:19+3 services.image: expected a mapping with the service\'s attributes, got a string "web" ("image" is an attribute of a service: is the service\'s name missing above it?)',
        ],
        id="a service's name forgotten",
    ),
    pytest.param(
        "services: {build: {context: .}}\n",
        [
            '1:20+7 services.build.context: unknown attribute ("build" is an attribute of a service: is the service\'s name missing above it?)',
        ],
        id="a service's name forgotten, with a mapping",
    ),
    pytest.param(
        "services:\n  web: {image: web}\n  volumes: {data: {}}\n",
        [
            '3:13+4 services.volumes.data: unknown attribute ("volumes" is a section of the file: indent it less)',
        ],
        id="a section indented too far",
    ),
    pytest.param(
        "services:\n  web:\n",
        [
            "2:3+3 services.web: expected a mapping with the service's attributes, got nothing (give it an image or a build)",
        ],
        id="nothing for a service",
    ),
    pytest.param(
        "services: {web: nginx}\n",
        [
            '1:17+5 services.web: expected a mapping with the service\'s attributes, got a string "nginx"',
        ],
        id="a string for a service",
    ),
    pytest.param(
        "services: [web]\n",
        [
            '1:11+1 services: expected a mapping, got a list (names are keys here: write "web:" without the dash)',
        ],
        id="services in a list",
    ),
    pytest.param(
        "version: 3.8\n",
        [
            "1:10+3 version: expected a string, got the number 3.8 (it means nothing any more: leave it out)",
        ],
        id="version as a number",
    ),
    pytest.param(
        "include: a.yaml\n",
        [
            '1:10+6 include: expected a list, got a string "a.yaml" (did you mean a list, ["a.yaml"]?)',
        ],
        id="include as a string",
    ),
    pytest.param(
        "services: {'my web': {image: web}}\n",
        [
            '1:12+6 services.my web: a name here may only have letters, digits, _ . and - (did you mean "my-web"?)',
        ],
        id="a service's name",
    ),
    pytest.param(
        "'say \"hi\"': 1\n",
        [
            '1:1+8 say "hi": unknown attribute',
        ],
        id="a quote in a key",
    ),
]


@pytest.mark.parametrize(("attributes", "found"), IN_A_SERVICE)
def test_a_wrong_service_is_explained(attributes: str, found: list[str]) -> None:
    assert lines(SERVICE % attributes) == found


@pytest.mark.parametrize(("text", "found"), WHOLE_FILES)
def test_a_wrong_file_is_explained(text: str, found: list[str]) -> None:
    assert lines(text) == found


def test_every_problem_of_a_file_is_found() -> None:
    text = SERVICE % "imgae: x\n    ports: 80\n    restart: never\n    build: {image: x}\n  db:"

    assert sorted(problem.path for problem in problems(text)) == [
        "services.db",
        "services.web.build.image",
        "services.web.imgae",
        "services.web.ports",
        "services.web.restart",
    ]


def test_only_so_many_problems_are_explained() -> None:
    text = "services:\n" + "".join(f"  s{number}: {{imgae: x}}\n" for number in range(MOST_EXPLAINED + 50))

    assert len(problems(text)) == MOST_EXPLAINED


def test_a_wrong_file_as_it_is_shown() -> None:
    text = SERVICE % "ports: '80:80'\n    environment:\n      - LEVEL: info\n    restart: alway\n    dockerfile: X"

    assert_golden("wrong-shapes", render_diagnostics(problems(text), {"stack.yaml": text}, color=False) + "\n")
