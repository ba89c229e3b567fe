"""Where state is kept, and for whom."""

from pathlib import Path

import pytest

from minicompose.state.directory import state_directory


@pytest.mark.parametrize(
    ("environment", "platform", "place"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "linux", "/s"),
        ({"HOME": "/h"}, "linux", "/h/.local/state"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Application Support"),
        ({"LOCALAPPDATA": "/l", "USERPROFILE": "/u"}, "win32", "/l"),
    ],
)
def test_it_is_kept_where_programs_of_the_platform_keep_their_state(
    environment: dict[str, str], platform: str, place: str
) -> None:
    assert state_directory(environment, platform) == Path(place)


def test_without_a_home_there_is_no_place_for_it() -> None:
    with pytest.raises(OSError, match="neither HOME nor XDG_STATE_HOME is set"):
        state_directory({}, "linux")
