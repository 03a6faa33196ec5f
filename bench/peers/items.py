"""Lists of items for every customer by other means, from what a split knew.

    python -m bench.peers.items bm25 --input SPLIT/train --output FOLDER

New items, never bought by the customer:

- `popular_30`, `popular_90`: what most customers bought in the last days.
- `bm25`: implicit's BM25Recommender, on how many days a customer bought an item.
- `als`: implicit's AlternatingLeastSquares on the same matrix.
- `bm25_recent`, `als_recent`: the same with what `item_recommendation` knows besides, that a day
  counts half as much every 90 days, and that an item is offered if somebody bought it in the last
  30; BM25 with K = 100, which is better so.

Items to buy again:

- `most_often`: those bought on most days; of equals the one bought last.

Writes lists.parquet: customer_id, item_id, rank from 1. Ties are broken by item id.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from bench.peers.command import Task, parse_task

LENGTH = 10
OFFER_DAYS, HALF_LIFE_DAYS = 30, 90
SEED = 20110601

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """Days on which known customers bought items."""

    days: pd.DataFrame
    """One row a customer, item and day: `customer` and `item` as numbers, `age` in days."""
    customers: pd.Index
    items: pd.Index

    def matrix(self, half_life: float = np.inf) -> sparse.csr_array:
        """Customers x items: on how many days bought, halved by each half-life of their age."""
        weights = 0.5 ** (self.days["age"].to_numpy() / half_life)
        places = (self.days["customer"].to_numpy(), self.days["item"].to_numpy())
        shape = (len(self.customers), len(self.items))
        return sparse.coo_array((weights, places), shape=shape).tocsr()

    def within(self, days: int) -> pd.DataFrame:
        """The rows of the last days."""
        return self.days[self.days["age"] < days]


def read_purchases(task: Task) -> Purchases:
    """The purchases of known customers up to the as-of date."""
    lines = pd.read_parquet(task.input / "lines.parquet").dropna(subset=["customer_id"])
    dates = pd.read_parquet(task.input / "snapshots.parquet", columns=["as_of_date"])
    as_of = pd.Timestamp(dates["as_of_date"].max())
    customer, customers = pd.factorize(lines["customer_id"], sort=True)
    item, items = pd.factorize(lines["item_id"], sort=True)
    age = (as_of - pd.to_datetime(lines["invoice_date"])).dt.days
    days = pd.DataFrame({"customer": customer, "item": item, "age": age.to_numpy()})
    return Purchases(days.drop_duplicates(), pd.Index(customers), pd.Index(items))


def popular(task: Task, days: int) -> pd.DataFrame:
    """What most customers bought lately, without what the customer owns."""
    purchases, owned = prepared(task)
    with task.part("compute"):
        buyers = purchases.within(days).groupby("item")["customer"].nunique().reset_index()
        buyers = buyers.sort_values(["customer", "item"], ascending=[False, True])
        return listed(purchases, [first_new(buyers["item"].to_numpy(), mine) for mine in owned])


def first_new(ranked: Integers, owned: set[int]) -> list[int]:
    """The first items of a ranking that are not owned."""
    found: list[int] = []
    for item in ranked:
        if item not in owned:
            found.append(int(item))
            if len(found) == LENGTH:
                break
    return found


def most_often(task: Task) -> pd.DataFrame:
    """What the customer bought most often."""
    purchases, _ = prepared(task)
    with task.part("compute"):
        counts = purchases.days.groupby(["customer", "item"])["age"].agg(["size", "min"])
        counts = counts.reset_index().sort_values(
            ["customer", "size", "min", "item"], ascending=[True, False, True, True]
        )
        mine = counts.groupby("customer")["item"].apply(lambda items: list(items[:LENGTH]))
        return listed(purchases, [mine.get(number, []) for number in range(mine.index.max() + 1)])


def by_implicit(task: Task, method: str, *, is_recent: bool) -> pd.DataFrame:
    """What a recommender of the package implicit puts first among what is not owned."""
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import BM25Recommender
    from threadpoolctl import threadpool_limits

    purchases, owned = prepared(task)
    with task.part("compute"), threadpool_limits(1, "blas"):
        half_life = HALF_LIFE_DAYS if is_recent else np.inf
        bought = sparse.csr_matrix(purchases.matrix(half_life))
        if method == "bm25":
            model = BM25Recommender(K=100 if is_recent else 20)
        else:
            model = AlternatingLeastSquares(
                factors=64, regularization=0.05, alpha=1.0, iterations=15, random_state=SEED
            )
        model.fit(bought, show_progress=False)
        offered = np.sort(purchases.within(OFFER_DAYS)["item"].unique()).astype(np.int32)
        places, _ = model.recommend(
            np.arange(len(purchases.customers)),
            bought.copy(),  # with `items` it takes the others out of what it is given
            N=LENGTH,
            filter_already_liked_items=True,
            items=offered if is_recent else None,
        )
        # Where it finds too few, the rest of a list is -1 or something owned.
        rows = [
            [int(place) for place in row if place >= 0 and int(place) not in mine]
            for row, mine in zip(places, owned, strict=True)
        ]
        return listed(purchases, rows)


def prepared(task: Task) -> tuple[Purchases, list[set[int]]]:
    """The purchases, and the items that each customer owns."""
    with task.part("read"):
        purchases = read_purchases(task)
        matrix = purchases.matrix()
        starts = matrix.indptr
        owned = [set(matrix.indices[start:end].tolist()) for start, end in pairwise(starts)]
    return purchases, owned


def listed(purchases: Purchases, rows: list[list[int]]) -> pd.DataFrame:
    """Lists of item numbers by customer number, as rows with ids and ranks."""
    lengths = [len(row) for row in rows]
    items = np.array([item for row in rows for item in row], dtype=np.int64)
    return pd.DataFrame(
        {
            "customer_id": purchases.customers[np.repeat(np.arange(len(rows)), lengths)],
            "item_id": purchases.items[items],
            "rank": [rank for length in lengths for rank in range(1, length + 1)],
        }
    )


METHODS: dict[str, Callable[[Task], pd.DataFrame]] = {
    "popular_30": lambda task: popular(task, 30),
    "popular_90": lambda task: popular(task, 90),
    "bm25": lambda task: by_implicit(task, "bm25", is_recent=False),
    "als": lambda task: by_implicit(task, "als", is_recent=False),
    "bm25_recent": lambda task: by_implicit(task, "bm25", is_recent=True),
    "als_recent": lambda task: by_implicit(task, "als", is_recent=True),
    "most_often": most_often,
}


def main() -> None:
    """Make the lists by the method that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("method", choices=METHODS)
    task, given = parse_task(parser)
    lists = METHODS[given.method](task)
    lists.to_parquet(task.output / "lists.parquet", index=False)
    task.tell({"lists": len(lists)})


if __name__ == "__main__":
    main()
