"""All SQL of the page: a constant a question, in the words of the marts.

Tables are named without a schema and hold the rows of the viewer who asks (warehouse.py). Values
are named as `$name`; a filter that is not set is null. A query picks, joins names, adds up additive
columns, counts distinct ids and divides their sums: what a number means is said by the marts.
"""

# --- The frame: what the numbers are of, and who looks ----------------------------------------

FRAME = """
select
    clock.as_of_date,
    clock.first_invoice_date,
    (
        select currency_code from fct_invoice where currency_code is not null limit 1
    ) as currency_code
from clock
"""

SALES_REP_BY_EMAIL = """
select
    reps.sales_rep_id,
    reps.sales_rep_name,
    exists (
        select 1
        from dim_sales_rep as others
        where
            others.manager_id = reps.sales_rep_id
            and others.sales_rep_id <> reps.sales_rep_id
    ) as is_manager
from dim_sales_rep as reps
where lower(trim(reps.email)) = $email
order by reps.sales_rep_id
"""

CUSTOMER_COUNT = """
select count(*) as customer_count
from dim_customer
"""

LOCATIONS = """
select location_id, location_name
from dim_location
order by location_name, location_id
"""

CATEGORIES = """
select category_id, category_name
from dim_category
order by category_name, category_id
"""

# Kinds of action by the names that people read, in the order in which they are offered.
_ACTION_KINDS = """
(
    values
    (1, 'cross_sell', 'Offer something new'),
    (2, 'reorder', 'Offer to reorder'),
    (3, 'win_back', 'Win back'),
    (4, 'missing_category', 'Open a category'),
    (5, 'wallet_gap', 'Grow to the peers'' level')
) as kinds (kind_rank, action_type, kind_name)
"""

ACTION_KINDS = f"""
select action_type, kind_name
from {_ACTION_KINDS}
order by kind_rank
"""

# --- Overview ---------------------------------------------------------------------------------

# Whoever sees all reads the sums of days, which hold no customer; everybody else reads the invoices
# of their customers. Both make the same of them.
_SALES_OF_ALL = """
sales as (

    select
        date_day as invoice_date,
        location_id,
        channel_id,
        revenue,
        order_count,
        costed_revenue,
        margin_amount
    from daily_sales
    where
        date_day between $since and $end_date
        and (cast($location as text) is null or location_id = $location)

)
"""

_SALES_OF_SOME = """
sales as (

    select
        invoice_date,
        location_id,
        channel_id,
        net_amount as revenue,
        case when sale_line_count > 0 then 1 else 0 end as order_count,
        costed_amount as costed_revenue,
        margin_amount
    from fct_invoice
    where
        line_count > 0
        and invoice_date between $since and $end_date
        and (cast($location as text) is null or location_id = $location)

)
"""

_BUYERS = """,

buyers as (

    select
        invoice_date >= $start_date as is_current,
        customer_id
    from fct_invoice
    where
        sale_line_count > 0
        and customer_id <> '__unknown__'
        and invoice_date between $since and $end_date
        and {place}
    group by invoice_date >= $start_date, customer_id

),
"""

# A period's customers are those of each day whose previous order lies before the period. These sums
# know no place: of one, the invoices are counted.
_CUSTOMERS_OF_ALL = f"""{_BUYERS.format(place="location_id = $location")}
customers as (

    select is_current, count(*) as customer_count
    from buyers
    group by is_current

    union all

    select
        date_day >= $start_date as is_current,
        sum(customer_count) as customer_count
    from daily_customers
    where
        cast($location as text) is null
        and date_day between $since and $end_date
        and (
            previous_order_date is null
            or previous_order_date
            < case when date_day >= $start_date then $start_date else $since end
        )
    group by date_day >= $start_date

),
"""

_ANY_PLACE = "(cast($location as text) is null or location_id = $location)"

_CUSTOMERS_OF_SOME = f"""{_BUYERS.format(place=_ANY_PLACE)}
customers as (

    select is_current, count(*) as customer_count
    from buyers
    group by is_current

),
"""

_CARDS = """
totals as (

    select
        invoice_date >= $start_date as is_current,
        sum(revenue) as revenue,
        cast(sum(order_count) as bigint) as order_count,
        sum(costed_revenue) as costed_revenue,
        sum(margin_amount) as margin_amount
    from sales
    group by invoice_date >= $start_date

),

figures as (

    select
        totals.is_current,
        totals.revenue,
        totals.order_count,
        coalesce(cast(customers.customer_count as bigint), 0) as customer_count,
        totals.revenue / nullif(totals.order_count, 0) as average_order_value,
        totals.margin_amount / nullif(totals.costed_revenue, 0) as margin_ratio,
        totals.costed_revenue / nullif(totals.revenue, 0) as costed_ratio
    from totals
    left join customers on totals.is_current = customers.is_current

),

-- The period before is compared with only where invoices go back to its first day.
earlier as (

    select figures.*
    from figures
    inner join clock on clock.first_invoice_date <= $since
    where not figures.is_current

)

select
    latest.revenue,
    latest.order_count,
    latest.customer_count,
    latest.average_order_value,
    latest.margin_ratio,
    latest.costed_ratio,
    earlier.revenue as revenue_before,
    earlier.order_count as order_count_before,
    earlier.customer_count as customer_count_before,
    earlier.average_order_value as average_order_value_before,
    earlier.margin_ratio as margin_ratio_before,
    latest.revenue / nullif(greatest(earlier.revenue, 0), 0) - 1 as revenue_change,
    1.0 * latest.order_count / nullif(earlier.order_count, 0) - 1 as order_count_change,
    1.0 * latest.customer_count / nullif(earlier.customer_count, 0) - 1 as customer_count_change,
    latest.average_order_value / nullif(greatest(earlier.average_order_value, 0), 0) - 1
        as average_order_value_change,
    latest.margin_ratio - earlier.margin_ratio as margin_ratio_change
from figures as latest
left join earlier on true
where latest.is_current
"""

# Dense: a day without an invoice is a day of nothing.
_TREND = """,

daily as (

    select
        invoice_date,
        sum(revenue) as revenue,
        sum(order_count) as order_count
    from sales
    group by invoice_date

),

periods as (

    select
        cast(date_trunc($grain, days.date_day) as date) as period_start,
        coalesce(sum(daily.revenue), 0) as revenue,
        cast(coalesce(sum(daily.order_count), 0) as bigint) as order_count
    from dim_date as days
    left join daily on days.date_day = daily.invoice_date
    where days.date_day between $start_date and $end_date
    group by cast(date_trunc($grain, days.date_day) as date)

)

select
    period_start,
    revenue,
    order_count,
    period_start >= $start_date
    and period_start < cast(date_trunc($grain, cast($end_date as date) + 1) as date) as is_complete
from periods
order by period_start
"""

_BY_LOCATION = """
select
    locations.location_name as name,
    sales.location_id,
    sum(sales.revenue) as revenue
from sales
inner join dim_location as locations on sales.location_id = locations.location_id
group by locations.location_name, sales.location_id
order by revenue desc, sales.location_id
"""

_BY_CHANNEL = """
select
    channels.channel_name as name,
    sales.channel_id,
    sum(sales.revenue) as revenue
from sales
inner join dim_channel as channels on sales.channel_id = channels.channel_id
group by channels.channel_name, sales.channel_id
order by revenue desc, sales.channel_id
"""

