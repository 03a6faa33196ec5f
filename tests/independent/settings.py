"""The vars of a build, with the design's defaults, and the reference seeds."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "reference"


@dataclass(frozen=True)
class Settings:
    """Vars as the design defines them."""

    build_date: date
    as_of_date: date | None = None
    earliest_plausible_date: date = date(1970, 1, 1)
    online_retail_reject_duplicates: bool = True
    id_prefix: Mapping[str, str] = field(default_factory=dict)
    basket_max_items: int = 100
    basket_min_support: Decimal = Decimal("0.01")
    basket_min_confidence: Decimal = Decimal("0.2")
    basket_min_count: int = 5
    basket_max_rules: int = 1000
    basket_max_q: Decimal = Decimal("0.05")
    basket_window_days: int = 0
    basket_half_life_days: int = 0
    duplicate_min_confidence: Decimal = Decimal("0.9")
    rfm_monetary: str = "net"
    abc_cut_a: Decimal = Decimal("0.80")
    abc_cut_b: Decimal = Decimal("0.95")
    penetration_active_days: int = 365
    churn_window_days: int = 90
    churn_drop_threshold: Decimal = Decimal("0.5")
    recommendation_count: int = 10
    recommendation_horizon_days: int = 90
    recommendation_offer_days: int = 30
    recommendation_latest_items: int = 100
    recommendation_min_customers: int = 2
    recommendation_neighbours: int = 30
    recommendation_half_life_days: int = 60
    recommendation_recency_half_life_days: int = 90
    recommendation_popularity_weight: Decimal = Decimal("0.3")
    recommendation_min_shown: int = 100
    reorder_count: int = 10
    reorder_half_life_days: int = 180
    reorder_min_gaps: int = 3
    churn_max_p_value: Decimal = Decimal("0.05")
    churn_min_expected_purchases: Decimal = Decimal(3)
    churn_min_purchase_ratio: Decimal = Decimal("0.5")
    churn_min_value_ratio: Decimal = Decimal("0.25")
    peer_window_days: int = 365
    peer_min_customers: int = 20
    peer_quantile: Decimal = Decimal("0.75")
    peer_max_growth_ratio: Decimal = Decimal("0.5")
    churn_horizon_days: int = 90
    churn_band_high: Decimal = Decimal("0.8")
    churn_band_medium: Decimal = Decimal("0.5")
    churn_lapsed_days: int = 365
    churn_min_history_days: int = 180
    churn_min_repeat_customers: int = 30
    churn_snapshot_days: int = 15
    churn_half_life_days: int = 120
    churn_max_training_rows: int = 500000
    bgnbd_max_customers: int = 20000
    value_horizon_days: int = 180
    value_interval: Decimal = Decimal("0.8")
    whale_share: Decimal = Decimal("0.01")
    actions_per_customer: int = 3
    actions_per_rep: int = 200
    actions_per_kind: int = 40
    action_valid_days: int = 14
    action_holdout_ratio: Decimal = Decimal("0.1")

    @classmethod
    def of(cls, variables: Mapping[str, Any]) -> Settings:
        """Settings from dbt vars; those that do not matter here are passed over."""
        values: dict[str, Any] = {}
        for name, kind in cls.__annotations__.items():
            if variables.get(name) is None:
                continue
            value = variables[name]
            if "date" in kind:
                value = date.fromisoformat(value)
            elif kind == "Decimal":
                value = Decimal(str(value))
            values[name] = value
        return cls(**values)


def rows_of_seed(name: str) -> list[dict[str, str]]:
    """Rows of a reference seed."""
    return list(csv.DictReader((SEEDS / f"{name}.csv").read_text().splitlines()))


@cache
def invoice_types() -> dict[str, str]:
    """The invoice type of each source type, in lower case."""
    return {row["source_type"]: row["invoice_type"] for row in rows_of_seed("invoice_types")}


@cache
def rfm_segments() -> dict[tuple[int, int, int], str]:
    """The segment of each combination of scores."""
    return {
        (int(row["r_score"]), int(row["f_score"]), int(row["m_score"])): row["rfm_segment"]
        for row in rows_of_seed("rfm_segments")
    }


@cache
def value_tiers() -> list[tuple[Fraction, str]]:
    """The share of customers with less from which on a tier begins, and the tier; lowest first."""
    return sorted(
        (Fraction(row["from_percentile"]), row["value_tier"]) for row in rows_of_seed("value_tiers")
    )


@cache
def non_product_patterns(connector: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of item codes that are no products; `%` stands for any text."""
    return tuple(
        re.compile(
            ".*".join(re.escape(part) for part in row["code_pattern"].split("%")),
            re.IGNORECASE | re.DOTALL,
        )
        for row in rows_of_seed("non_products")
        if row["connector"] == connector
    )


def is_named_non_product(connector: str, code: str) -> bool:
    """Whether the seed names the item code (without prefix)."""
    return any(pattern.fullmatch(code) for pattern in non_product_patterns(connector))
