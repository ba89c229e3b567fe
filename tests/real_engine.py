"""The engine of this machine, for tests that are marked `engine`: reaching it, its image, cleaning up."""

import io
import os
import shutil
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from minicompose import labels
from minicompose.engine.api import Api
from minicompose.engine.connect import connect, find_endpoint, open_transport
from minicompose.engine.http_engine import HttpEngine
from minicompose.errors import Conflict, EngineError, NotFound

IMAGE = "busybox:test"


def reach_engine() -> HttpEngine:
    """The engine, with the test image in it. A missing engine fails the test, unless it is said that there is none."""
    if os.environ.get("MINICOMPOSE_TEST_ENGINE") == "none":
        pytest.skip("MINICOMPOSE_TEST_ENGINE=none")
    engine = connect(None, None, os.environ)
    try:
        if engine.image_id(IMAGE) is None:
            import_image(real_api())
    except EngineError as error:
        pytest.fail(f"{error}; set MINICOMPOSE_TEST_ENGINE=none to go without", pytrace=False)
    return engine


def real_api() -> Api:
    """The engine's bare API, to look at what a test has made."""
    return Api(open_transport(find_endpoint(None, None, os.environ)))


def import_image(api: Api) -> None:
    """Make the test image out of this machine's static busybox."""
    query = {"fromSrc": "-", "repo": IMAGE, "changes": 'CMD ["sh"]'}
    api.open("POST", "/images/create", query, _busybox_root(), {"Content-Type": "application/x-tar"}).read()


def remove_project(engine: HttpEngine, project: str) -> None:
    """Remove all that has the project's label, however the test ended."""
    observed = engine.observe(project)
    for container in observed.containers:
        with suppress(NotFound, Conflict):
            engine.remove_container(container.id, volumes=True, force=True)
    for network in observed.networks:
        if network.labels.get(labels.PROJECT) == project:
            # An engine may go on counting an endpoint of a container that is gone, until it is started again.
            with suppress(Conflict):
                engine.remove_network(network.id)
    for volume in observed.volumes:
        if volume.labels.get(labels.PROJECT) == project:
            engine.remove_volume(volume.name)


def _busybox_root() -> bytes:
    found = shutil.which("busybox")
    if found is None:
        pytest.fail("the test image is made from busybox (apt-get install busybox-static)", pytrace=False)
    applets = subprocess.run([found, "--list"], capture_output=True, text=True, check=True).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add_file(tar, "bin/busybox", Path(found).read_bytes())
        for applet in set(applets) - {"busybox"}:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return buffer.getvalue()


def _add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    tar.addfile(entry, io.BytesIO(content))