OVERVIEW_CARDS_OF_ALL = f"with\n{_SALES_OF_ALL}{_CUSTOMERS_OF_ALL}{_CARDS}"
OVERVIEW_CARDS_OF_SOME = f"with\n{_SALES_OF_SOME}{_CUSTOMERS_OF_SOME}{_CARDS}"
OVERVIEW_TREND_OF_ALL = f"with\n{_SALES_OF_ALL}{_TREND}"
OVERVIEW_TREND_OF_SOME = f"with\n{_SALES_OF_SOME}{_TREND}"
REVENUE_BY_LOCATION_OF_ALL = f"with\n{_SALES_OF_ALL}{_BY_LOCATION}"
REVENUE_BY_LOCATION_OF_SOME = f"with\n{_SALES_OF_SOME}{_BY_LOCATION}"
REVENUE_BY_CHANNEL_OF_ALL = f"with\n{_SALES_OF_ALL}{_BY_CHANNEL}"
REVENUE_BY_CHANNEL_OF_SOME = f"with\n{_SALES_OF_SOME}{_BY_CHANNEL}"

REVENUE_BY_REGION_OF_ALL = """
select
    coalesce(region, 'No region') as name,
    region,
    sum(revenue) as revenue
from daily_region_sales
where
    date_day between $start_date and $end_date
    and (cast($location as text) is null or location_id = $location)
group by region
order by revenue desc, name
"""

REVENUE_BY_REGION_OF_SOME = """
select
    coalesce(customers.region, 'No region') as name,
    customers.region as region,
    sum(invoices.net_amount) as revenue
from fct_invoice as invoices
inner join dim_customer as customers on invoices.customer_id = customers.customer_id
where
    invoices.line_count > 0
    and invoices.invoice_date between $start_date and $end_date
    and (cast($location as text) is null or invoices.location_id = $location)
group by customers.region
order by revenue desc, name
"""

_CATEGORIES_OF_ALL = """
sales as (

    select category_id, sum(revenue) as revenue
    from daily_category_sales
    where
        date_day between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by category_id

)
"""

_CATEGORIES_OF_SOME = """
sales as (

    select category_id, sum(net_amount) as revenue
    from invoice_category
    where
        invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by category_id

)
"""

_BY_CATEGORY = """
select categories.category_name as name, sales.category_id, sales.revenue
from sales
inner join dim_category as categories on sales.category_id = categories.category_id
order by sales.revenue desc, sales.category_id
"""

REVENUE_BY_CATEGORY_OF_ALL = f"with\n{_CATEGORIES_OF_ALL}{_BY_CATEGORY}"
REVENUE_BY_CATEGORY_OF_SOME = f"with\n{_CATEGORIES_OF_SOME}{_BY_CATEGORY}"

# Of all places: items by place are nearly as many as lines.
_ITEMS_OF_ALL = """
sales as (

    select
        item_id,
        sum(revenue) as revenue,
        sum(quantity) as quantity,
        cast(sum(order_count) as bigint) as order_count
    from daily_item_sales
    where date_day between $start_date and $end_date
    group by item_id

)
"""

# By invoice first: PostgreSQL sorts all rows for a distinct count.
_ITEMS_OF_SOME = """
invoice_items as (

    select
        item_id,
        invoice_key,
        sum(net_amount) as revenue,
        sum(case when line_type in ('sale', 'return') then quantity end) as quantity,
        max(case when line_type = 'sale' then 1 else 0 end) as order_count
    from fct_invoice_line
    where
        invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by item_id, invoice_key

),

sales as (

    select
        item_id,
        sum(revenue) as revenue,
        coalesce(sum(quantity), 0) as quantity,
        cast(sum(order_count) as bigint) as order_count
    from invoice_items
    group by item_id

)
"""

_TOP_ITEMS = """
select items.item_name as name, sales.item_id, sales.revenue, sales.quantity, sales.order_count
from sales
inner join dim_item as items on sales.item_id = items.item_id
where items.is_product
order by sales.revenue desc, sales.item_id
limit 10
"""

TOP_PRODUCTS_OF_ALL = f"with\n{_ITEMS_OF_ALL}{_TOP_ITEMS}"
TOP_PRODUCTS_OF_SOME = f"with\n{_ITEMS_OF_SOME}{_TOP_ITEMS}"

# Additive by day, location and item: what a spreadsheet adds up further.
SALES_EXPORT = """
select
    lines.invoice_date,
    locations.location_name,
    items.item_name,
    sum(case when lines.line_type in ('sale', 'return') then lines.quantity end) as quantity,
    sum(lines.net_amount) as revenue,
    count(distinct case when lines.line_type = 'sale' then lines.invoice_key end) as order_count
from fct_invoice_line as lines
inner join dim_location as locations on lines.location_id = locations.location_id
inner join dim_item as items on lines.item_id = items.item_id
where
    lines.invoice_date between $start_date and $end_date
    and (cast($location as text) is null or lines.location_id = $location)
group by lines.invoice_date, locations.location_name, items.item_name, lines.item_id
order by lines.invoice_date, locations.location_name, items.item_name, lines.item_id
"""

INSIGHTS = """
select
    count(*) as customer_count,
    count(churn_probability) as churn_scored_count,
    count(case when churn_band = 'high' then 1 end) as high_risk_count,
    count(predicted_value) as value_scored_count,
    avg(predicted_value) as average_predicted_value
from customer_360
"""

# The reason that most customers without a score have, of a score each.
NOT_SCORED_REASONS = """
select score_name, not_scored_reason, customer_count
from (
    select
        score_name,
        not_scored_reason,
        customer_count,
        row_number() over (
            partition by score_name order by customer_count desc, not_scored_reason
        ) as reason_rank
    from (
        select 'churn' as score_name, not_scored_reason, count(*) as customer_count
        from customer_churn
        where not is_scored
        group by not_scored_reason
        union all
        select 'value' as score_name, not_scored_reason, count(*) as customer_count
        from customer_lifetime_value
        where not is_scored
        group by not_scored_reason
    ) as reasons
) as ranked
where reason_rank = 1
"""

# --- Baskets ----------------------------------------------------------------------------------
# These marts name no customer: they are of everybody's baskets, whoever looks.

BASKET_POPULATION = """
select
    total_basket_count,
    left_out_basket_count,
    frequent_basket_count,
    (select count(*) from basket_rule) as rule_count,
    (select count(*) from basket_triple_rule) as triple_count,
    (select count(*) from duplicate_item_pair) as duplicate_count
from basket_population
"""

# The items that rules can be about, the most bought ones where they are many.
BASKET_ITEMS = """
with

most_bought as (

    select item_id, basket_count
    from basket_frequent_item
    order by basket_count desc, item_id
    limit 2000

)

select most_bought.item_id, items.item_name, most_bought.basket_count
from most_bought
inner join dim_item as items on most_bought.item_id = items.item_id
order by items.item_name, most_bought.item_id
"""

BASKET_CATEGORIES = """
select category_id, category_name
from dim_category
where
    category_id in (
        select items.category_id
        from basket_frequent_item as frequent_items
        inner join dim_item as items on frequent_items.item_id = items.item_id
    )
order by category_name, category_id
"""

