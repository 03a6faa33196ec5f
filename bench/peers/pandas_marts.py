"""Marts by pandas, and mlxtend for the pairs: what a careful script does.

    python -m bench.peers.pandas_marts --input FOLDER --output FOLDER

reads the raw Parquet tables of a company and writes one Parquet file a mart. Amounts are doubles,
rounded to four decimals when they have been added up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.peers.clean import SEEDS, UNCATEGORISED, Company, read_company
from bench.peers.command import Task, run_peer
from bench.peers.pairs import Baskets, count_by_fpgrowth, encode

MIN_SUPPORT, MIN_CONFIDENCE, MAX_RULES, MAX_Q = 0.01, 0.2, 1000, 0.05
CHURN_DAYS, CHURN_DROP = 90, 0.5
ACTIVE_DAYS = 365
ABC_CUTS = {"A": 0.8, "B": 0.95}
MONEY = 4  # decimals

SCRIPT_MARTS = (
    "basket_pair", "basket_rule", "category_margin_monthly", "category_penetration", "churn_risk",
    "cohort_retention", "customer_360", "customer_rfm", "daily_category_sales", "daily_customers",
    "daily_item_sales", "daily_sales", "hourly_sales", "product_performance",
    "revenue_by_category", "revenue_by_channel", "sales_by_hour", "sales_by_weekday",
    "share_of_wallet",
)  # fmt: skip
"""What the script computes: no scores, no triples or double codes, no regions, and in
customer_360 no column that a score gives."""


def compute(task: Task) -> dict[str, int]:
    """Read, compute and write every mart; returns the rows of each."""
    with task.part("read"):
        company = read_company(task.input)
    with task.part("pairs"):
        marts = basket_marts(company)
    with task.part("marts"):
        marts |= sales_marts(company)
        marts |= customer_marts(company)
        for mart in marts.values():
            mart["as_of_date"] = company.as_of
    with task.part("write"):
        for name in SCRIPT_MARTS:
            marts[name].to_parquet(task.output / f"{name}.parquet", index=False)
    return {name: len(marts[name]) for name in SCRIPT_MARTS}


# --- baskets --------------------------------------------------------------------------------


def basket_marts(company: Company) -> dict[str, pd.DataFrame]:
    """Pairs of frequent items, and the rules among them."""
    lines = company.lines
    sold = lines.loc[lines["is_sale"] & lines["is_product"], ["invoice", "item_id"]]
    baskets = encode(sold["invoice"], sold["item_id"].astype(str), MIN_SUPPORT)
    pairs = count_by_fpgrowth(baskets)
    rules = rules_of(pairs, baskets)
    return {"basket_pair": pairs, "basket_rule": with_dates(rules, sold, company)}


def rules_of(pairs: pd.DataFrame, baskets: Baskets) -> pd.DataFrame:
    """Rules that pass the thresholds, the best by adjusted lift first."""
    total = baskets.total
    counts = pd.Series(baskets.item_counts, index=baskets.items)
    slots = baskets.sizes.sum()
    slot_pairs = (baskets.sizes * (baskets.sizes - 1)).sum()
    pairs = pairs.assign(
        count_a=pairs["item_id_a"].map(counts), count_b=pairs["item_id_b"].map(counts)
    )
    expected = pairs["count_a"] * pairs["count_b"] * (slot_pairs / slots / slots)
    n = pairs["basket_count"]
    exponent = -(n * np.log(n / expected) - n + expected)
    pairs["expected_count"] = expected
    pairs["p_value_bound"] = np.where(n > expected, np.exp(exponent), 1.0)
    possible = len(counts) * (len(counts) - 1) / 2
    rank = pairs["p_value_bound"].rank(method="max")
    by_rank = (pairs["p_value_bound"] * possible / rank).groupby(pairs["p_value_bound"]).first()
    q_values = by_rank[::-1].cummin().clip(upper=1.0)
    pairs["q_value"] = pairs["p_value_bound"].map(q_values)

    names = {"item_id_a": "from_item_id", "item_id_b": "to_item_id"}
    sizes = {"count_a": "from_basket_count", "count_b": "to_basket_count"}
    turned = {"item_id_b": "from_item_id", "item_id_a": "to_item_id"}
    turned_sizes = {"count_b": "from_basket_count", "count_a": "to_basket_count"}
    rules = pd.concat(
        [pairs.rename(columns=names | sizes), pairs.rename(columns=turned | turned_sizes)]
    )
    rules["total_basket_count"] = total
    rules["support"] = rules["basket_count"] / total
    rules["confidence"] = rules["basket_count"] / rules["from_basket_count"]
    rules = rules[(rules["support"] >= MIN_SUPPORT) & (rules["confidence"] >= MIN_CONFIDENCE)]
    rules = rules.assign(
        lift=rules["confidence"] / (rules["to_basket_count"] / total),
        adjusted_lift=rules["basket_count"] / rules["expected_count"],
    )
    variance = (
        1 / rules["basket_count"]
        - 1 / rules["from_basket_count"]
        - 1 / rules["to_basket_count"]
        + (2 * rules["lift"] - 1) / total
    )
    width = 1.96 * np.sqrt(variance.clip(lower=0))
    rules["lift_lower"] = np.exp(np.log(rules["lift"]) - width)
    rules["lift_upper"] = np.exp(np.log(rules["lift"]) + width)
    rules["is_significant"] = rules["q_value"] <= MAX_Q
    rules["rounded"] = rules["adjusted_lift"].round(12)
    rules = rules.sort_values(
        ["rounded", "basket_count", "from_item_id", "to_item_id"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    rules["rule_rank"] = rules.index + 1
    return rules.drop(columns="rounded").head(MAX_RULES)


def with_dates(rules: pd.DataFrame, sold: pd.DataFrame, company: Company) -> pd.DataFrame:
    """The rules with the first and last date on which a basket followed them."""
    wanted = set(rules["from_item_id"]) | set(rules["to_item_id"])
    sold = sold[sold["item_id"].isin(wanted)].drop_duplicates()
    sold = sold.assign(
        item_id=sold["item_id"].astype(str),
        date=company.headers["invoice_date"].to_numpy()[sold["invoice"]],
    )
    ends = rules[["from_item_id", "to_item_id", "rule_rank"]]
    first = ends.merge(sold, left_on="from_item_id", right_on="item_id")
    both = first.merge(
        sold[["invoice", "item_id"]],
        left_on=["invoice", "to_item_id"],
        right_on=["invoice", "item_id"],
    )
    dates = both.groupby("rule_rank")["date"].agg(["min", "max"])
    return rules.assign(
        first_seen_date=rules["rule_rank"].map(dates["min"]),
        last_seen_date=rules["rule_rank"].map(dates["max"]),
    )


# --- sales ----------------------------------------------------------------------------------


def summary(lines: pd.DataFrame, keys: list[str], *, days: bool = False) -> pd.DataFrame:
    """Revenue, margin and quantity of lines by keys, and their distinct sales and buyers."""
    by = lines.groupby(keys, observed=True, dropna=False)
    sums = by[["net_amount", "moved_quantity"]].sum()
    sums.columns = pd.Index(["revenue", "quantity"])
    known = by[["margin_amount", "costed_revenue", "cost_amount"]].sum(min_count=1)
    sales = lines[lines["is_sale"]].groupby(keys, observed=True, dropna=False)
    counts = sales[["invoice", "customer_id"]].nunique()
    counts.columns = pd.Index(["order_count", "customer_count"])
    if days:
        counts["trading_day_count"] = sales["invoice_date"].nunique()
    counts = counts.reindex(sums.index, fill_value=0)
    return pd.concat([sums, known, counts], axis=1).round(MONEY).reset_index()


def by_month(lines: pd.DataFrame, key: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """The summary by month and key, and whether the month has ended."""
    months = summary(lines, ["month_start", key])
    months["is_complete"] = months["month_start"] + pd.offsets.MonthEnd(0) <= as_of
    return months


def by_day(lines: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """The part of the summary by day and keys that adds up."""
    days = summary(lines, ["invoice_date", *keys]).rename(columns={"invoice_date": "date_day"})
    return days[["date_day", *keys, "revenue", "quantity", "order_count"]]


def daily_customers(lines: pd.DataFrame) -> pd.DataFrame:
    """Customers by the day of an order and that of their order before."""
    orders = lines.loc[lines["is_sale"], ["customer_id", "invoice_date"]].dropna()
    days = orders.drop_duplicates().sort_values(["customer_id", "invoice_date"])
    days["previous_order_date"] = days.groupby("customer_id")["invoice_date"].shift()
    by = days.groupby(["invoice_date", "previous_order_date"], dropna=False)
    counts = by.size().rename("customer_count").reset_index()
    return counts.rename(columns={"invoice_date": "date_day"})


def sales_marts(company: Company) -> dict[str, pd.DataFrame]:
    """The marts of revenue by day, month, item, hour and weekday."""
    lines = company.lines
    lines["moved_quantity"] = lines["quantity"].where(lines["is_sale"] | lines["is_return"], 0.0)
    lines["costed_revenue"] = lines["net_amount"].where(lines["cost_amount"].notna())
    lines["day_of_week"] = lines["invoice_date"].dt.day_of_week + 1
    daily = summary(lines, ["invoice_date", "location_id", "channel_id"])
    daily = daily.rename(columns={"invoice_date": "date_day"}).assign(is_complete=True)
    categories = by_month(lines, "category_id", company.as_of)
    margins = categories.assign(
        margin_ratio=ratio(categories["margin_amount"], categories["costed_revenue"])
    )
    unwanted = ["costed_revenue", "cost_amount"]
    return {
        "daily_sales": daily.drop(columns="cost_amount"),
        "daily_category_sales": by_day(lines, "location_id", "category_id"),
        "daily_item_sales": by_day(lines, "item_id"),
        "daily_customers": daily_customers(lines),
        "hourly_sales": by_day(lines, "location_id", "hour").rename(
            columns={"hour": "hour_of_day"}
        ),
        "revenue_by_channel": by_month(lines, "channel_id", company.as_of).drop(
            columns=[*unwanted, "quantity"]
        ),
        "revenue_by_category": categories.drop(columns=[*unwanted, "margin_amount"]),
        "category_margin_monthly": margins.drop(
            columns=["quantity", "order_count", "customer_count"]
        ),
        "product_performance": product_performance(company),
        "sales_by_hour": summary(lines, ["hour"], days=True)
        .rename(columns={"hour": "hour_of_day"})
        .drop(columns=[*unwanted, "margin_amount"]),
        "sales_by_weekday": summary(lines, ["day_of_week"], days=True).drop(
            columns=[*unwanted, "margin_amount"]
        ),
    }


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """A quotient, missing where there is nothing to divide by."""
    return numerator / denominator.where(denominator != 0)


def product_performance(company: Company) -> pd.DataFrame:
    """Items by revenue."""
    lines = company.lines
    products = summary(lines, ["item_id"]).set_index("item_id")
    for name in ("sale", "return"):
        mine = lines[lines[f"is_{name}"]].groupby("item_id", observed=True)["net_amount"]
        products[f"{name}_amount"] = mine.sum().round(MONEY).reindex(products.index, fill_value=0.0)
    dates = lines[lines["is_sale"]].groupby("item_id", observed=True)["invoice_date"]
    products["first_sale_date"] = dates.min().reindex(products.index)
    products["last_sale_date"] = dates.max().reindex(products.index)
    products["margin_ratio"] = ratio(products["margin_amount"], products["costed_revenue"])
    products.index = products.index.astype(str)
    products = products.join(company.items)
    products = products.rename_axis("item_id").reset_index()
    products = products.sort_values(
        ["revenue", "item_id"], ascending=[False, True], ignore_index=True
    )
    products["revenue_rank"] = products.index + 1
    return products.drop(columns=["costed_revenue", "cost_amount"])


# --- customers ------------------------------------------------------------------------------


def customer_marts(company: Company) -> dict[str, pd.DataFrame]:
    """The marts of what each customer is worth, buys and does not buy."""
    activity = customer_activity(company)
    rfm = customer_rfm(activity, company.as_of)
    wallet = share_of_wallet(activity)
    in_categories = category_activity(company)
    penetration = category_penetration(company, in_categories)
    churn = churn_risk(in_categories)
    marts = {
        "customer_rfm": rfm,
        "share_of_wallet": wallet,
        "category_penetration": penetration,
        "churn_risk": churn,
        "customer_360": customer_360(company, activity, rfm, wallet, penetration, churn),
    }
    flat = {name: mart.rename_axis("customer_id").reset_index() for name, mart in marts.items()}
    return {**flat, "cohort_retention": cohort_retention(company, activity)}


def customer_activity(company: Company) -> pd.DataFrame:
    """What the lines say of each known customer."""
    lines = company.lines
    by = lines.groupby("customer_id", observed=True)
    activity = by.agg(line_count=("net_amount", "size"), revenue=("net_amount", "sum"))
    activity["profit"] = by["margin_amount"].sum(min_count=1)
    activity["costed_revenue"] = by["costed_revenue"].sum(min_count=1)
    spent = lines[lines["is_sale"] | lines["is_return"]]
    activity["monetary"] = spent.groupby("customer_id", observed=True)["net_amount"].sum()
    sales = lines[lines["is_sale"]].groupby("customer_id", observed=True)
    activity["first_sale_date"] = sales["invoice_date"].min()
    activity["last_sale_date"] = sales["invoice_date"].max()
    activity["frequency"] = sales["invoice"].nunique()
    activity.index = activity.index.astype(str)
    activity = activity.reindex(company.customers.index)
    whole = ["line_count", "frequency"]
    activity[whole] = activity[whole].fillna(0).astype("int64")
    activity[["revenue", "monetary"]] = activity[["revenue", "monetary"]].fillna(0.0)
    money = ["revenue", "profit", "costed_revenue", "monetary"]
    activity[money] = activity[money].round(MONEY)
    return activity


def customer_rfm(activity: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Scores from 1 to 5 by how many customers are strictly worse, and their segment."""
    buyers = activity.loc[activity["frequency"] > 0, ["last_sale_date", "frequency", "monetary"]]
    rfm = buyers.drop(columns="last_sale_date")
    rfm.insert(0, "recency_days", (as_of - buyers["last_sale_date"]).dt.days)
    orders = {"r_score": "recency_days", "f_score": "frequency", "m_score": "monetary"}
    for score, column in orders.items():
        worse = rfm[column].rank(method="min", ascending=score != "r_score") - 1
        rfm[score] = (1 + np.floor(5 * worse / len(rfm))).astype("int64")
    segments = pd.read_csv(SEEDS / "rfm_segments.csv")
    return rfm.reset_index().merge(segments, how="left").set_index("customer_id")


