"""A short evening of `benchmarks/soak.py`; the long one is run by `make soak`."""

import pytest

from benchmarks.soak import soak

MINUTES = 4
GROWN_MIB = 30


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_an_evening_answers_everybody_loses_no_mirror_and_keeps_its_memory() -> None:
    soaked = await soak(MINUTES, told=lambda _text: None)

    assert soaked.wrong == []
    assert soaked.late == 0
    assert soaked.slowest_seconds < 3
    assert soaked.minutes[-1].memory_mib - soaked.minutes[0].memory_mib < GROWN_MIB
