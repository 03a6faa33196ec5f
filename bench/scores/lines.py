"""The lines of the table: what is compared with what, and what must be reached.

All thresholds stand here. They were set for Online Retail II and its ten month starts from December
2010 to September 2011, before the scores were built; on other data they say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.shuffle import MOST_SHARE

CHURN, VALUE = "customer_churn", "customer_lifetime_value"
NEW, AGAIN, RULES = "item_recommendation", "item_reorder_due", "basket_rule"
RISK, WALLET = "churn_risk", "share_of_wallet"
FIRST_DATE = "2010-12-01"
SEASONED = "2011-06-01"
"""From here on a closed season is known, and churn is judged."""

MEAN, WORST, LOWER = "mean", "worst date", "lower 95 % limit"
"""Over the dates: ratios of means, the least favourable date, the limit of the ratio of means."""
VALUE_ITSELF, RATIO, DIFFERENCE = "value", "ratio", "difference"
"""What must be reached: our own figure, ours over theirs, or ours minus theirs."""
LESS_IS_BETTER = frozenset(
    {
        "brier_score",
        "fifth_error",
        "mean_absolute_error",
        "rules_of_one_only",
        "largest_difference",
        "flagged_customers",
        "gap_of_spend",
        "shuffled_share",
        "bounds_too_small",
        "not_significant_in_published",
        "not_significant_in_first_1000",
        "not_significant_in_first_10000",
        "not_significant_in_all",
    }
)


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    score: str
    metric: str
    method: str | None = None
    """The peer or baseline that ours is compared with; none: ours by itself."""
    compare: str = RATIO
    over: str = MEAN
    bound: float | None = None
    """What must be reached: at least, or at most where less is better; none: nothing is asked."""
    since: str = FIRST_DATE

    @property
    def is_at_most(self) -> bool:
        """Whether the bound is one from above."""
        return self.metric in LESS_IS_BETTER


def own(score: str, metric: str, bound: float | None = None, **more: str) -> Line:
    """A line without a peer."""
    return Line(score, metric, None, VALUE_ITSELF, bound=bound, **more)


LINES = (
    own(CHURN, "auc", 0.81, since=SEASONED),
    own(CHURN, "auc", 0.795, over=WORST),
    Line(CHURN, "auc", "boosting", DIFFERENCE, bound=-0.005, since=SEASONED),
    Line(CHURN, "auc", "bgnbd", DIFFERENCE, since=SEASONED),
    Line(CHURN, "auc", "boosting", DIFFERENCE),
    Line(CHURN, "auc", "bgnbd", DIFFERENCE),
    Line(CHURN, "auc", "recency", DIFFERENCE),
    Line(CHURN, "brier_score", "boosting", bound=1.0, since=SEASONED),
    Line(CHURN, "brier_score", "bgnbd", since=SEASONED),
    own(CHURN, "fifth_error", 0.06, since=SEASONED),
    own(CHURN, "fifth_error", 0.08, over=WORST, since=SEASONED),
    Line(CHURN, "fifth_error", "boosting", since=SEASONED),
    Line(CHURN, "fifth_error", "bgnbd", since=SEASONED),
    own(VALUE, "rank_correlation", 0.57),
    own(VALUE, "top_decile_revenue_found", 0.61),
    own(VALUE, "top_decile_customers_found", 0.61),
    Line(VALUE, "mean_absolute_error", "same_as_last_180_days", bound=0.97),
    Line(VALUE, "rank_correlation", "bgnbd_gamma_gamma"),
    Line(VALUE, "top_decile_revenue_found", "bgnbd_gamma_gamma"),
    Line(VALUE, "top_decile_capture", "bgnbd_gamma_gamma"),
    Line(VALUE, "top_decile_customers_found", "bgnbd_gamma_gamma"),
    Line(VALUE, "mean_absolute_error", "bgnbd_gamma_gamma"),
    own(VALUE, "interval_coverage"),
    own(RISK, "flagged_customers", 0.25, over=WORST),
    Line(RISK, "precision", "churn_flag", DIFFERENCE),
    Line(RISK, "recall", "churn_flag", DIFFERENCE),
    own(WALLET, "gap_of_spend", 0.20, over=WORST),
    own(WALLET, "rank_correlation_at_equal_spend", 0.0, over=LOWER),
    Line(WALLET, "rank_correlation_at_equal_spend", "opportunity_gap", DIFFERENCE),
    own(NEW, "hits_per_slot", 0.080),
    own(NEW, "coverage", 0.15),
    Line(NEW, "hits_per_slot", "popular_90", bound=1.6),
    Line(NEW, "hits_per_slot", "popular_90", over=LOWER, bound=1.6),
    Line(NEW, "hits_per_slot", "popular_90", over=WORST, bound=1.35),
    Line(NEW, "hits_per_slot", "popular_30", bound=1.3),
    Line(NEW, "hits_per_slot", "popular_30", over=LOWER, bound=1.3),
    Line(NEW, "hits_per_slot", "popular_30", over=WORST, bound=1.05),
    Line(NEW, "hits_per_slot", "bm25", bound=1.15),
    Line(NEW, "hits_per_slot", "bm25_recent"),
    Line(NEW, "hits_per_slot", "als"),
    Line(NEW, "hits_per_slot", "als_recent"),
    Line(NEW, "hits_per_slot", "shrunk_rules"),
    Line(NEW, "hits_per_slot", "basket_rules"),
    own(AGAIN, "hits_per_slot_30_days", 0.32),
    own(AGAIN, "hits_per_slot_90_days", 0.37),
    Line(AGAIN, "hits_per_slot_30_days", "most_often", bound=1.10),
    Line(AGAIN, "hits_per_slot_90_days", "most_often", bound=1.10),
    own(AGAIN, "due_date_precision_30_days", 0.37),
    own(AGAIN, "due_date_precision_90_days"),
    Line(RULES, "rules", "mlxtend"),
    own(RULES, "rules_of_one_only"),
    own(RULES, "largest_difference"),
    own(RULES, "significant_pairs"),
    own(RULES, "shuffled_share", MOST_SHARE),
    own(RULES, "bounds_too_small", 0.0),
    own(RULES, "not_significant_in_published"),
    Line(RULES, "not_significant_in_first_1000", "mlxtend", DIFFERENCE),
    Line(RULES, "not_significant_in_first_10000", "mlxtend", DIFFERENCE),
    Line(RULES, "not_significant_in_all", "mlxtend", DIFFERENCE),
)

NAMES = {
    "auc": "area under the ROC curve",
    "brier_score": "Brier score",
    "fifth_error": "largest error of a fifth",
    "rank_correlation": "Spearman correlation",
    "top_decile_revenue_found": "revenue of the true top tenth found",
    "top_decile_capture": "revenue of our top tenth / of the true one",
    "top_decile_customers_found": "customers of the true top tenth found",
    "mean_absolute_error": "mean absolute error",
    "interval_coverage": "spend within the range of 80 %",
    "flagged_customers": "customers with a category at risk",
    "precision": "of what is flagged, nothing bought in 90 days",
    "recall": "of what is not bought in 90 days, flagged",
    "gap_of_spend": "gaps of all over their spend",
    "rank_correlation_at_equal_spend": "Spearman of gap and later spend, at equal spend",
    "hits_per_slot": "hits per slot, 90 days",
    "coverage": "share of the catalogue shown",
    "hits_per_slot_30_days": "hits per slot, 30 days",
    "hits_per_slot_90_days": "hits per slot, 90 days",
    "due_date_precision_30_days": "due dates right, 30 days",
    "due_date_precision_90_days": "due dates right, 90 days",
    "rules": "rules of 1 % support and 20 % confidence",
    "rules_of_one_only": "rules that one side lacks",
    "largest_difference": "largest difference of support, confidence, lift",
    "significant_pairs": "significant pairs of items without a least support",
    "shuffled_share": "significant pairs of a shuffle over the real ones",
    "bounds_too_small": "of 1,000 p-values, below the exact Poisson tail",
    "not_significant_in_published": "not significant among these",
    "not_significant_in_first_1000": "not significant among the first 1,000 by lift",
    "not_significant_in_first_10000": "not significant among the first 10,000 by lift",
    "not_significant_in_all": "not significant among all with a lift above 1",
    "boosting": "gradient boosting (scikit-learn)",
    "bgnbd": "BG/NBD (lifetimes)",
    "recency": "days since the last order",
    "bgnbd_gamma_gamma": "BG/NBD and Gamma-Gamma (lifetimes)",
    "same_as_last_180_days": "same as the last 180 days",
    "popular_30": "most popular, 30 days",
    "popular_90": "most popular, 90 days",
    "bm25": "BM25 (implicit)",
    "als": "ALS (implicit)",
    "bm25_recent": "BM25 (implicit), recent days and items",
    "als_recent": "ALS (implicit), recent days and items",
    "shrunk_rules": "rules by shrunk confidence",
    "basket_rules": "rules by lift",
    "churn_flag": "spend below half of the window before",
    "opportunity_gap": "gap to the mean",
    "most_often": "most often bought",
    "mlxtend": "mlxtend",
}
"""What metrics and methods are called in the table."""