BASKET_RULES = """
select
    rules.rule_rank,
    rules.from_item_id,
    from_items.item_name as from_item_name,
    from_categories.category_name as from_category_name,
    rules.to_item_id,
    to_items.item_name as to_item_name,
    to_categories.category_name as to_category_name,
    rules.basket_count,
    rules.from_basket_count,
    rules.to_basket_count,
    rules.support,
    rules.confidence,
    rules.lift,
    rules.adjusted_lift,
    rules.expected_count,
    rules.q_value,
    rules.is_significant,
    rules.last_seen_date,
    count(*) over () as matching_count
from basket_rule as rules
inner join dim_item as from_items on rules.from_item_id = from_items.item_id
inner join dim_category as from_categories on from_items.category_id = from_categories.category_id
inner join dim_item as to_items on rules.to_item_id = to_items.item_id
inner join dim_category as to_categories on to_items.category_id = to_categories.category_id
where
    rules.support >= $least_support
    and rules.confidence >= $least_confidence
    and rules.lift >= $least_lift
    and (not $only_significant or rules.is_significant)
    and (
        cast($item as text) is null or rules.from_item_id = $item or rules.to_item_id = $item
    )
    and (
        cast($category as text) is null
        or from_items.category_id = $category
        or to_items.category_id = $category
    )
order by rules.rule_rank
limit 500
"""

BOUGHT_TOGETHER = """
select
    rules.rule_rank,
    rules.from_item_id,
    rules.to_item_id,
    to_items.item_name as to_item_name,
    rules.basket_count,
    rules.from_basket_count,
    rules.confidence,
    rules.adjusted_lift,
    rules.is_significant,
    rules.last_seen_date
from basket_rule as rules
inner join dim_item as to_items on rules.to_item_id = to_items.item_id
where rules.from_item_id = $item
order by rules.rule_rank
limit 50
"""

BASKET_TRIPLES = """
select
    rules.rule_rank,
    rules.from_item_id_1,
    first_items.item_name as from_item_name_1,
    rules.from_item_id_2,
    second_items.item_name as from_item_name_2,
    rules.to_item_id,
    to_items.item_name as to_item_name,
    rules.basket_count,
    rules.from_basket_count,
    rules.to_basket_count,
    rules.support,
    rules.confidence,
    rules.best_pair_confidence,
    rules.lift,
    rules.adjusted_lift,
    rules.expected_count,
    rules.q_value,
    count(*) over () as matching_count
from basket_triple_rule as rules
inner join dim_item as first_items on rules.from_item_id_1 = first_items.item_id
inner join dim_item as second_items on rules.from_item_id_2 = second_items.item_id
inner join dim_item as to_items on rules.to_item_id = to_items.item_id
where
    rules.support >= $least_support
    and rules.confidence >= $least_confidence
    and rules.lift >= $least_lift
    and (
        cast($item as text) is null
        or $item in (rules.from_item_id_1, rules.from_item_id_2, rules.to_item_id)
    )
    and (
        cast($category as text) is null
        or $category in (first_items.category_id, second_items.category_id, to_items.category_id)
    )
order by rules.rule_rank
limit 200
"""

DUPLICATE_ITEMS = """
select
    pairs.item_id_a,
    pairs.item_name_a,
    pairs.item_id_b,
    pairs.item_name_b,
    pairs.reason,
    pairs.basket_count,
    pairs.confidence_a_to_b,
    pairs.confidence_b_to_a,
    pairs.adjusted_lift,
    count(*) over () as matching_count
from duplicate_item_pair as pairs
inner join dim_item as items_a on pairs.item_id_a = items_a.item_id
inner join dim_item as items_b on pairs.item_id_b = items_b.item_id
where
    (cast($item as text) is null or $item in (pairs.item_id_a, pairs.item_id_b))
    and (
        cast($category as text) is null or $category in (items_a.category_id, items_b.category_id)
    )
order by coalesce(pairs.basket_count, 0) desc, pairs.item_id_a, pairs.item_id_b
limit 200
"""

# --- Patterns ---------------------------------------------------------------------------------

# For whoever sees all, what is of everybody is read from marts that hold no customer.
_HOURS_OF_ALL = """
daily as (

    select hour_of_day, date_day as invoice_date, revenue, order_count
    from hourly_sales
    where
        date_day between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)

)
"""

# The same of the customers whom the viewer sees.
_HOURS_OF_SOME = """
daily as (

    select
        cast(extract(hour from invoice_at) as integer) as hour_of_day,
        invoice_date,
        sum(net_amount) as revenue,
        count(case when sale_line_count > 0 then 1 end) as order_count
    from fct_invoice
    where
        line_count > 0
        and invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by cast(extract(hour from invoice_at) as integer), invoice_date

)
"""

_HOURS = """
select
    hour_of_day,
    sum(revenue) as revenue,
    cast(sum(order_count) as bigint) as order_count,
    count(distinct case when order_count > 0 then invoice_date end) as trading_day_count
from daily
group by hour_of_day
order by hour_of_day
"""

SALES_BY_HOUR_OF_ALL = f"with\n{_HOURS_OF_ALL}\n{_HOURS}"
SALES_BY_HOUR_OF_SOME = f"with\n{_HOURS_OF_SOME}\n{_HOURS}"

_DAYS_OF_ALL = """
daily as (

    select date_day as invoice_date, sum(revenue) as revenue, sum(order_count) as order_count
    from daily_sales
    where
        date_day between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by date_day

)
"""

_DAYS_OF_SOME = """
daily as (

    select
        invoice_date,
        sum(net_amount) as revenue,
        count(case when sale_line_count > 0 then 1 end) as order_count
    from fct_invoice
    where
        line_count > 0
        and invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by invoice_date

)
"""

_WEEKDAYS = """
select
    cast(extract(isodow from invoice_date) as integer) as day_of_week,
    sum(revenue) as revenue,
    cast(sum(order_count) as bigint) as order_count,
    count(case when order_count > 0 then 1 end) as trading_day_count,
    cast(sum(order_count) as decimal(18, 4))
    / nullif(count(case when order_count > 0 then 1 end), 0) as orders_per_trading_day
from daily
group by extract(isodow from invoice_date)
order by day_of_week
"""

SALES_BY_WEEKDAY_OF_ALL = f"with\n{_DAYS_OF_ALL}\n{_WEEKDAYS}"
SALES_BY_WEEKDAY_OF_SOME = f"with\n{_DAYS_OF_SOME}\n{_WEEKDAYS}"

_CATEGORY_MONTHS_OF_ALL = """
category_months as (

    select
        category_id,
        cast(date_trunc('month', date_day) as date) as month_start,
        sum(revenue) as revenue
    from daily_category_sales
    where
        date_day between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by category_id, cast(date_trunc('month', date_day) as date)

)
"""

_CATEGORY_MONTHS_OF_SOME = """
category_months as (

    select category_id, invoice_month as month_start, sum(net_amount) as revenue
    from invoice_category
    where
        invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by category_id, invoice_month

)
"""

# A category's revenue of a calendar month over that of all its months; the months are whole years,
# so that each calendar month is in them equally often. An even share is 1/12; a peak is a month of
# at least twice that, and a category with a peak is called seasonal; what has no category is not.
_SEASONALITY = """
category_calendar_months as (

    select
        category_id,
        extract(month from month_start) as calendar_month,
        sum(revenue) as revenue
    from category_months
    group by category_id, extract(month from month_start)

),

categories_ranked as (

    select
        category_id,
        sum(revenue) as category_revenue,
        max(revenue) as strongest_revenue,
        row_number() over (order by sum(revenue) desc, category_id) as category_rank
    from category_calendar_months
    group by category_id

),

calendar_months as (

    select month as calendar_month
    from dim_date
    group by month

)

select
    categories_ranked.category_id,
    categories.category_name,
    categories_ranked.category_rank,
    calendar_months.calendar_month,
    coalesce(category_calendar_months.revenue, 0) as revenue,
    categories_ranked.category_revenue,
    case
        when categories_ranked.category_revenue > 0
            then coalesce(category_calendar_months.revenue, 0) / categories_ranked.category_revenue
    end as month_share,
    categories_ranked.category_id <> '__uncategorised__'
    and categories_ranked.category_revenue > 0
    and 12 * categories_ranked.strongest_revenue >= 2 * categories_ranked.category_revenue
        as is_seasonal,
    categories_ranked.category_revenue > 0
    and coalesce(category_calendar_months.revenue, 0) = categories_ranked.strongest_revenue
        as is_strongest,
    categories_ranked.category_id <> '__uncategorised__'
    and categories_ranked.category_revenue > 0
    and 12 * coalesce(category_calendar_months.revenue, 0)
    >= 2 * categories_ranked.category_revenue as is_peak
from categories_ranked
cross join calendar_months
inner join dim_category as categories on categories_ranked.category_id = categories.category_id
left join category_calendar_months
    on
        categories_ranked.category_id = category_calendar_months.category_id
        and calendar_months.calendar_month = category_calendar_months.calendar_month
order by categories_ranked.category_rank, calendar_months.calendar_month
limit 6000
"""

