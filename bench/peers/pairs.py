"""What the peers of the pair step share: the baskets, which items are frequent, how pairs are told.

The rules are those of the warehouse: a basket is the set of items of an invoice, larger ones than
MAX_ITEMS are left out, an item is frequent from max(MIN_COUNT, support x baskets) baskets on, and a
pair of frequent items counts from MIN_COUNT baskets on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

MIN_COUNT, MAX_ITEMS = 5, 100


def frequent_basket_count(total: int, support: float) -> int:
    """Least number of baskets of a frequent item, among `total` baskets."""
    return max(MIN_COUNT, math.ceil(Fraction(str(support)) * total))


@dataclass(frozen=True)
class Baskets:
    """The counted baskets with their frequent items, as integers."""

    total: int
    """Baskets, those without a frequent item among them."""
    basket: npt.NDArray[np.int64]
    """Basket of each entry, from 0."""
    item: npt.NDArray[np.int64]
    """Item of each entry: its place in `items`."""
    items: npt.NDArray[np.object_]
    """Ids of the frequent items, in order."""
    item_counts: npt.NDArray[np.int64]
    """Baskets of each frequent item."""
    sizes: npt.NDArray[np.int64]
    """Items of each basket, frequent or not."""

    def matrix(self) -> sparse.csr_array:
        """Baskets x frequent items, 1 where the item is in the basket."""
        ones = np.ones(len(self.basket), dtype=np.int32)
        return sparse.csr_array(
            (ones, (self.basket, self.item)), shape=(self.total, len(self.items))
        )


def encode(invoices: pd.Series, items: pd.Series, support: float) -> Baskets:
    """Number the baskets and items of sale lines, and keep the frequent items.

    Lines may repeat an item of an invoice.
    """
    basket, _ = pd.factorize(invoices)
    item, item_ids = pd.factorize(items, sort=True)
    entries = np.unique(basket.astype(np.int64) * len(item_ids) + item)
    basket, item = np.divmod(entries, len(item_ids))
    sizes = np.bincount(basket)
    is_counted = sizes <= MAX_ITEMS
    basket, item = basket[is_counted[basket]], item[is_counted[basket]]
    total = int(is_counted.sum())
    counts = np.bincount(item, minlength=len(item_ids))
    is_frequent = counts >= frequent_basket_count(total, support)
    keep = is_frequent[item]
    return Baskets(
        total=total,
        basket=(np.cumsum(is_counted) - 1)[basket[keep]],
        item=(np.cumsum(is_frequent) - 1)[item[keep]],
        items=np.asarray(item_ids, dtype=object)[is_frequent],
        item_counts=counts[is_frequent],
        sizes=sizes[is_counted],
    )


def pair_frame(
    items: npt.NDArray[np.object_],
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    counts: npt.ArrayLike,
) -> pd.DataFrame:
    """Pairs of items by their places, the smaller id first, in order."""
    one, other = np.asarray(first), np.asarray(second)
    pairs = pd.DataFrame(
        {
            "item_id_a": items[np.minimum(one, other)],
            "item_id_b": items[np.maximum(one, other)],
            "basket_count": np.asarray(counts, dtype=np.int64),
        }
    )
    return pairs.sort_values(["item_id_a", "item_id_b"], ignore_index=True)


def count_by_product(baskets: Baskets) -> pd.DataFrame:
    """Pairs by a sparse matrix product."""
    matrix = baskets.matrix()
    product = sparse.triu(matrix.T @ matrix, k=1).tocoo()
    enough = product.data >= MIN_COUNT
    return pair_frame(baskets.items, product.row[enough], product.col[enough], product.data[enough])


def count_by_fpgrowth(baskets: Baskets, least: int = MIN_COUNT) -> pd.DataFrame:
    """Pairs in at least so many baskets by mlxtend's FP-growth, asked for nothing longer."""
    from mlxtend.frequent_patterns import fpgrowth

    frame = pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(baskets.matrix().astype(bool)))
    # Half a basket less, lest the quotient be rounded up to one more.
    found = fpgrowth(frame, min_support=(least - 0.5) / baskets.total, max_len=2)
    found = found[found["itemsets"].str.len() == 2]
    places = np.array([tuple(pair) for pair in found["itemsets"]], dtype=np.int64).reshape(-1, 2)
    counts = np.rint(found["support"].to_numpy() * baskets.total)
    return pair_frame(baskets.items, places[:, 0], places[:, 1], counts)
