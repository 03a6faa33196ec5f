{# Grain: one row per list date, known customer and item to buy again, the first reorder_count:
   items bought often and lately, and that other customers buy now. #}
with

habits as (

    select
        dates.list_number,
        days.customer_number,
        days.item_number,
        sum({{ decay(
            days_between('days.invoice_date', 'dates.list_date'), var('reorder_half_life_days')
        ) }}) as purchase_weight,
        count(*) as purchase_count
    from {{ ref('customer_item_day') }} as days
    inner join {{ ref('recommendation_date') }} as dates
        on days.invoice_date <= dates.list_date
    where days.is_purchase
    group by dates.list_number, days.customer_number, days.item_number

),

scored_items as (

    select
        owned_items.list_number,
        owned_items.customer_number,
        owned_items.item_number,
        owned_items.recency_band,
        least(habits.purchase_count, 4) as evidence_band,
        -- The power 0.4 damps how much the crowd counts.
        cast(
            habits.purchase_weight
            * power({{ as_double('items.buyer_count + 1') }}, {{ as_double(0.4) }})
            as decimal(28, 9)
        ) as score
    from habits
    inner join {{ ref('owned_item') }} as owned_items
        on
            habits.list_number = owned_items.list_number
            and habits.customer_number = owned_items.customer_number
            and habits.item_number = owned_items.item_number
    inner join {{ ref('item_popularity') }} as items
        on
            owned_items.list_number = items.list_number
            and owned_items.item_number = items.item_number
    where items.is_active and owned_items.net_quantity > 0

),

ranked_items as (

    select
        *,
        row_number() over (
            partition by list_number, customer_number order by score desc, item_number
        ) as list_rank
    from scored_items

)

select
    list_number,
    customer_number,
    item_number,
    cast(list_rank as int) as list_rank,
    {{ as_ratio('score') }} as score,
    recency_band,
    cast(evidence_band as int) as evidence_band,
    {{ as_of_date() }} as as_of_date
from ranked_items
where list_rank <= {{ var('reorder_count') | int }}