SEASONALITY_OF_ALL = f"with\n{_CATEGORY_MONTHS_OF_ALL},\n{_SEASONALITY}"
SEASONALITY_OF_SOME = f"with\n{_CATEGORY_MONTHS_OF_SOME},\n{_SEASONALITY}"

_ONE_CATEGORY = """
select month_start, revenue, month_start < $open_month as is_complete
from category_months
where category_id = $category
order by month_start
"""

CATEGORY_MONTHS_OF_ALL = f"with\n{_CATEGORY_MONTHS_OF_ALL}\n{_ONE_CATEGORY}"
CATEGORY_MONTHS_OF_SOME = f"with\n{_CATEGORY_MONTHS_OF_SOME}\n{_ONE_CATEGORY}"

# --- Customer ---------------------------------------------------------------------------------

CUSTOMER_MATCHES = """
select customer_id, customer_name, count(*) over () as match_count
from customer_360
where
    cast($search as text) is null
    or strpos(lower(customer_name), lower($search)) > 0
    or strpos(lower(customer_id), lower($search)) > 0
order by customer_name, customer_id
limit 50
"""

CUSTOMER = """
select
    customers.*,
    locations.location_name,
    churn.reason_1,
    churn.reason_2,
    churn.not_scored_reason as churn_not_scored_reason,
    lifetime_values.predicted_lower,
    lifetime_values.predicted_upper,
    lifetime_values.not_scored_reason as value_not_scored_reason,
    wallets.peer_group,
    wallets.peer_customer_count,
    wallets.peer_benchmark_spend,
    wallets.no_benchmark_reason
from customer_360 as customers
inner join customer_churn as churn on customers.customer_id = churn.customer_id
inner join customer_lifetime_value as lifetime_values
    on customers.customer_id = lifetime_values.customer_id
inner join share_of_wallet as wallets on customers.customer_id = wallets.customer_id
left join dim_location as locations on customers.location_id = locations.location_id
where customers.customer_id = $customer
"""

CUSTOMER_ACTIONS = f"""
select
    actions.action_id,
    actions.action_type,
    coalesce(kinds.kind_name, actions.action_type) as kind_name,
    actions.item_id,
    actions.category_id,
    coalesce(items.item_name, categories.category_name) as about,
    actions.expected_value,
    actions.probability,
    actions.suggested_quantity,
    actions.reason,
    actions.expires_on,
    actions.rank_for_rep,
    actions.is_holdout
from next_best_action as actions
left join {_ACTION_KINDS} on actions.action_type = kinds.action_type
left join dim_item as items on actions.item_id = items.item_id
left join dim_category as categories on actions.category_id = categories.category_id
where actions.customer_id = $customer
order by actions.expected_value desc, actions.action_id
"""

# Dense from the first month of trade; a month without any has spent nothing.
CUSTOMER_MONTHS = """
with

days as (

    select
        cast(date_trunc('month', invoice_date) as date) as month_start,
        sum(spend) as spend,
        sum(order_count) as order_count
    from customer_trading_day
    where customer_id = $customer
    group by cast(date_trunc('month', invoice_date) as date)

),

months as (

    select month_start, max(date_day) as last_day
    from dim_date
    where month_start >= (select min(days.month_start) from days) and month_start <= $as_of_date
    group by month_start

)

select
    months.month_start as period_start,
    months.last_day as period_end,
    coalesce(days.spend, 0) as spend,
    cast(coalesce(days.order_count, 0) as bigint) as order_count,
    months.last_day <= $as_of_date as is_complete
from months
left join days on months.month_start = days.month_start
order by months.month_start
"""

CUSTOMER_CHURN = """
select
    risks.category_id,
    categories.category_name,
    penetration.total_spend,
    risks.prev_spend,
    risks.recent_spend,
    risks.drop_pct,
    risks.churn_flag,
    risks.is_at_risk,
    risks.value_at_risk,
    risks.reason,
    risks.is_scored,
    risks.not_scored_reason,
    risks.window_days
from churn_risk as risks
inner join dim_category as categories on risks.category_id = categories.category_id
inner join category_penetration as penetration
    on risks.customer_id = penetration.customer_id and risks.category_id = penetration.category_id
where risks.customer_id = $customer
order by risks.is_at_risk desc, risks.value_at_risk desc, risks.category_id
"""

# What the customer does not buy: never did, has returned all, or no longer does.
CUSTOMER_MISSING_CATEGORIES = """
select
    penetration.customer_id,
    penetration.category_id,
    categories.category_name,
    penetration.penetration_status,
    penetration.has_category,
    penetration.total_spend,
    penetration.last_invoice_date,
    penetration.peer_penetration_ratio,
    penetration.expected_spend,
    penetration.adoption_probability,
    penetration.no_benchmark_reason
from category_penetration as penetration
inner join dim_category as categories on penetration.category_id = categories.category_id
where
    penetration.customer_id = $customer
    and (penetration.has_category = 0 or penetration.penetration_status = 'lapsed')
order by
    case penetration.penetration_status when 'never' then 1 else 0 end,
    coalesce(penetration.expected_spend, 0) desc,
    penetration.category_id
"""

CUSTOMER_CATEGORIES = """
select
    penetration.category_id,
    categories.category_name,
    penetration.total_spend,
    penetration.last_invoice_date,
    penetration.penetration_status
from category_penetration as penetration
inner join dim_category as categories on penetration.category_id = categories.category_id
where penetration.customer_id = $customer and penetration.has_category = 1
order by penetration.total_spend desc, penetration.category_id
"""

CUSTOMER_RECOMMENDATIONS = """
select
    recommendations.item_id,
    items.item_name,
    categories.category_name,
    recommendations.evidence_item_id,
    recommendations.reason,
    recommendations.suggested_quantity,
    recommendations.purchase_probability,
    recommendations.expected_revenue,
    recommendations.not_scored_reason
from item_recommendation as recommendations
inner join dim_item as items on recommendations.item_id = items.item_id
inner join dim_category as categories on items.category_id = categories.category_id
where recommendations.customer_id = $customer
order by recommendations.rank, recommendations.item_id
"""

CUSTOMER_REORDERS = """
select
    reorders.item_id,
    items.item_name,
    reorders.due_date,
    reorders.overdue_days,
    reorders.last_invoice_date,
    reorders.suggested_quantity,
    reorders.purchase_probability,
    reorders.expected_revenue,
    reorders.reason,
    reorders.not_scored_reason
from item_reorder_due as reorders
inner join dim_item as items on reorders.item_id = items.item_id
where reorders.customer_id = $customer
order by reorders.rank, reorders.item_id
"""

