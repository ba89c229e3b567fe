"""Which differences between what was asked for and what there is are somebody's doing."""

from typing import Any

import pytest

from minicompose.engine.limits import drift
from minicompose.engine.protocol import Drift


@pytest.mark.parametrize(
    ("asked", "found", "told"),
    [
        ({"Memory": 64}, {"Memory": 128}, [("mem_limit", 64, 128)]),
        ({}, {"NanoCpus": 1_500_000_000}, [("cpus", None, 1.5)]),
        ({}, {"RestartPolicy": {"Name": "always"}}, [("restart", None, "always")]),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}},
            [("restart", "on-failure:3", "on-failure:5")],
        ),
        ({"Memory": 64}, {"Memory": 64, "MemorySwap": 128, "PidsLimit": None, "CpuShares": 0}, []),
        ({"RestartPolicy": {"Name": "no"}}, {"RestartPolicy": {"Name": "", "MaximumRetryCount": 0}}, []),
    ],
)
def test_what_differs_is_told_in_the_words_of_the_file(asked: Any, found: Any, told: list[Any]) -> None:
    assert drift(asked, found) == tuple(Drift(attribute=name, asked=old, found=new) for name, old, new in told)


def test_a_limit_that_the_engine_has_dropped_is_nobodys_doing() -> None:
    assert drift({"MemoryReservation": 64}, {"MemoryReservation": 0}) == ()
