{# Grain: one row per known customer and item to buy again, the first reorder_count. #}
{{ config(**indexed(['customer_id', 'item_id'])) }}
with

purchases as (

    select
        lists.customer_number,
        lists.item_number,
        days.customer_id,
        days.invoice_date,
        days.sold_quantity,
        days.sold_amount,
        {{ days_between(
            'lag(days.invoice_date) over ('
            ~ 'partition by days.customer_number, days.item_number order by days.invoice_date)',
            'days.invoice_date'
        ) }} as gap_days
    from {{ ref('reorder_list') }} as lists
    inner join {{ ref('customer_item_day') }} as days
        on
            lists.customer_number = days.customer_number
            and lists.item_number = days.item_number
    where lists.list_number = 0 and days.is_purchase

),

ranked_purchases as (

    select
        *,
        row_number() over (
            partition by customer_number, item_number order by gap_days nulls last, invoice_date
        ) as gap_rank,
        count(gap_days) over (partition by customer_number, item_number) as gap_count,
        row_number() over (
            partition by customer_number, item_number
            order by sold_quantity, sold_amount, invoice_date
        ) as quantity_rank,
        count(*) over (partition by customer_number, item_number) as purchase_count
    from purchases

),

-- Medians are the value in the middle, the smaller of two: of days, and of what a purchase is.
habits as (

    select
        customer_number,
        item_number,
        min(customer_id) as customer_id,
        max(invoice_date) as last_invoice_date,
        max(purchase_count) as purchase_count,
        max(case
            when
                gap_count >= {{ var('reorder_min_gaps') | int }}
                and 2 * gap_rank in (gap_count, gap_count + 1)
                then gap_days
        end) as median_gap_days,
        max(case
            when 2 * quantity_rank in (purchase_count, purchase_count + 1) then sold_quantity
        end) as typical_quantity,
        max(case
            when 2 * quantity_rank in (purchase_count, purchase_count + 1) then sold_amount
        end) as typical_amount
    from ranked_purchases
    group by customer_number, item_number

),

due_items as (

    select
        *,
        {{ add_days('last_invoice_date', 'median_gap_days') }} as due_date
    from habits

)

select
    due_items.customer_id,
    items.item_id,
    lists.list_rank as rank,
    lists.score,
    due_items.last_invoice_date,
    due_items.median_gap_days,
    due_items.due_date,
    {{ days_between('due_items.due_date', 'lists.as_of_date') }} as overdue_days,
    {{ as_money('due_items.typical_quantity') }} as suggested_quantity,
    rates.purchase_rate as purchase_probability,
    -- A purchase whose money went back is worth no more than what is left of it, and none is worth
    -- more than at today's usual price: a price mistyped once would head every list.
    {{ computed_money(
        as_double('rates.purchase_rate') ~ ' * greatest(least('
        ~ as_double('due_items.typical_amount') ~ ', '
        ~ as_double('owned_items.net_amount') ~ ', '
        ~ as_double('due_items.typical_quantity') ~ ' * '
        ~ divide('usual_purchases.sold_amount', 'usual_purchases.sold_quantity') ~ '), 0)'
    ) }} as expected_revenue,
    'Bought on ' || {{ count_of('due_items.purchase_count', 'day') }}
    || ', last on ' || cast(due_items.last_invoice_date as {{ type_text() }})
    || case
        when due_items.due_date <= lists.as_of_date
            then
                ', about every ' || {{ count_of('due_items.median_gap_days', 'day') }}
                || ': due since ' || cast(due_items.due_date as {{ type_text() }}) || '.'
        when due_items.due_date > lists.as_of_date
            then
                ', about every ' || {{ count_of('due_items.median_gap_days', 'day') }}
                || ': due on ' || cast(due_items.due_date as {{ type_text() }}) || '.'
        else '.'
    end as reason,
    rates.purchase_rate is not null as is_scored,
    {{ not_rated_reason('rates') }} as not_scored_reason,
    lists.as_of_date
from {{ ref('reorder_list') }} as lists
inner join due_items
    on
        lists.customer_number = due_items.customer_number
        and lists.item_number = due_items.item_number
inner join {{ ref('owned_item') }} as owned_items
    on
        lists.list_number = owned_items.list_number
        and lists.customer_number = owned_items.customer_number
        and lists.item_number = owned_items.item_number
inner join {{ ref('item_popularity') }} as items
    on lists.list_number = items.list_number and lists.item_number = items.item_number
left join {{ ref('item_typical_purchase') }} as usual_purchases
    on lists.item_number = usual_purchases.item_number
left join {{ ref('recommendation_rate') }} as rates
    on
        rates.list_name = 'item_reorder_due'
        and lists.recency_band = rates.recency_band
        and lists.evidence_band = rates.evidence_band
where lists.list_number = 0
