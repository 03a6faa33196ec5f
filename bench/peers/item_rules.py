"""Rules between items by mlxtend, from the baskets that a split knew.

    python -m bench.peers.item_rules --input SPLIT/train --output FOLDER --support 0.01

Items are those of the least support, as in the warehouse. Pairs are asked for from the support on
for `rules`, which is what the warehouse publishes from, and from MIN_COUNT baskets on for
`all_rules`, which are those with a lift above 1, all that a rank by lift chooses from. The seconds
of `rules` are told as `mine`, those of `all_rules` as `mine_all`.

Writes rules.parquet and all_rules.parquet: from_item_id, to_item_id, support, confidence, lift.
"""

from __future__ import annotations

import pandas as pd
from scipy import sparse

from bench.peers.command import Task, run_peer
from bench.peers.pairs import MIN_COUNT, Baskets, encode, frequent_basket_count

MIN_CONFIDENCE = 0.2


def compute(task: Task) -> dict[str, int]:
    """Mine the rules at both thresholds; returns how many they are."""
    with task.part("read"):
        lines = pd.read_parquet(task.input / "lines.parquet", columns=["invoice_id", "item_id"])
    with task.part("encode"):
        baskets = encode(lines["invoice_id"], lines["item_id"], task.support)
    with task.part("mine"):
        least = frequent_basket_count(baskets.total, task.support)
        rules = mine(baskets, least, "confidence", MIN_CONFIDENCE)
    with task.part("mine_all"):
        all_rules = mine(baskets, MIN_COUNT, "lift", 1.0)
    rules.to_parquet(task.output / "rules.parquet", index=False)
    all_rules.to_parquet(task.output / "all_rules.parquet", index=False)
    return {"rules": len(rules), "all_rules": len(all_rules)}


def mine(baskets: Baskets, least: int, metric: str, threshold: float) -> pd.DataFrame:
    """Rules from one item to one other, of pairs in at least so many baskets."""
    from mlxtend.frequent_patterns import association_rules, fpgrowth

    frame = pd.DataFrame.sparse.from_spmatrix(
        sparse.csr_matrix(baskets.matrix().astype(bool)), columns=list(baskets.items)
    )
    # Half a basket less, lest the quotient be rounded up to one more.
    found = fpgrowth(frame, min_support=(least - 0.5) / baskets.total, max_len=2, use_colnames=True)
    rules = association_rules(found, metric=metric, min_threshold=threshold)
    return pd.DataFrame(
        {
            "from_item_id": [next(iter(items)) for items in rules["antecedents"]],
            "to_item_id": [next(iter(items)) for items in rules["consequents"]],
            "support": rules["support"].to_numpy(),
            "confidence": rules["confidence"].to_numpy(),
            "lift": rules["lift"].to_numpy(),
        }
    )


if __name__ == "__main__":
    run_peer(compute, __doc__)
