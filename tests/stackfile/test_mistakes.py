"""What people get wrong, and what they are told: the summary, the caret under the right token, what to do."""

from pathlib import Path

import pytest

from minicompose.errors import StackFileError
from minicompose.output.diagnostics import render_diagnostics
from minicompose.stackfile import LoadRequest, load_stack
from tests.golden import assert_golden

# What stands in a service, from its fourth line on.
IN_A_SERVICE = """
    ports: ["80:http"]
    ports: [8080:80:tcp]
    ports: [127.0.0.1:80]
    ports: ["99999:80"]
    ports: [80.5]
    ports: ['80:80/tpc']
    ports: ['8000-8010:80-85']
    ports: ['90-80:90-80']
    ports: ['localhost:80:80']
    ports: {target: 80}
    ports: {'80': 80}
    ports: [{target: 70000}]
    volumes: ['./a:/b:rx', nothing]
    volumes: ['a:/b:ro:z']
    volumes: ['a:/b:c:d']
    volumes: [':/b']
    volumes: {./a: /b}
    volumes: [data]
    volumes: [./a: /b]
    restart: allways
    restart: false
    init: yep
    environment: [A=1, B: 2]
    environment: ['A =1']
    environment: {A: [1]}
    environment: A=1
    depends_on: {db: {condition: service_helthy}}
    depends_on: {db: {}}
    depends_on: db
    depends_on: [db: {condition: service_healthy}]
    healthcheck: {test: [curl, -f, http://localhost]}
    healthcheck: {test: [CMD-SHEL, a]}
    healthcheck: {test: a, interval: 30}
    healthcheck: {test: a, interval: '30'}
    healthcheck: {test: a, interval: 30 s}
    healthcheck: {test: a, interval: 1 minute}
    healthcheck: {test: a, retries: -1}
    healthcheck: curl -f http://localhost
    mem_limit: 1gigabyte
    mem_limit: 512 MB of it
    mem_limit: 1.5
    cpus: '1,5'
    cpus: half
    deploy: {replicas: two}
    deploy: {limits: {cpus: 1}}
    pids_limit: '99999999999999999999'
    command: {run: x}
    extra_hosts: [db]
    devices: ['/dev/a:/dev/b:rwm:x']
    build: {contxt: .}
    volumes: [{type: bind, src: ./a, dst: /b, ro: true}]
    ports: [{container_port: 80, host_port: 8080}]
    build: {buildargs: {A: 1}}
    healthcheck: {cmd: a}
    ENVIRONMENT: {A: 1}
    mem: 1g
    build: {additional_contexts: [base]}
    ulimits: {nofile: many}
    labels: [a: b]
    networks: {a: true}
    user: 1000
    hostname: [a]
    gpus: 1
    env_file: {path: a}
    image:web
    enviroment: {A: 1}
    replicas: 3
    environment: {A: ${PORT}}
    command: [echo, ${PORT}]
    depends_on: [databse]
    depends_on: {db: service_healthy}
    mem_limit: 1,5g
    privileged: 'maybe'
    ports: -80:80
    env_file: [{path: ./a, require: false}]
    tmpfs: [run]
""".strip().splitlines()

WHOLE_FILES = [
    "service:\n  web: {image: web}\n",
    "services:\n  my web: {image: web}\n",
    "services:\n  web:\n  image: web\n",
    "services:\n  - web:\n      image: web\n",
    "services:\n  web:\n\timage: web\n",
    "services:\n  web:\n    image: web\n   tty: true\n",
    "services:\n  web:\n    image: web\n      tty: true\n",
    "services:\n  web:\n    image: web\n    ports:\n    - 80\n     - 81\n",
    "services:\n  web: {image: web}\nnetworks: [lan]\n",
    "services:\n  web: {image: web}\nvolumes:\n  data: /srv\n",
    "services:\n  web: {image: web}\nvolumes:\n  - data\n",
    "services:\n  web: {image: web}\n  volumes:\n    data: {}\n",
    "version: 3\nservices:\n  web: {image: web}\n",
    "services:\n  web: {image: web, ports: [80:80}\n",
    "web:\n  image: web\n",
    "services:\n  web:\n    image: web: 1\n",
    "services:\n  web:\n    command: @daily\n",
    "services:\n  web:\n    image: web\n    ports: ['${PORT}:http']\n",
    "services:\n  web:\n    image: web\n\ttty: true\n",
    "services:\n  web: {image: web}}\n",
    "services:\n  web:\n    image web\n",
    "services\n  web: {image: web}\n",
    "version 3\nservices:\n  web: {image: web}\n",
    "services:\n<<<<<<< HEAD\n  web: {image: a}\n=======\n  web: {image: b}\n>>>>>>> other\n",
    "x-a: &env {A: 1}\nservices:\n  web:\n    image: web\n    environment:\n      <<: *en\n",
    "services:\n  web:\n    image: web\n    environment:\n      <<: [*en, *env]\n",
]


def told(directory: Path, text: str) -> str:
    (directory / "stack.yaml").write_text(text)
    request = LoadRequest(
        working_directory=str(directory), environment={"PORT": "8080"}, files=("stack.yaml",), contents=False
    )
    with pytest.raises(StackFileError) as raised:
        load_stack(request)
    return render_diagnostics(raised.value.diagnostics, raised.value.texts, color=False)


def test_a_mistake_in_a_service_is_explained(tmp_path: Path) -> None:
    texts = [f"services:\n  web:\n    image: web\n    {line.strip()}\n" for line in IN_A_SERVICE]

    assert_golden("mistakes-in-a-service", "\n\n\n".join(told(tmp_path, text) for text in texts))


def test_a_mistake_in_a_file_is_explained(tmp_path: Path) -> None:
    assert_golden("mistakes-in-a-file", "\n\n\n".join(told(tmp_path, text) for text in WHOLE_FILES))