def share_of_wallet(activity: pd.DataFrame) -> pd.DataFrame:
    """How far each customer is below the mean of those with any line."""
    spend = activity["monetary"]
    mean = round(spend[activity["line_count"] > 0].mean(), MONEY)
    gap = (mean - spend).clip(lower=0).round(MONEY)
    return pd.DataFrame({"actual_spend": spend, "avg_spend": mean, "opportunity_gap": gap})


def category_activity(company: Company) -> pd.DataFrame:
    """What each known customer bought in each category, and when."""
    lines, keys = company.lines, ["customer_id", "category_id"]
    mine = lines["is_product"] & (lines["category_id"] != UNCATEGORISED)
    mine &= lines["is_sale"] | lines["is_return"]
    lines = lines.loc[mine, [*keys, "invoice", "invoice_date", "net_amount", "is_sale"]]
    recent = company.as_of - pd.Timedelta(days=CHURN_DAYS)
    previous = company.as_of - pd.Timedelta(days=2 * CHURN_DAYS)
    windows = {
        "recent": lines[lines["invoice_date"] > recent],
        "prev": lines[lines["invoice_date"].between(previous, recent, inclusive="right")],
    }
    activity = lines.groupby(keys, observed=True)["net_amount"].sum().to_frame("total_spend")
    sales = lines[lines["is_sale"]].groupby(keys, observed=True)
    activity["last_invoice_date"] = sales["invoice_date"].max()
    for name, window in windows.items():
        activity[f"{name}_spend"] = window.groupby(keys, observed=True)["net_amount"].sum()
        sales = window[window["is_sale"]].groupby(keys, observed=True)
        activity[f"{name}_invoices"] = sales["invoice"].nunique()
    numbers = [column for column in activity if column != "last_invoice_date"]
    activity[numbers] = activity[numbers].fillna(0).round(MONEY)
    return activity.reset_index().astype({"customer_id": str, "category_id": str})


