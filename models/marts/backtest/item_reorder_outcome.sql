{# Grain: one row per method, horizon in days and customer with a purchase by as_of_date: how many
   of the items that the method put first were bought again within the horizon. No rows unless those
   days have passed. #}
{%- set list_length = var('reorder_count') | int %}
with

horizons as (

    select 30 as horizon_days
    union all
    select 90 as horizon_days

),

closed_windows as (

    select
        horizons.horizon_days,
        clock.as_of_date,
        {{ days_between('clock.as_of_date', 'clock.last_invoice_date') }} as later_days
    from {{ ref('clock') }} as clock
    cross join horizons
    where {{ days_between('clock.as_of_date', 'clock.last_invoice_date') }} >= horizons.horizon_days

),

closed_dates as (

    select as_of_date
    from closed_windows
    group by as_of_date

),

owned_items as (

    select
        owned_items.customer_number,
        owned_items.item_number,
        owned_items.customer_item_count,
        owned_items.recency_rank,
        items.is_active,
        row_number() over (
            partition by owned_items.customer_number, items.is_active
            order by
                owned_items.purchase_count desc,
                owned_items.last_purchase_date desc,
                owned_items.item_number
        ) as often_rank
    from {{ ref('owned_item') }} as owned_items
    inner join closed_dates
        on owned_items.as_of_date = closed_dates.as_of_date
    inner join {{ ref('item_popularity') }} as items
        on
            owned_items.list_number = items.list_number
            and owned_items.item_number = items.item_number
    where owned_items.list_number = 0

),

numbers as (

    select
        days.customer_number,
        days.item_number,
        days.customer_id,
        days.item_id
    from {{ ref('customer_item_day') }} as days
    inner join closed_dates
        on days.as_of_date = closed_dates.as_of_date
    where days.is_purchase
    group by days.customer_number, days.item_number, days.customer_id, days.item_id

),

-- Owned items that were bought again, and after how many days first.
repurchases as (

    select
        numbers.customer_number,
        numbers.item_number,
        min({{ days_between('closed_dates.as_of_date', 'lines.invoice_date') }}) as days_until
    from {{ ref('fct_invoice_line') }} as lines
    inner join closed_dates
        on lines.invoice_date > closed_dates.as_of_date
    inner join numbers
        on lines.customer_id = numbers.customer_id and lines.item_id = numbers.item_id
    where lines.line_type = 'sale' and lines.is_product
    group by numbers.customer_number, numbers.item_number

),

reorders as (

    select
        numbers.customer_number,
        numbers.item_number,
        reorders.rank as list_rank,
        reorders.overdue_days
    from {{ ref('item_reorder_due') }} as reorders
    inner join numbers
        on reorders.customer_id = numbers.customer_id and reorders.item_id = numbers.item_id

),

shown_items as (

    select
        closed_windows.horizon_days,
        'item_reorder_due' as method_name,
        reorders.customer_number,
        reorders.item_number
    from reorders
    cross join closed_windows
    where reorders.list_rank <= {{ list_length }}
    union all
    select
        closed_windows.horizon_days,
        'most_often_bought' as method_name,
        owned_items.customer_number,
        owned_items.item_number
    from owned_items
    cross join closed_windows
    where owned_items.is_active and owned_items.often_rank <= {{ list_length }}

),

list_outcomes as (

    select
        shown_items.method_name,
        shown_items.horizon_days,
        shown_items.customer_number,
        count(*) as shown_count,
        count(case when repurchases.days_until <= shown_items.horizon_days then 1 end) as hit_count
    from shown_items
    left join repurchases
        on
            shown_items.customer_number = repurchases.customer_number
            and shown_items.item_number = repurchases.item_number
    group by shown_items.method_name, shown_items.horizon_days, shown_items.customer_number

),

-- A due date within the horizon is right if the item is next bought at most that many days before
-- or after it, which is known once twice the horizon has passed.
due_date_outcomes as (

    select
        'due_date' as method_name,
        closed_windows.horizon_days,
        reorders.customer_number,
        count(*) as shown_count,
        count(case
            when abs(repurchases.days_until + reorders.overdue_days) <= closed_windows.horizon_days
                then 1
        end) as hit_count
    from reorders
    inner join closed_windows
        on
            closed_windows.later_days >= 2 * closed_windows.horizon_days
            and reorders.overdue_days < 0
            and -reorders.overdue_days <= closed_windows.horizon_days
    left join repurchases
        on
            reorders.customer_number = repurchases.customer_number
            and reorders.item_number = repurchases.item_number
    group by closed_windows.horizon_days, reorders.customer_number

),

outcomes as (

    select * from list_outcomes
    union all
    select * from due_date_outcomes

),

bought_counts as (

    select
        closed_windows.horizon_days,
        repurchases.customer_number,
        count(*) as bought_count
    from repurchases
    inner join closed_windows
        on repurchases.days_until <= closed_windows.horizon_days
    group by closed_windows.horizon_days, repurchases.customer_number

),

methods as (

    select 'item_reorder_due' as method_name
    union all
    select 'due_date' as method_name
    union all
    select 'most_often_bought' as method_name

),

ids as (

    select
        customer_number,
        min(customer_id) as customer_id
    from numbers
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

)

select
    closed_windows.as_of_date,
    methods.method_name,
    customers.customer_id,
    closed_windows.horizon_days,
    cast(case
        when methods.method_name = 'due_date' then coalesce(outcomes.shown_count, 0)
        else least({{ list_length }}, customers.customer_item_count)
    end as int) as slot_count,
    cast(coalesce(outcomes.hit_count, 0) as bigint) as hit_count,
    cast(coalesce(bought_counts.bought_count, 0) as bigint) as bought_count
from customers
cross join closed_windows
cross join methods
left join outcomes
    on
        customers.customer_number = outcomes.customer_number
        and closed_windows.horizon_days = outcomes.horizon_days
        and methods.method_name = outcomes.method_name
left join bought_counts
    on
        customers.customer_number = bought_counts.customer_number
        and closed_windows.horizon_days = bought_counts.horizon_days
where methods.method_name <> 'due_date' or outcomes.shown_count > 0