CUSTOMER_INVOICES = """
select
    invoices.invoice_id,
    invoices.invoice_date,
    invoices.invoice_type,
    locations.location_name,
    invoices.line_count,
    invoices.net_amount,
    count(*) over () as invoice_count
from fct_invoice as invoices
inner join dim_location as locations on invoices.location_id = locations.location_id
where invoices.customer_id = $customer and invoices.invoice_date <= $as_of_date
order by invoices.invoice_date desc, invoices.invoice_key desc
limit 200
"""

# --- Invoice lines ----------------------------------------------------------------------------

# Names of what the address filters by; null where it is not there, or not for this viewer.
LINES_FILTERS = """
select
    customers.customer_name,
    categories.category_name,
    items.item_name,
    locations.location_name,
    channels.channel_name,
    (
        select max(region) from dim_customer where region = cast($region as text)
    ) as region_name,
    invoices.invoice_id,
    invoices.customer_id as invoice_customer_id,
    invoices.invoice_date
from clock
left join dim_customer as customers on customers.customer_id = cast($customer as text)
left join dim_category as categories on categories.category_id = cast($category as text)
left join dim_item as items on items.item_id = cast($item as text)
left join dim_location as locations on locations.location_id = cast($location as text)
left join dim_channel as channels on channels.channel_id = cast($channel as text)
left join fct_invoice as invoices on invoices.invoice_id = cast($invoice as text)
"""

# An empty region is that of customers without one. An adjustment is an invoice of its own, so what
# is asked of whole invoices is spend, too.
_INVOICES_THAT_PASS = """
    invoice_date between $start_date and $end_date
    and (cast($customer as text) is null or customer_id = $customer)
    and (cast($location as text) is null or location_id = $location)
    and (cast($channel as text) is null or channel_id = $channel)
    and (cast($invoice as text) is null or invoice_id = $invoice)
    and (
        cast($region as text) is null
        or customer_id in (
            select customer_id from dim_customer where coalesce(region, '') = $region
        )
    )"""

_LINES_THAT_PASS = f"""{_INVOICES_THAT_PASS}
    and (cast($category as text) is null or category_id = $category)
    and (cast($item as text) is null or item_id = $item)
    and (
        cast($kind as text) is null
        or (cast($kind as text) = 'spend' and line_type in ('sale', 'return'))
        or (cast($kind as text) = 'sales' and line_type = 'sale')
    )"""

LINE_TOTALS = f"""
select
    count(*) as line_count,
    count(distinct invoice_key) as invoice_count,
    sum(net_amount) as net_amount,
    sum(case when line_type in ('sale', 'return') then quantity end) as quantity,
    sum(margin_amount) as margin_amount,
    sum(margin_amount) / nullif(sum(case when margin_amount is not null then net_amount end), 0)
        as margin_ratio
from fct_invoice_line
where {_LINES_THAT_PASS}
"""

# The same of whole invoices, which add their lines up already: quick for all of a company.
LINE_TOTALS_OF_INVOICES = f"""
select
    coalesce(cast(sum(line_count) as bigint), 0) as line_count,
    count(*) as invoice_count,
    sum(net_amount) as net_amount,
    sum(quantity) as quantity,
    sum(margin_amount) as margin_amount,
    sum(margin_amount) / nullif(sum(costed_amount), 0) as margin_ratio
from fct_invoice
where
    line_count > 0
    and (cast($kind as text) is null or invoice_type <> 'adjustment')
    and {_INVOICES_THAT_PASS}
"""

LINES = f"""
with

newest as (

    select *
    from fct_invoice_line
    where {_LINES_THAT_PASS}
    order by invoice_date desc, invoice_key desc, line_number
    limit 1000

)

select
    newest.invoice_date,
    newest.invoice_id,
    newest.customer_id,
    customers.customer_name,
    items.item_name,
    categories.category_name,
    newest.line_type,
    newest.quantity,
    newest.unit_price,
    newest.net_amount,
    newest.margin_amount
from newest
inner join dim_customer as customers on newest.customer_id = customers.customer_id
inner join dim_item as items on newest.item_id = items.item_id
inner join dim_category as categories on newest.category_id = categories.category_id
order by newest.invoice_date desc, newest.invoice_key desc, newest.line_number
"""

# --- My customers -----------------------------------------------------------------------------

# What is typed is looked for as it is, in the name and in the code; no sign of it means anything.
_CHOSEN_CUSTOMERS = """
    select
        customer_id,
        customer_name,
        region,
        customer_segment,
        rfm_segment,
        sales_rep_name,
        last_purchase_date,
        value_at_risk,
        peer_gap,
        churn_probability
    from customer_360
    where
        (
            cast($search as text) is null
            or position(lower(cast($search as text)) in lower(customer_name)) > 0
            or position(lower(cast($search as text)) in lower(customer_id)) > 0
        )
        and (cast($region as text) is null or region = $region)
        and (cast($segment as text) is null or customer_segment = $segment)
        and (cast($rfm as text) is null or rfm_segment = $rfm)
"""

# Looked up for the rows that are listed, which the table's index on customers makes quick.
_IS_HELD_OUT = """
    exists (
        select 1 from next_best_action as actions
        where actions.customer_id = listed.customer_id and actions.is_holdout
    ) as is_holdout
"""

CUSTOMER_ATTRIBUTES = """
select region, customer_segment, rfm_segment
from customer_360
group by region, customer_segment, rfm_segment
order by region, customer_segment, rfm_segment
"""

CUSTOMERS_TOTALS = f"""
with

customers as (
{_CHOSEN_CUSTOMERS}
)

select
    count(*) as customer_count,
    coalesce(sum(value_at_risk), 0) as value_at_risk,
    exists (select 1 from customer_360) as has_customers
from customers
"""

ACTIONS_TOTALS = f"""
with

customers as (
{_CHOSEN_CUSTOMERS}
)

select
    count(case when not actions.is_holdout then 1 end) as action_count,
    coalesce(sum(case when not actions.is_holdout then actions.expected_value end), 0)
        as expected_value,
    count(distinct case when actions.is_holdout then actions.customer_id end)
        as held_out_customer_count,
    count(case when actions.is_holdout then 1 end) as held_out_action_count,
    exists (select 1 from next_best_action) as has_actions
from next_best_action as actions
inner join customers on actions.customer_id = customers.customer_id
left join dim_item as items on actions.item_id = items.item_id
where
    (cast($kind as text) is null or actions.action_type = $kind)
    and (
        cast($category as text) is null
        or coalesce(actions.category_id, items.category_id) = $category
    )
"""

NO_ACTION_FILTER = dict.fromkeys(("search", "region", "segment", "rfm", "category", "kind"))
"""The values of ACTIONS that leave nothing out."""

# Of a rep's own list in the mart's order; of the lists of several reps by expected value.
ACTIONS = f"""
with

customers as (
{_CHOSEN_CUSTOMERS}
),

actions as (

    select
        actions.*,
        customers.customer_name,
        customers.region,
        customers.sales_rep_name,
        items.item_name
    from next_best_action as actions
    inner join customers on actions.customer_id = customers.customer_id
    left join dim_item as items on actions.item_id = items.item_id
    where
        not actions.is_holdout
        and (cast($kind as text) is null or actions.action_type = $kind)
        and (
            cast($category as text) is null
            or coalesce(actions.category_id, items.category_id) = $category
        )
    order by
        case when $is_own_list then actions.rank_for_rep end,
        actions.expected_value desc,
        actions.probability desc,
        actions.customer_id,
        actions.action_type
    limit $limit

)

select
    case
        when $is_own_list then actions.rank_for_rep
        else row_number() over (
            order by
                actions.expected_value desc,
                actions.probability desc,
                actions.customer_id,
                actions.action_type
        )
    end as place,
    actions.customer_id,
    actions.customer_name,
    coalesce(kinds.kind_name, actions.action_type) || coalesce(
        ': ' || coalesce(
            actions.item_name,
            categories.category_name,
            case when actions.action_type = 'win_back' then 'the customer' end
        ),
        ''
    ) as what_to_do,
    actions.expected_value,
    actions.probability,
    actions.reason,
    actions.suggested_quantity,
    actions.expires_on,
    coalesce(actions.region, 'No region') as region,
    coalesce(actions.sales_rep_name, 'No sales rep') as sales_rep_name
from actions
left join {_ACTION_KINDS} on actions.action_type = kinds.action_type
left join dim_category as categories on actions.category_id = categories.category_id
order by place, actions.customer_id, actions.action_type
"""

