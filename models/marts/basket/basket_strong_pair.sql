{# Grain: one row per significant pair of items in enough baskets for a frequent item: what rules of
   three items grow from. A triple is in no more baskets than any of its pairs. #}
with

strong_pairs as (

    select pairs.*
    from {{ ref('basket_pair_test') }} as pairs
    cross join {{ ref('basket_population') }} as population
    where pairs.is_significant and pairs.basket_count >= population.frequent_basket_count

),

-- The other places in the baskets with both items, where a third item could be.
free_slots as (

    select
        strong_pairs.item_id_a,
        strong_pairs.item_id_b,
        sum(items_a.basket_size - 2) as free_slot_count
    from strong_pairs
    inner join {{ ref('basket_item') }} as items_a
        on strong_pairs.item_id_a = items_a.item_id
    inner join {{ ref('basket_item') }} as items_b
        on
            strong_pairs.item_id_b = items_b.item_id
            and items_a.invoice_key = items_b.invoice_key
    where items_a.is_counted
    group by strong_pairs.item_id_a, strong_pairs.item_id_b

),

item_free_slots as (

    select
        item_id,
        sum(basket_size - 1) as free_slot_count
    from {{ ref('basket_item') }}
    where is_counted
    group by item_id

)

select
    strong_pairs.item_id_a,
    strong_pairs.item_id_b,
    strong_pairs.basket_count,
    strong_pairs.basket_count_a,
    strong_pairs.basket_count_b,
    strong_pairs.total_basket_count,
    cast(free_slots.free_slot_count as bigint) as free_slot_count,
    cast(slots_a.free_slot_count as bigint) as free_slot_count_a,
    cast(slots_b.free_slot_count as bigint) as free_slot_count_b,
    strong_pairs.as_of_date
from strong_pairs
inner join free_slots
    on
        strong_pairs.item_id_a = free_slots.item_id_a
        and strong_pairs.item_id_b = free_slots.item_id_b
inner join item_free_slots as slots_a
    on strong_pairs.item_id_a = slots_a.item_id
inner join item_free_slots as slots_b
    on strong_pairs.item_id_b = slots_b.item_id
