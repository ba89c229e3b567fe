"""Which services profiles and names on the command line bring into play."""

import pytest

from minicompose.model import Dependency, Service
from minicompose.stackfile.profiles import enabled_services


def _service(name: str, profiles: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> Service:
    return Service(name=name, profiles=profiles or None, depends_on={other: Dependency() for other in needs} or None)


SERVICES = {
    service.name: service
    for service in (
        _service("web"),
        _service("tests", ("test", "ci"), ("fixtures", "web")),
        _service("fixtures", ("ci",), ("seeds",)),
        _service("seeds", ("test",)),
        _service("lint", ("ci",), ("nowhere",)),
        _service("report", ("report",), ("tests",)),
    )
}


@pytest.mark.parametrize(
    ("profiles", "named", "enabled"),
    [
        ([], [], {"web"}),
        (["ci"], [], {"web", "tests", "fixtures", "lint"}),
        (["*"], [], set(SERVICES)),
        ([], ["web"], {"web"}),
        ([], ["tests"], {"web", "tests", "fixtures", "seeds"}),
        ([], ["seeds"], {"web", "seeds"}),
        ([], ["report"], {"web", "report"}),
        (["test"], ["report"], {"web", "report", "tests", "seeds"}),
        ([], ["unknown"], {"web"}),
    ],
)
def test_a_named_service_brings_of_its_profiles_what_it_needs(
    profiles: list[str], named: list[str], enabled: set[str]
) -> None:
    assert enabled_services(SERVICES, profiles, named) == enabled
