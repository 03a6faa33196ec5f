"""The rules that the page shows are those of the marts, in words that the marts bear out."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, warehouse
from tests.dashboard.conftest import Open, figures
from tests.dashboard.tables import answers, shown
from tests.warehouse.harness import Row, Warehouse

# Names that Markdown, HTML, SQL and a browser's memory have trouble with.
ODD_NAMES = [
    "**Bold** _tea_ $x$ [link](http://example.org) `code`",
    "<script>alert(1)</script>",
    "'; drop table basket_rule; --",
    "Ω" * 10_000,
]

RULES = """
    select rules.*, from_items.item_name as from_item_name, to_items.item_name as to_item_name,
        from_items.category_id as from_category_id, to_items.category_id as to_category_id
    from opportunity_marts.basket_rule as rules
    inner join opportunity_core.dim_item as from_items on rules.from_item_id = from_items.item_id
    inner join opportunity_core.dim_item as to_items on rules.to_item_id = to_items.item_id
    order by rules.rule_rank
"""


@pytest.fixture(scope="session")
def rules(published: Warehouse) -> list[Row]:
    """The rules of the demo company, by rank."""
    found = published.query(RULES)
    assert found
    return found


def infos(app: AppTest) -> str:
    """What the page says where there is nothing."""
    return "\n".join(info.value for info in app.info)


def pairs(rows: list[Any]) -> list[tuple[str, str]]:
    """The names of rules, in their order."""
    return [(row["from_item_name"], row["to_item_name"]) for row in rows]


def test_cards_say_what_the_rules_rest_on(
    open_page: Open, published: Warehouse, rules: list[Row]
) -> None:
    (population,) = published.rows("marts.basket_population")
    assert figures(open_page("baskets")) == {
        "Baskets": f"{population['total_basket_count']:,}",
        "Baskets left out": f"{population['left_out_basket_count']:,}",
        "Rules": f"{len(rules):,}",
    }


def test_all_rules_are_shown_by_rank_with_names_and_the_figures_of_the_mart(
    open_page: Open, rules: list[Row]
) -> None:
    rows = shown(open_page("baskets"), "from_item_name")
    assert pairs(rows) == pairs(rules)
    for row, rule in zip(rows, rules, strict=True):
        for count in ("basket_count", "from_basket_count", "to_basket_count", "is_significant"):
            assert row[count] == rule[count]
        for ratio in (
            "support", "confidence", "lift", "adjusted_lift", "expected_count", "q_value",
        ):  # fmt: skip
            assert row[ratio] == float(rule[ratio])


def test_a_rule_at_a_threshold_passes_it(open_page: Open, rules: list[Row]) -> None:
    edge = rules[len(rules) // 2]
    percent = f"{100 * edge['support']:.10f}"
    rows = shown(open_page("baskets", support=percent), "from_item_name")
    assert pairs(rows) == pairs(
        [rule for rule in rules if rule["basket_count"] >= edge["basket_count"]]
    )
    assert 0 < len(rows) < len(rules)


def test_thresholds_add_up(open_page: Open, rules: list[Row]) -> None:
    app = open_page("baskets", confidence="75", lift="20", significant="true")
    left = [
        rule
        for rule in rules
        if 100 * rule["basket_count"] >= 75 * rule["from_basket_count"]
        and rule["lift"] >= 20
        and rule["is_significant"]
    ]
    assert 0 < len(left) < len(rules)
    assert pairs(shown(app, "from_item_name")) == pairs(left)


def test_a_category_is_that_of_either_item(open_page: Open, rules: list[Row]) -> None:
    chosen = rules[0]["from_category_id"]
    rows = shown(open_page("baskets", category=chosen), "from_item_name")
    either = [
        rule for rule in rules if chosen in (rule["from_category_id"], rule["to_category_id"])
    ]
    assert pairs(rows) == pairs(either)
    assert len(either) < len(rules)


def test_an_item_shows_what_is_bought_with_it_in_a_sentence_of_counts(
    open_page: Open, rules: list[Row]
) -> None:
    rule = rules[0]
    item = rule["from_item_id"]
    app = open_page("baskets", item=item)
    together = [row for row in rules if row["from_item_id"] == item]
    assert [(row["to_item_name"], row["basket_count"]) for row in shown(app, "to_item_name")] == [
        (row["to_item_name"], row["basket_count"]) for row in together
    ]
    assert pairs(shown(app, "from_item_name")) == pairs(
        [row for row in rules if item in (row["from_item_id"], row["to_item_id"])]
    )
    (sentence,) = [text.value for text in app.markdown if "baskets with" in text.value]
    assert (
        f"of the {rule['from_basket_count']:,} baskets with {rule['from_item_name']}, "
        f"{rule['basket_count']:,} also had it"
    ) in sentence
    (link,) = [link for link in app.get("page_link") if "sale lines" in link.proto.label]
    assert link.proto.query_string == f"item={item}&kind=sales"


def test_an_item_in_no_rule_says_so_with_the_thresholds(
    open_page: Open, published: Warehouse
) -> None:
    (row,) = published.query(
        """
        select item_id from opportunity_marts.basket_frequent_item
        where item_id not in (select from_item_id from opportunity_marts.basket_rule)
        order by item_id limit 1
        """
    )
    (population,) = published.rows("marts.basket_population")
    said = infos(open_page("baskets", item=row["item_id"]))
    assert "No rule leads from" in said
    assert f"from {population['frequent_basket_count']:,} baskets on" in said


def test_an_unknown_item_in_the_address_is_no_filter(open_page: Open, rules: list[Row]) -> None:
    rows = shown(open_page("baskets", item="' or 1=1 --"), "from_item_name")
    assert len(rows) == len(rules)


def test_filters_that_leave_nothing_and_a_build_without_rules_read_differently(
    open_page: Open, rules: list[Row]
) -> None:
    said = infos(open_page("baskets", confidence="100"))
    assert f"No rule passes the filters; without them there are {len(rules)}." in said
    population = {
        "total_basket_count": 10, "left_out_basket_count": 3, "frequent_basket_count": 5,
        "rule_count": 0, "triple_count": 0, "duplicate_count": 0,
    }  # fmt: skip
    with answers(BASKET_POPULATION=[population], BASKET_RULES=[]):
        said = infos(open_page("baskets"))
        assert "No two items are together often enough for a rule." in said
        assert "an item counts from 5 baskets" in said
    with answers(BASKET_POPULATION=[{**population, "total_basket_count": 0}], BASKET_RULES=[]):
        assert "There is no basket yet" in infos(open_page("baskets"))


def test_triples_and_duplicates_show_whatever_items_are_called(open_page: Open) -> None:
    first, second, third, long = ODD_NAMES
    triple = {
        "from_item_name_1": first, "from_item_name_2": second, "to_item_name": long,
        "basket_count": 6, "from_basket_count": 8, "confidence": 0.75, "matching_count": 900,
    }  # fmt: skip
    duplicate = {
        "item_id_a": "A", "item_name_a": third, "item_id_b": "B", "item_name_b": third,
        "reason": "Both codes have the same name.", "matching_count": 1,
    }  # fmt: skip
    items = [
        {"item_id": f"I{place}", "item_name": name} for place, name in enumerate(ODD_NAMES)
    ] + [{"item_id": "I9", "item_name": long}]
    together = {
        "to_item_name": first, "basket_count": 6, "from_basket_count": 8, "confidence": 0.75,
        "adjusted_lift": 3.5,
    }  # fmt: skip
    with answers(
        BASKET_TRIPLES=[triple], DUPLICATE_ITEMS=[duplicate], BASKET_ITEMS=items,
        BOUGHT_TOGETHER=[together],
    ):  # fmt: skip
        app = open_page("baskets", item="I3")
    assert shown(app, "from_item_name_1")[0]["to_item_name"] == long
    (row,) = shown(app, "item_name_a")
    assert (row["item_id_a"], row["item_id_b"], row["reason"]) == ("A", "B", duplicate["reason"])
    assert "The first 1 of 900 rules, by rank." in [caption.value for caption in app.caption]
    # Two items of one name are told apart.
    options = app.selectbox(key="item").options
    assert len(options) == len(set(options)) == 1 + len(items)
    (sentence,) = [text.value for text in app.markdown if "baskets with" in text.value]
    assert r"\*\*Bold\*\*" in sentence
    assert len(sentence) < 500


def test_a_rep_sees_the_same_baskets(open_page: Open, rules: list[Row]) -> None:
    with patch.object(access, "viewer", lambda: access.Viewer("R05", "Rep", is_manager=False)):
        app = open_page("baskets")
    assert pairs(shown(app, "from_item_name")) == pairs(rules)
    assert any("baskets of all customers" in caption.value for caption in app.caption)


def test_a_query_that_fails_leaves_the_rest(open_page: Open, rules: list[Row]) -> None:
    with answers(BASKET_TRIPLES=warehouse.QueryFailed("no table")):
        app = open_page("baskets")
    assert len(app.error) == 1
    assert len(shown(app, "from_item_name")) == len(rules)