def category_penetration(company: Company, activity: pd.DataFrame) -> pd.DataFrame:
    """Every known customer and sellable category."""
    lines = company.lines
    sellable = lines.loc[lines["is_product"], "category_id"].unique()
    sellable = sorted(set(sellable) - {UNCATEGORISED})
    pairs = pd.MultiIndex.from_product(
        [company.customers.index, sellable], names=["customer_id", "category_id"]
    )
    bought = activity.set_index(["customer_id", "category_id"])
    penetration = bought[["total_spend", "last_invoice_date"]].reindex(pairs)
    penetration["has_category"] = (penetration["total_spend"] > 0).astype("int64")
    penetration["total_spend"] = penetration["total_spend"].fillna(0.0)
    is_active = penetration["last_invoice_date"] > company.as_of - pd.Timedelta(days=ACTIVE_DAYS)
    penetration["penetration_status"] = np.select(
        [penetration["last_invoice_date"].isna(), is_active], ["never", "active"], "lapsed"
    )
    return penetration.reset_index("category_id")


def churn_risk(activity: pd.DataFrame) -> pd.DataFrame:
    """Categories in which a customer spent something in the window before the last."""
    columns = ["category_id", "recent_spend", "prev_spend", "recent_invoices", "prev_invoices"]
    churn = activity[activity["prev_spend"] > 0].set_index("customer_id")[columns]
    churn["spend_ratio"] = churn["recent_spend"] / churn["prev_spend"]
    churn["drop_pct"] = (1 - churn["spend_ratio"]).clip(0, 1)
    is_less = churn["recent_spend"] < CHURN_DROP * churn["prev_spend"]
    return churn.assign(churn_flag=is_less.astype("int64"))


