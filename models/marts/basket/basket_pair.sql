{# Grain: one row per unordered pair of frequent items found together in at least
   basket_min_count baskets. #}
{{ config(**indexed(['item_id_a', 'item_id_b'])) }}
{%- set half_life = var('basket_half_life_days') | int -%}
{%- set age_days = days_between('basket_items.invoice_date', 'frequent_items.as_of_date') -%}
{%- set halved_weight = bounded_exp('ln(0.5) * ' ~ divide(age_days, half_life)) -%}
with

frequent_items as (

    select
        basket_items.invoice_key,
        frequent_items.item_number,
        -- A decimal, so that a sum is the same in whatever order it is added up.
        cast({{ halved_weight if half_life > 0 else 1 }} as decimal(18, 12)) as basket_weight
    from {{ ref('basket_item') }} as basket_items
    inner join {{ ref('basket_frequent_item') }} as frequent_items
        on basket_items.item_id = frequent_items.item_id
    where basket_items.is_counted

),

-- Item numbers follow the order of item ids, so the smaller number is the smaller id.
pair_counts as (

    select
        first_items.item_number as item_number_a,
        second_items.item_number as item_number_b,
        count(*) as basket_count,
        {{ 'sum(first_items.basket_weight)' if half_life > 0 else 'count(*)' }}
            as decayed_basket_count
    from frequent_items as first_items
    inner join frequent_items as second_items
        on
            first_items.invoice_key = second_items.invoice_key
            and first_items.item_number < second_items.item_number
    group by first_items.item_number, second_items.item_number
    having count(*) >= {{ var('basket_min_count') | int }}

)

select
    items_a.item_id as item_id_a,
    items_b.item_id as item_id_b,
    cast(pair_counts.basket_count as bigint) as basket_count,
    {{ as_ratio('pair_counts.decayed_basket_count') }} as decayed_basket_count,
    items_a.as_of_date
from pair_counts
inner join {{ ref('basket_frequent_item') }} as items_a
    on pair_counts.item_number_a = items_a.item_number
inner join {{ ref('basket_frequent_item') }} as items_b
    on pair_counts.item_number_b = items_b.item_number