# Why there may be no action: the reasons that most customers share.
ACTIONS_MISSING_REASONS = """
with

reasons as (

    select 'Churn' as score, not_scored_reason as reason, customer_id
    from customer_churn
    where not_scored_reason is not null
    union all
    select 'Wallet' as score, no_benchmark_reason as reason, customer_id
    from share_of_wallet
    where no_benchmark_reason is not null

)

select score, reason, count(*) as customer_count
from reasons
group by score, reason
order by customer_count desc, score, reason
limit 3
"""

CUSTOMERS_TO_LOOK_AT = f"""
with

customers as (
{_CHOSEN_CUSTOMERS}
    order by value_at_risk desc, peer_gap desc nulls last, customer_id
    limit $limit

)

select
    customers.customer_id,
    customers.customer_name,
    customers.value_at_risk,
    customers.peer_gap,
    items.item_name,
    recommendations.reason,
    coalesce(customers.region, 'No region') as region,
    coalesce(customers.sales_rep_name, 'No sales rep') as sales_rep_name
from customers
left join item_recommendation as recommendations
    on customers.customer_id = recommendations.customer_id and recommendations.rank = 1
left join dim_item as items on recommendations.item_id = items.item_id
order by
    customers.value_at_risk desc,
    customers.peer_gap desc nulls last,
    customers.customer_id
"""

CUSTOMER_LIST = f"""
with

listed as (
{_CHOSEN_CUSTOMERS}
    order by customer_name, customer_id
    limit $limit

)

select
    listed.customer_id,
    listed.customer_name,
    coalesce(listed.region, 'No region') as region,
    coalesce(listed.customer_segment, 'No segment') as customer_segment,
    listed.rfm_segment,
    coalesce(listed.sales_rep_name, 'No sales rep') as sales_rep_name,
    listed.last_purchase_date,
    listed.value_at_risk,
    listed.peer_gap,
    listed.churn_probability,
{_IS_HELD_OUT}
from listed
order by listed.customer_name, listed.customer_id
"""

# --- Top lists --------------------------------------------------------------------------------

TOP_OPPORTUNITIES_TOTALS = """
select
    count(*) as action_count,
    count(case when not is_holdout then 1 end) as total,
    count(distinct case when is_holdout then customer_id end) as held_out_customer_count
from next_best_action
"""

TOP_GAPS = f"""
with

listed as (

    select *
    from share_of_wallet
    where case when $by_peers then peer_gap else opportunity_gap end > 0
    order by case when $by_peers then peer_gap else opportunity_gap end desc, customer_id
    limit $limit

)

select
    listed.customer_id,
    customers.customer_name,
    listed.peer_gap,
    listed.peer_benchmark_spend,
    listed.peer_group,
    listed.peer_customer_count,
    listed.opportunity_gap,
    listed.actual_spend,
    coalesce(customers.region, 'No region') as region,
    coalesce(customers.sales_rep_name, 'No sales rep') as sales_rep_name,
{_IS_HELD_OUT}
from listed
inner join customer_360 as customers on listed.customer_id = customers.customer_id
order by
    case when $by_peers then listed.peer_gap else listed.opportunity_gap end desc,
    listed.customer_id
"""

TOP_GAPS_TOTALS = """
select
    count(*) as customer_count,
    count(case when is_scored then 1 end) as scored_count,
    count(case when case when $by_peers then peer_gap else opportunity_gap end > 0 then 1 end)
        as total,
    max(avg_spend) as avg_spend,
    max(no_benchmark_reason) as reason
from share_of_wallet
"""

TOP_CATEGORY_RISKS = f"""
with

listed as (

    select *
    from churn_risk
    where is_at_risk
    order by value_at_risk desc, customer_id, category_id
    limit $limit

)

select
    listed.customer_id,
    customers.customer_name,
    categories.category_name,
    listed.value_at_risk,
    listed.prev_spend,
    listed.recent_spend,
    listed.drop_pct,
    listed.reason,
    coalesce(customers.region, 'No region') as region,
    coalesce(customers.sales_rep_name, 'No sales rep') as sales_rep_name,
{_IS_HELD_OUT}
from listed
inner join customer_360 as customers on listed.customer_id = customers.customer_id
inner join dim_category as categories on listed.category_id = categories.category_id
order by listed.value_at_risk desc, listed.customer_id, listed.category_id
"""

TOP_CATEGORY_RISKS_TOTALS = """
select
    count(*) as row_count,
    count(case when is_scored then 1 end) as scored_count,
    count(case when is_at_risk then 1 end) as total,
    sum(case when is_at_risk then value_at_risk end) as value_at_risk,
    max(not_scored_reason) as reason
from churn_risk
"""

# What a customer at risk is worth is said by their win-back action: spend times probability.
TOP_CUSTOMER_RISKS = f"""
with

listed as (

    select
        churn.customer_id,
        churn.churn_probability,
        churn.reason_1 as reason,
        actions.expected_revenue
    from customer_churn as churn
    left join next_best_action as actions
        on
            churn.customer_id = actions.customer_id
            and actions.action_type = 'win_back'
            and actions.category_id is null
    where churn.churn_band = 'high'
    order by
        actions.expected_revenue desc nulls last,
        churn.churn_probability desc,
        churn.customer_id
    limit $limit

)

select
    listed.customer_id,
    customers.customer_name,
    listed.expected_revenue,
    listed.churn_probability,
    listed.reason,
    customers.last_purchase_date,
    customers.actual_spend,
    customers.predicted_value,
    coalesce(customers.region, 'No region') as region,
    coalesce(customers.sales_rep_name, 'No sales rep') as sales_rep_name,
{_IS_HELD_OUT}
from listed
inner join customer_360 as customers on listed.customer_id = customers.customer_id
order by
    listed.expected_revenue desc nulls last, listed.churn_probability desc, listed.customer_id
"""

TOP_CUSTOMER_RISKS_TOTALS = """
select
    count(*) as customer_count,
    count(case when is_scored then 1 end) as scored_count,
    count(case when churn_band = 'high' then 1 end) as total,
    count(case when churn_band = 'lapsed' then 1 end) as lapsed_count,
    max(not_scored_reason) as reason
from customer_churn
"""

TOP_REORDERS = f"""
with

listed as (

    select *
    from item_reorder_due
    where due_date <= as_of_date
    order by expected_revenue desc nulls last, customer_id, item_id
    limit $limit

)

select
    listed.customer_id,
    customers.customer_name,
    items.item_name,
    listed.expected_revenue,
    listed.purchase_probability,
    listed.suggested_quantity,
    listed.last_invoice_date,
    listed.due_date,
    listed.overdue_days,
    listed.reason,
    coalesce(customers.region, 'No region') as region,
    coalesce(customers.sales_rep_name, 'No sales rep') as sales_rep_name,
{_IS_HELD_OUT}
from listed
inner join customer_360 as customers on listed.customer_id = customers.customer_id
inner join dim_item as items on listed.item_id = items.item_id
order by listed.expected_revenue desc nulls last, listed.customer_id, listed.item_id
"""

