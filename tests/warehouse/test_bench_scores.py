"""What the scores are measured beside runs on a split of the demo company, as far as it goes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from bench.peers import item_rules, items, value
from bench.peers.churn import by_bgnbd, by_boosting
from bench.peers.command import Task
from bench.scores.judge import Figures, judge_rules
from bench.scores.lines import RULES
from bench.scores.splits import AFTER, SECONDS, TRAIN, found_splits, write_split
from tests.warehouse.harness import Warehouse

SUPPORT = 0.01


@pytest.fixture(scope="module")
def split(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company as of its last day: all to learn from, and nothing after it."""
    (clock,) = demo.rows("core.clock")
    folder = tmp_path_factory.mktemp("splits") / str(clock["as_of_date"])
    write_split(demo.path, folder, str(clock["as_of_date"]))
    return folder


@pytest.fixture
def task(split: Path, tmp_path: Path) -> Task:
    return Task(split / TRAIN, tmp_path, SUPPORT)


def score_snapshots(split: Path) -> pd.DataFrame:
    snapshots = pd.read_parquet(split / TRAIN / "snapshots.parquet")
    return snapshots[snapshots["snapshot_kind"] == "score"].set_index("customer_id")


def test_a_split_is_found_once_it_is_whole(split: Path) -> None:
    assert found_splits(split.parent) == []
    (split / SECONDS).write_text("{}")
    assert found_splits(split.parent) == [split]
    for file in (split / TRAIN).glob("*.parquet"):
        assert len(pd.read_parquet(file)) > 100, file
    assert len(pd.read_parquet(split / AFTER / "purchases.parquet")) == 0


def test_lifetimes_predicts_of_all_who_are_scored(split: Path, task: Task) -> None:
    predicted = by_bgnbd(task).set_index("customer_id")["predicted"]
    assert set(predicted.index) == set(score_snapshots(split).index)
    assert predicted.between(0, 1).all()
    assert value.compute(task)["predictions"] == len(predicted)
    assert pd.read_parquet(task.output / "predictions.parquet")["predicted"].min() >= 0


def test_boosting_predicts_probabilities_of_all_who_are_scored(split: Path, task: Task) -> None:
    # Threads that wait for each other take a hundred times as long where tests run side by side.
    with threadpool_limits(1, "openmp"):
        predicted = by_boosting(task).set_index("customer_id")["predicted"]
    assert set(predicted.index) == set(score_snapshots(split).index)
    assert predicted.between(0, 1).all()
    assert predicted.std() > 0.05


@pytest.mark.parametrize("method", sorted(items.METHODS))
def test_lists_have_ten_items_new_or_owned(method: str, task: Task) -> None:
    lists = items.METHODS[method](task)
    bought = items.read_purchases(task)
    owned = set(
        zip(
            bought.customers[bought.days["customer"]],
            bought.items[bought.days["item"]],
            strict=True,
        )
    )
    shown = list(zip(lists["customer_id"], lists["item_id"], strict=True))
    assert len(set(shown)) == len(shown) > 500
    assert lists["rank"].between(1, items.LENGTH).all()
    assert (
        lists.groupby("customer_id")["rank"]
        .apply(lambda ranks: ranks.is_monotonic_increasing)
        .all()
    )
    assert {pair in owned for pair in shown} == {method == "most_often"}
    assert {"read", "compute"} <= task.seconds.keys()


def test_mlxtend_finds_our_rules_and_their_figures(split: Path, task: Task) -> None:
    rows = item_rules.compute(task)
    assert rows["rules"] > 10
    figures = Figures()
    judge_rules(figures, split, task.output)
    found = {
        metric: values[split.name]
        for (score, metric, method), values in figures.values.items()
        if (score, method) == (RULES, "ours")
    }
    assert found["rules"] == rows["rules"]
    assert found["rules_of_one_only"] == 0
    assert found["largest_difference"] < 1e-9
    told = json.loads((task.output / "summary.json").read_text())
    assert told["seconds"].keys() >= {"mine", "mine_all"}
