"""The archives by which a container gets its files."""

import io
import tarfile

from minicompose.engine.archive import archives
from minicompose.model import Sealed
from minicompose.planning.plan import InjectedFile
from tests.engine.making import Bench
from tests.fake_engine import FakeEngine


def test_an_archive_ends_where_its_readers_end() -> None:
    """Podman's closes its pipe at the two empty blocks."""
    file = InjectedFile(target="/run/secrets/key", content=Sealed(b"x" * 600))

    [(place, archive)] = archives(Bench(FakeEngine(), "shop").spec(injected=(file,)))

    assert place == "/"
    assert archive.endswith(bytes(1024)) and len(archive) == 512 + 1024 + 1024
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["run/secrets/key"]
