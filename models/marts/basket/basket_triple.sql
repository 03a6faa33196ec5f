{# Grain: one row per three items of which each two are a strong pair, whether or not any basket
   holds all three. #}
with

triples as (

    select
        pairs_ab.item_id_a,
        pairs_ab.item_id_b,
        pairs_ac.item_id_b as item_id_c,
        pairs_ab.basket_count_a,
        pairs_ab.basket_count_b,
        pairs_ac.basket_count_b as basket_count_c,
        pairs_ab.basket_count as basket_count_ab,
        pairs_ac.basket_count as basket_count_ac,
        pairs_bc.basket_count as basket_count_bc,
        pairs_ab.free_slot_count_a,
        pairs_ab.free_slot_count_b,
        pairs_ac.free_slot_count_b as free_slot_count_c,
        pairs_ab.free_slot_count as free_slot_count_ab,
        pairs_ac.free_slot_count as free_slot_count_ac,
        pairs_bc.free_slot_count as free_slot_count_bc,
        pairs_ab.total_basket_count,
        pairs_ab.as_of_date
    from {{ ref('basket_strong_pair') }} as pairs_ab
    inner join {{ ref('basket_strong_pair') }} as pairs_ac
        on pairs_ab.item_id_a = pairs_ac.item_id_a and pairs_ab.item_id_b < pairs_ac.item_id_b
    inner join {{ ref('basket_strong_pair') }} as pairs_bc
        on
            pairs_ab.item_id_b = pairs_bc.item_id_a
            and pairs_ac.item_id_b = pairs_bc.item_id_b

),

-- A basket with all three has each item once, so rows are baskets.
triple_counts as (

    select
        triples.item_id_a,
        triples.item_id_b,
        triples.item_id_c,
        count(*) as basket_count
    from triples
    inner join {{ ref('basket_item') }} as items_a
        on triples.item_id_a = items_a.item_id
    inner join {{ ref('basket_item') }} as items_b
        on
            triples.item_id_b = items_b.item_id
            and items_a.invoice_key = items_b.invoice_key
    inner join {{ ref('basket_item') }} as items_c
        on
            triples.item_id_c = items_c.item_id
            and items_a.invoice_key = items_c.invoice_key
    where items_a.is_counted
    group by triples.item_id_a, triples.item_id_b, triples.item_id_c

)

select
    triples.item_id_a,
    triples.item_id_b,
    triples.item_id_c,
    cast(coalesce(triple_counts.basket_count, 0) as bigint) as basket_count,
    triples.basket_count_a,
    triples.basket_count_b,
    triples.basket_count_c,
    triples.basket_count_ab,
    triples.basket_count_ac,
    triples.basket_count_bc,
    triples.free_slot_count_a,
    triples.free_slot_count_b,
    triples.free_slot_count_c,
    triples.free_slot_count_ab,
    triples.free_slot_count_ac,
    triples.free_slot_count_bc,
    triples.total_basket_count,
    triples.as_of_date
from triples
left join triple_counts
    on
        triples.item_id_a = triple_counts.item_id_a
        and triples.item_id_b = triple_counts.item_id_b
        and triples.item_id_c = triple_counts.item_id_c
