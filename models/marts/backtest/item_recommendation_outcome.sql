{# Grain: one row per method and customer with a purchase by as_of_date: how many of the items that
   the method put first were bought for the first time in the recommendation_horizon_days after it.
   No rows unless those days have passed. #}
{%- set list_length = var('recommendation_count') | int %}
with

closed_window as (

    select
        as_of_date,
        {{ add_days('as_of_date', var('recommendation_horizon_days')) }} as last_date
    from {{ ref('clock') }}
    where
        {{ add_days('as_of_date', var('recommendation_horizon_days')) }} <= last_invoice_date

),

owned_items as (

    select
        owned_items.customer_number,
        owned_items.item_number,
        owned_items.recency_rank,
        owned_items.customer_item_count,
        items.item_id
    from {{ ref('owned_item') }} as owned_items
    inner join closed_window
        on owned_items.as_of_date = closed_window.as_of_date
    inner join {{ ref('item_popularity') }} as items
        on
            owned_items.list_number = items.list_number
            and owned_items.item_number = items.item_number
    where owned_items.list_number = 0

),

ids as (

    select
        customer_number,
        min(customer_id) as customer_id
    from {{ ref('customer_item_day') }}
    group by customer_number

),

customers as (

    select
        owned_items.customer_number,
        owned_items.customer_item_count,
        ids.customer_id
    from owned_items
    inner join ids
        on owned_items.customer_number = ids.customer_number
    where owned_items.recency_rank = 1

),

-- What each customer bought for the first time; an item that nobody knew before has no number.
later_purchases as (

    select
        customers.customer_number,
        lines.item_id
    from {{ ref('fct_invoice_line') }} as lines
    inner join closed_window
        on
            lines.invoice_date > closed_window.as_of_date
            and lines.invoice_date <= closed_window.last_date
    inner join customers
        on lines.customer_id = customers.customer_id
    where lines.line_type = 'sale' and lines.is_product
    group by customers.customer_number, lines.item_id

),

first_purchases as (

    select
        later_purchases.customer_number,
        later_purchases.item_id,
        items.item_number
    from later_purchases
    left join owned_items
        on
            later_purchases.customer_number = owned_items.customer_number
            and later_purchases.item_id = owned_items.item_id
    left join {{ ref('item_popularity') }} as items
        on later_purchases.item_id = items.item_id and items.list_number = 0
    where owned_items.item_id is null

),

bought_counts as (

    select
        customer_number,
        count(*) as bought_count
    from first_purchases
    group by customer_number

),

popularity_windows as (

    select 30 as window_days
    union all
    select 90 as window_days

),

buyers as (

    select
        popularity_windows.window_days,
        days.item_number,
        count(distinct days.customer_number) as buyer_count
    from {{ ref('customer_item_day') }} as days
    inner join closed_window
        on days.as_of_date = closed_window.as_of_date
    inner join popularity_windows
        on
            {{ days_between('days.invoice_date', 'days.as_of_date') }}
            < popularity_windows.window_days
    inner join {{ ref('item_popularity') }} as items
        on days.item_number = items.item_number and items.list_number = 0
    where days.is_purchase and items.is_active
    group by popularity_windows.window_days, days.item_number

),

ranked_by_buyers as (

    select
        window_days,
        item_number,
        row_number() over (
            partition by window_days order by buyer_count desc, item_number
        ) as popularity_rank
    from buyers

),

popular_items as (

    select
        ranked_by_buyers.window_days,
        customers.customer_number,
        ranked_by_buyers.item_number,
        row_number() over (
            partition by ranked_by_buyers.window_days, customers.customer_number
            order by ranked_by_buyers.popularity_rank
        ) as list_rank
    from customers
    inner join ranked_by_buyers
        on
            ranked_by_buyers.popularity_rank
            <= customers.customer_item_count + {{ list_length }}
    left join owned_items
        on
            customers.customer_number = owned_items.customer_number
            and ranked_by_buyers.item_number = owned_items.item_number
    where owned_items.item_number is null

),

-- As many systems do: the rules of the customer's items by lift, whatever is owned or repeated.
-- What is not sold any more is shown by no method.
lift_rules as (

    select
        owned_items.customer_number,
        items.item_number,
        row_number() over (
            partition by owned_items.customer_number
            order by rules.lift desc, rules.confidence desc, rules.from_item_id, rules.to_item_id
        ) as list_rank
    from owned_items
    inner join {{ ref('basket_rule') }} as rules
        on owned_items.item_id = rules.from_item_id
    inner join {{ ref('item_popularity') }} as items
        on rules.to_item_id = items.item_id and items.list_number = 0
    where items.is_active

),

sides as (

    select 'a' as side
    union all
    select 'b' as side

),

directed_pairs as (

    select
        case when sides.side = 'a' then pairs.item_id_a else pairs.item_id_b end as from_item_id,
        case when sides.side = 'a' then pairs.item_id_b else pairs.item_id_a end as to_item_id,
        pairs.basket_count
    from {{ ref('basket_pair') }} as pairs
    cross join sides

),

shrunk_candidates as (

    select
        owned_items.customer_number,
        items.item_number,
        max(cast(
            {{ divide('pairs.basket_count', 'from_items.basket_count + 10') }} as decimal(28, 9)
        )) as shrunk_confidence
    from owned_items
    inner join directed_pairs as pairs
        on owned_items.item_id = pairs.from_item_id
    inner join {{ ref('basket_frequent_item') }} as from_items
        on pairs.from_item_id = from_items.item_id
    inner join {{ ref('item_popularity') }} as items
        on pairs.to_item_id = items.item_id and items.list_number = 0
    where items.is_active
    group by owned_items.customer_number, items.item_number

),

shrunk_rules as (

    select
        candidates.customer_number,
        candidates.item_number,
        row_number() over (
            partition by candidates.customer_number
            order by candidates.shrunk_confidence desc, candidates.item_number
        ) as list_rank
    from shrunk_candidates as candidates
    left join owned_items
        on
            candidates.customer_number = owned_items.customer_number
            and candidates.item_number = owned_items.item_number
    where owned_items.item_number is null

),

shown_items as (

    select 'item_recommendation' as method_name, customer_number, item_number, list_rank
    from {{ ref('recommendation_list') }}
    where list_number = 0
    union all
    select
        'popularity_' || cast(window_days as {{ type_text() }}) || '_days' as method_name,
        customer_number,
        item_number,
        list_rank
    from popular_items
    union all
    select 'basket_rules' as method_name, customer_number, item_number, list_rank
    from lift_rules
    union all
    select 'shrunk_rules' as method_name, customer_number, item_number, list_rank
    from shrunk_rules

),

-- An item that a list repeats is bought once.
hits as (

    select
        shown_items.method_name,
        shown_items.customer_number,
        count(distinct shown_items.item_number) as hit_count,
        count(distinct case when shown_items.list_rank <= 5 then shown_items.item_number end)
            as hit_count_at_5
    from shown_items
    inner join first_purchases
        on
            shown_items.customer_number = first_purchases.customer_number
            and shown_items.item_number = first_purchases.item_number
    where shown_items.list_rank <= {{ list_length }}
    group by shown_items.method_name, shown_items.customer_number

),

methods as (

    select 'item_recommendation' as method_name
    union all
    select 'popularity_30_days' as method_name
    union all
    select 'popularity_90_days' as method_name
    union all
    select 'basket_rules' as method_name
    union all
    select 'shrunk_rules' as method_name

)

select
    {{ as_of_date() }} as as_of_date,
    methods.method_name,
    customers.customer_id,
    {{ list_length }} as slot_count,
    cast(coalesce(hits.hit_count, 0) as bigint) as hit_count,
    cast(coalesce(hits.hit_count_at_5, 0) as bigint) as hit_count_at_5,
    cast(coalesce(bought_counts.bought_count, 0) as bigint) as bought_count
from customers
cross join methods
left join hits
    on
        customers.customer_number = hits.customer_number
        and methods.method_name = hits.method_name
left join bought_counts
    on customers.customer_number = bought_counts.customer_number