TOP_REORDERS_TOTALS = """
select
    count(*) as row_count,
    count(case when due_date <= as_of_date then 1 end) as total,
    count(case when due_date <= as_of_date then expected_revenue end) as scored_count,
    max(not_scored_reason) as reason
from item_reorder_due
"""

TOP_RULES = """
select
    rules.rule_rank,
    rules.from_item_id,
    from_items.item_name as from_item_name,
    to_items.item_name as to_item_name,
    rules.adjusted_lift,
    rules.confidence,
    rules.basket_count,
    rules.expected_count,
    rules.from_basket_count,
    rules.to_basket_count,
    rules.q_value,
    rules.is_significant
from basket_rule as rules
inner join dim_item as from_items on rules.from_item_id = from_items.item_id
inner join dim_item as to_items on rules.to_item_id = to_items.item_id
order by rules.rule_rank
limit $limit
"""

TOP_RULES_TOTALS = """
select
    count(*) as total,
    count(case when is_significant then 1 end) as significant_count,
    max(total_basket_count) as total_basket_count
from basket_rule
"""

TOP_CUSTOMERS = """
select
    customer_id,
    customer_name,
    predicted_value,
    is_whale,
    value_tier,
    actual_spend,
    last_purchase_date,
    churn_probability,
    coalesce(region, 'No region') as region,
    coalesce(sales_rep_name, 'No sales rep') as sales_rep_name
from customer_360
where predicted_value is not null
order by predicted_value desc, customer_id
limit $limit
"""

TOP_CUSTOMERS_TOTALS = """
select
    count(*) as customer_count,
    count(predicted_value) as total,
    count(case when is_whale then 1 end) as whale_count,
    max(not_scored_reason) as reason
from customer_lifetime_value
"""

# --- Customers --------------------------------------------------------------------------------

_SHOWN_CUSTOMERS = """
    select
        customer_id,
        customer_name,
        coalesce(region, 'No region') as region,
        coalesce(sales_rep_name, 'No sales rep') as sales_rep_name,
        coalesce(rfm_segment, 'No order yet') as rfm_segment,
        first_purchase_date,
        last_purchase_date,
        recency_days,
        frequency,
        monetary,
        revenue,
        churn_probability,
        churn_band,
        predicted_value,
        value_tier,
        is_whale
    from customer_360
    where
        (cast($segment as text) is null or customer_segment = $segment)
        and (cast($region as text) is null or region = $region)
        and (cast($location as text) is null or location_id = $location)
"""

CUSTOMERS_CARDS = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select
    count(*) as customer_count,
    count(first_purchase_date) as buyer_count,
    count(case when is_whale then 1 end) as whale_count,
    count(churn_probability) as churn_scored_count,
    count(case when churn_band = 'high' then 1 end) as high_count,
    count(case when churn_band = 'lapsed' then 1 end) as lapsed_count,
    count(predicted_value) as value_scored_count,
    avg(predicted_value) as average_predicted_value
from customers
"""

# The shares are of all customers with an order, and of all their revenue.
RFM_SEGMENTS = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select
    rfm_segment,
    count(*) as customer_count,
    cast(count(*) as double precision) / sum(count(*)) over () as customer_share,
    sum(revenue) as revenue,
    cast(sum(revenue) as double precision) / nullif(sum(sum(revenue)) over (), 0) as revenue_share,
    avg(recency_days) as average_recency_days,
    avg(frequency) as average_frequency,
    avg(predicted_value) as average_predicted_value
from customers
where first_purchase_date is not null
group by rfm_segment
order by revenue desc, rfm_segment
"""

RECENCY_AND_FREQUENCY = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select customer_id, customer_name, rfm_segment, recency_days, frequency, monetary
from customers
where first_purchase_date is not null
order by monetary desc, customer_id
limit $limit
"""

WHALES = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select *
from customers
where is_whale
order by predicted_value desc, customer_id
limit $limit
"""

LAPSING_CUSTOMERS = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select customers.*, churn.reason_1
from customers
inner join customer_churn as churn on customers.customer_id = churn.customer_id
where
    customers.churn_band in ('high', 'lapsed')
    and (cast($band as text) is null or customers.churn_band = $band)
order by customers.monetary desc, customers.customer_id
limit $limit
"""

# A bucket holds its start and not its end, which is null where it has none.
_CUSTOMERS_BY_VALUE = f"""
with

buckets as (

    select *
    from
        (
            values (0, 50), (50, 100), (100, 250), (250, 500), (500, null)
        ) as bounds (bucket_start, bucket_end)

),

customers as (
{_SHOWN_CUSTOMERS}
),

customers_by_value as (

    select
        buckets.bucket_start,
        buckets.bucket_end,
        customers.*
    from buckets
    left join customers
        on
            customers.predicted_value >= buckets.bucket_start
            and (
                buckets.bucket_end is null
                or customers.predicted_value < buckets.bucket_end
            )

)
"""

VALUE_BUCKETS = f"""{_CUSTOMERS_BY_VALUE}
select
    bucket_start,
    bucket_end,
    count(customer_id) as customer_count,
    cast(count(customer_id) as double precision) / nullif(sum(count(customer_id)) over (), 0)
        as customer_share,
    coalesce(sum(predicted_value), 0) as predicted_value,
    coalesce(sum(revenue), 0) as revenue,
    cast(sum(revenue) as double precision) / nullif(sum(sum(revenue)) over (), 0) as revenue_share
from customers_by_value
group by bucket_start, bucket_end
order by bucket_start
"""

CUSTOMERS_OF_VALUE_BUCKET = f"""{_CUSTOMERS_BY_VALUE}
select *
from customers_by_value
where customer_id is not null and bucket_start = $bucket_start
order by predicted_value desc, customer_id
limit $limit
"""

VALUE_TIERS = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select
    value_tier,
    count(*) as customer_count,
    cast(count(*) as double precision) / sum(count(*)) over () as customer_share,
    sum(predicted_value) as predicted_value,
    sum(revenue) as revenue,
    cast(sum(revenue) as double precision) / nullif(sum(sum(revenue)) over (), 0) as revenue_share
from customers
where value_tier is not null
group by value_tier
order by min(predicted_value), value_tier
"""

VALUE_NOT_SCORED = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select values_of_customers.not_scored_reason, count(*) as customer_count
from customers
inner join customer_lifetime_value as values_of_customers
    on customers.customer_id = values_of_customers.customer_id
where not values_of_customers.is_scored
group by values_of_customers.not_scored_reason
order by customer_count desc, values_of_customers.not_scored_reason
"""

_ORDERS_OF_PERIOD = """
    select
        customer_id,
        count(case when sale_line_count > 0 then 1 end) as order_count,
        sum(case when invoice_type <> 'adjustment' then net_amount end) as spend
    from fct_invoice
    where invoice_date between $start_date and $end_date
    group by customer_id
"""

# The same of all time, which need not be counted anew.
_ORDERS_OF_ALL_TIME = """
    select customer_id, sale_invoice_count as order_count, net_spend as spend
    from customer_activity
"""

# Who is new is said by the first order of all, not by there being one in the period.
_CUSTOMERS_BY_ORDERS = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
),

orders as (
{{orders}}
),

customers_by_orders as (

    select
        customers.*,
        orders.order_count,
        orders.spend,
        case
            when orders.order_count >= 10 then 'VIP'
            when orders.order_count >= 5 then 'Loyal'
            when orders.order_count >= 2 then 'Regular'
            when customers.first_purchase_date >= $start_date then 'New'
            else 'Once'
        end as order_group
    from customers
    inner join orders on customers.customer_id = orders.customer_id
    where orders.order_count > 0

)
"""