def abc(values: pd.Series) -> pd.Series:
    """Class A, B or C by the running share of the positive values, largest first."""
    ordered = values.clip(lower=0).fillna(0.0)
    ordered = ordered.iloc[np.lexsort((ordered.index.to_numpy(dtype=str), -ordered.to_numpy()))]
    running, total = ordered.cumsum().round(MONEY), ordered.sum()
    is_first = np.arange(len(ordered)) == 0
    classes = np.select(
        [
            ordered == 0,
            is_first | (running <= ABC_CUTS["A"] * total),
            running <= ABC_CUTS["B"] * total,
        ],
        ["C", "A", "B"],
        "C",
    )
    return pd.Series(classes, index=ordered.index).reindex(values.index)


def customer_360(
    company: Company,
    activity: pd.DataFrame,
    rfm: pd.DataFrame,
    wallet: pd.DataFrame,
    penetration: pd.DataFrame,
    churn: pd.DataFrame,
) -> pd.DataFrame:
    """Everything about a customer in one row."""
    customers = company.customers.copy()
    reps = customers["sales_rep_id"]
    customers["sales_rep_name"] = reps.map(company.reps).fillna(reps)
    customers["first_purchase_date"] = activity["first_sale_date"]
    customers["last_purchase_date"] = activity["last_sale_date"]
    customers["recency_days"] = rfm["recency_days"]
    customers = customers.join(activity[["frequency", "monetary", "revenue", "profit"]])
    customers = customers.join(rfm[["r_score", "f_score", "m_score", "rfm_segment"]])
    customers["margin_ratio"] = ratio(activity["profit"], activity["costed_revenue"])
    customers["abc_revenue"] = abc(activity["monetary"])
    customers["abc_profit"] = abc(activity["profit"]).where(activity["profit"].notna())
    customers["abc_combined"] = customers["abc_revenue"] + customers["abc_profit"]
    customers = customers.join(wallet)
    statuses = penetration.groupby([penetration.index, "penetration_status"]).size().unstack()
    for status, name in (("active", "active"), ("lapsed", "lapsed"), ("never", "missing")):
        customers[f"{name}_category_count"] = statuses.get(status)
    customers["churning_category_count"] = churn.groupby(level=0)["churn_flag"].sum()
    counts = [column for column in customers if column.endswith("_category_count")]
    customers[counts] = customers[counts].fillna(0).astype("int64")
    return customers


