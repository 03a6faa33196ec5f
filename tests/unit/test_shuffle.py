"""Items are dealt anew over the slots of baskets, and nothing else about the baskets changes."""

from __future__ import annotations

import numpy as np
import pytest

from bench.shuffle import Integers, deal


def slots(sizes: list[int]) -> Integers:
    return np.repeat(np.arange(len(sizes)), sizes)


def test_dealing_keeps_baskets_and_items_and_repeats_none() -> None:
    generator = np.random.default_rng(7)
    basket = slots([5, 3, 3, 2, 1] * 40)
    item = np.concatenate(
        [generator.choice(12, size=size, replace=False) for size in [5, 3, 3, 2, 1] * 40]
    )
    dealt = deal(basket, item, generator)
    assert sorted(dealt) == sorted(item)
    assert len(set(zip(basket.tolist(), dealt.tolist(), strict=True))) == len(item)
    assert (dealt != item).mean() > 0.5


def test_items_that_must_repeat_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be dealt"):
        deal(slots([2]), np.array([0, 0]), np.random.default_rng(1))