_ORDER_GROUPS = f"""{_CUSTOMERS_BY_ORDERS}
select
    groups.order_group,
    groups.order_group_name,
    count(customers_by_orders.customer_id) as customer_count,
    cast(count(customers_by_orders.customer_id) as double precision)
    / nullif(sum(count(customers_by_orders.customer_id)) over (), 0) as customer_share,
    cast(coalesce(sum(customers_by_orders.order_count), 0) as bigint) as order_count,
    coalesce(sum(customers_by_orders.spend), 0) as spend
from
    (
        values
        (1, 'VIP', 'VIP, 10 or more orders'),
        (2, 'Loyal', 'Loyal, 5 to 9'),
        (3, 'Regular', 'Regular, 2 to 4'),
        (4, 'New', 'New, 1, their first'),
        (5, 'Once', 'Once, 1, not their first')
    ) as groups (group_rank, order_group, order_group_name)
left join customers_by_orders on groups.order_group = customers_by_orders.order_group
group by groups.group_rank, groups.order_group, groups.order_group_name
order by groups.group_rank
"""

_CUSTOMERS_OF_ORDER_GROUP = f"""{_CUSTOMERS_BY_ORDERS}
select *
from customers_by_orders
where order_group = $order_group
order by spend desc, customer_id
limit $limit
"""

ORDER_GROUPS = _ORDER_GROUPS.format(orders=_ORDERS_OF_PERIOD)
ORDER_GROUPS_OF_ALL_TIME = _ORDER_GROUPS.format(orders=_ORDERS_OF_ALL_TIME)
CUSTOMERS_OF_ORDER_GROUP = _CUSTOMERS_OF_ORDER_GROUP.format(orders=_ORDERS_OF_PERIOD)
CUSTOMERS_OF_ORDER_GROUP_OF_ALL_TIME = _CUSTOMERS_OF_ORDER_GROUP.format(orders=_ORDERS_OF_ALL_TIME)

CUSTOMERS_OF_RFM_SEGMENT = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select *
from customers
where rfm_segment = $rfm
order by monetary desc, customer_id
limit $limit
"""

CUSTOMERS_OF_TIER = f"""
with

customers as (
{_SHOWN_CUSTOMERS}
)

select *
from customers
where value_tier = $tier
order by predicted_value desc, customer_id
limit $limit
"""

# --- Cohorts ----------------------------------------------------------------------------------

# The mart is of the whole company. Whoever sees only some customers adds up theirs, by the same
# cells; a cohort is those who buy in its first month.
_CELLS_OF_ALL = """
cells as (

    select
        cohort_month,
        cohort_index,
        period_month,
        cohort_size,
        active_customers,
        retention_rate,
        revenue,
        margin,
        is_complete
    from cohort_retention

)
"""

_CELLS_OF_SOME = """
monthly_activity as (

    select
        cohort_month,
        period_month,
        count(case when is_active then 1 end) as active_customers,
        sum(spend) as revenue,
        sum(margin_amount) as margin
    from customer_month
    group by cohort_month, period_month

),

cells as (

    select
        months.cohort_month,
        months.cohort_index,
        months.period_month,
        cohorts.active_customers as cohort_size,
        coalesce(monthly_activity.active_customers, 0) as active_customers,
        cast(coalesce(monthly_activity.active_customers, 0) as double precision)
        / cohorts.active_customers as retention_rate,
        coalesce(monthly_activity.revenue, 0) as revenue,
        monthly_activity.margin,
        months.is_complete
    from cohort_retention as months
    inner join monthly_activity as cohorts
        on
            months.cohort_month = cohorts.cohort_month
            and months.cohort_month = cohorts.period_month
    left join monthly_activity
        on
            months.cohort_month = monthly_activity.cohort_month
            and months.period_month = monthly_activity.period_month
    where cohorts.active_customers > 0

)
"""

_COHORTS = """
select *
from cells
order by cohort_month, cohort_index
"""

COHORTS_OF_ALL = f"with\n{_CELLS_OF_ALL}\n{_COHORTS}"
COHORTS_OF_SOME = f"with\n{_CELLS_OF_SOME}\n{_COHORTS}"

# By months since the first order, all cohorts whose month is over, the latest of them, and those
# just before the latest.
_COHORTS_TOGETHER = """
complete_cells as (

    select
        cohort_month,
        cohort_index,
        active_customers,
        cohort_size,
        row_number() over (partition by cohort_index order by cohort_month desc) as recency_rank
    from cells
    where is_complete

),

ranked_cells as (

    select
        *,
        recency_rank <= $latest as is_latest,
        recency_rank > $latest and recency_rank <= $latest + $earlier as is_earlier
    from complete_cells

),

cohorts_together as (

    select
        cohort_index,
        cast(sum(active_customers) as bigint) as active_customers,
        cast(sum(cohort_size) as bigint) as cohort_size,
        cast(sum(case when is_latest then active_customers end) as bigint) as latest_active,
        cast(sum(case when is_latest then cohort_size end) as bigint) as latest_size,
        min(case when is_latest then cohort_month end) as latest_first,
        max(case when is_latest then cohort_month end) as latest_last,
        cast(sum(case when is_earlier then active_customers end) as bigint) as earlier_active,
        cast(sum(case when is_earlier then cohort_size end) as bigint) as earlier_size,
        min(case when is_earlier then cohort_month end) as earlier_first,
        max(case when is_earlier then cohort_month end) as earlier_last
    from ranked_cells
    group by cohort_index

),

rates as (

    select
        *,
        cast(active_customers as double precision) / nullif(cohort_size, 0) as retention_rate,
        cast(latest_active as double precision) / nullif(latest_size, 0) as latest_rate,
        cast(earlier_active as double precision) / nullif(earlier_size, 0) as earlier_rate
    from cohorts_together

)

select *, 100 * (latest_rate - earlier_rate) as change_points
from rates
order by cohort_index
"""

COHORTS_TOGETHER_OF_ALL = f"with\n{_CELLS_OF_ALL},\n{_COHORTS_TOGETHER}"
COHORTS_TOGETHER_OF_SOME = f"with\n{_CELLS_OF_SOME},\n{_COHORTS_TOGETHER}"

COHORT_CUSTOMERS = """
select
    members.customer_id,
    customers.customer_name,
    cells.cohort_month,
    coalesce(customers.region, 'No region') as region,
    coalesce(customers.sales_rep_name, 'No sales rep') as sales_rep_name,
    coalesce(months.is_active, false) as is_active,
    coalesce(months.order_count, 0) as order_count,
    coalesce(months.spend, 0) as spend,
    months.margin_amount,
    customers.last_purchase_date,
    customers.monetary,
    count(*) over () as matching_count
from cohort_retention as cells
inner join customer_month as members
    on
        cells.cohort_month = members.cohort_month
        and cells.cohort_month = members.period_month
inner join customer_360 as customers on members.customer_id = customers.customer_id
left join customer_month as months
    on
        members.customer_id = months.customer_id
        and cells.period_month = months.period_month
where
    cells.cohort_month between $first_cohort and $last_cohort
    and cells.cohort_index = $index
    and members.is_active
    and (
        cast($bought as text) is null
        or (cast($bought as text) = 'yes') = coalesce(months.is_active, false)
    )
order by coalesce(months.spend, 0) desc, customers.monetary desc, members.customer_id
limit $limit
"""