def cohort_retention(company: Company, activity: pd.DataFrame) -> pd.DataFrame:
    """Each month's new customers, and what they bought in every month since."""
    lines = company.lines
    cohort_of = activity["first_sale_date"].dropna().dt.to_period("M")
    mine = lines[lines["is_sale"] | lines["is_return"]].dropna(subset=["customer_id"])
    cohort = mine["customer_id"].astype(str).map(cohort_of)
    mine = mine.assign(cohort=cohort, period=mine["invoice_date"].dt.to_period("M"))
    by = mine.dropna(subset=["cohort"]).groupby(["cohort", "period"])
    table = by["net_amount"].sum().to_frame("revenue")
    table["margin"] = by["margin_amount"].sum(min_count=1)
    sales = mine[mine["is_sale"]].groupby(["cohort", "period"])
    table["active_customers"] = sales["customer_id"].nunique()

    sizes = cohort_of.value_counts().sort_index()
    last = company.as_of.to_period("M")
    grid = pd.MultiIndex.from_tuples(
        [
            (first, month)
            for first in sizes.index
            for month in pd.period_range(first, last, freq="M")
        ],
        names=["cohort", "period"],
    )
    table = table.reindex(grid).reset_index()
    table["active_customers"] = table["active_customers"].fillna(0).astype("int64")
    table["revenue"] = table["revenue"].fillna(0.0)
    table[["revenue", "margin"]] = table[["revenue", "margin"]].round(MONEY)
    table["cohort_size"] = table["cohort"].map(sizes).astype("int64")
    table["retention_rate"] = table["active_customers"] / table["cohort_size"]
    table["avg_revenue"] = table["revenue"] / table["cohort_size"]
    table["cohort_index"] = table["period"].astype("int64") - table["cohort"].astype("int64")
    table["is_complete"] = table["period"].dt.end_time.dt.normalize() <= company.as_of
    table["cohort_month"] = table["cohort"].dt.start_time
    table["period_month"] = table["period"].dt.start_time
    return table.drop(columns=["cohort", "period"])


if __name__ == "__main__":
    run_peer(compute, __doc__)
