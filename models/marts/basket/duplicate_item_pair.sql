{# Grain: one row per two items that are probably one product under two codes: their names are
   equal but for case and blanks at the ends, or nearly every basket with either has both. Of many
   items of one name, each is paired with the first. #}
{{ config(**indexed(['item_id_a', 'item_id_b'])) }}
with

product_names as (

    select
        item_id,
        {{ lower_case(trim_blanks('item_name')) }} as name_key
    from {{ ref('dim_item') }}
    where is_product and item_name <> item_id

),

-- A name without a letter, such as ?, names nothing.
named_items as (

    select
        item_id,
        min(item_id) over (partition by name_key) as first_item_id
    from product_names
    where name_key <> {{ upper_case('name_key') }}

),

candidate_pairs as (

    select
        first_item_id as item_id_a,
        item_id as item_id_b,
        1 as has_same_name,
        0 as is_always_together
    from named_items
    where item_id <> first_item_id
    union all
    select
        item_id_a,
        item_id_b,
        0 as has_same_name,
        1 as is_always_together
    from {{ ref('basket_pair_test') }}
    where
        is_significant
        and basket_count >= {{ exact_decimal(var('duplicate_min_confidence')) }} * basket_count_a
        and basket_count >= {{ exact_decimal(var('duplicate_min_confidence')) }} * basket_count_b

),

duplicate_pairs as (

    select
        item_id_a,
        item_id_b,
        max(has_same_name) = 1 as has_same_name,
        max(is_always_together) = 1 as is_always_together
    from candidate_pairs
    group by item_id_a, item_id_b

)

select
    duplicate_pairs.item_id_a,
    duplicate_pairs.item_id_b,
    items_a.item_name as item_name_a,
    items_b.item_name as item_name_b,
    duplicate_pairs.has_same_name,
    duplicate_pairs.is_always_together,
    pairs.basket_count,
    {{ as_ratio(divide('pairs.basket_count', 'pairs.basket_count_a')) }} as confidence_a_to_b,
    {{ as_ratio(divide('pairs.basket_count', 'pairs.basket_count_b')) }} as confidence_b_to_a,
    pairs.adjusted_lift,
    case
        when duplicate_pairs.has_same_name and duplicate_pairs.is_always_together
            then 'Both codes have the same name, and nearly every basket with one has the other.'
        when duplicate_pairs.has_same_name
            then 'Both codes have the same name.'
        else 'Nearly every basket with one of these items has the other.'
    end as reason,
    {{ as_of_date() }} as as_of_date
from duplicate_pairs
inner join {{ ref('dim_item') }} as items_a
    on duplicate_pairs.item_id_a = items_a.item_id
inner join {{ ref('dim_item') }} as items_b
    on duplicate_pairs.item_id_b = items_b.item_id
left join {{ ref('basket_pair_test') }} as pairs
    on
        duplicate_pairs.item_id_a = pairs.item_id_a
        and duplicate_pairs.item_id_b = pairs.item_id_b
-- Without an invoice there is no day that a row could bear.
where {{ as_of_date() }} is not null
