{# Grain: one row per pair of basket_pair, with what chance would give and whether it is more.
   Rules of two and of three items, and items under two codes, all read it. #}
{{ config(**indexed(['item_id_a', 'item_id_b'])) }}
with

pairs as (

    select
        pairs.item_id_a,
        pairs.item_id_b,
        pairs.basket_count,
        items_a.basket_count as basket_count_a,
        items_b.basket_count as basket_count_b,
        population.total_basket_count,
        {{ divide('pairs.decayed_basket_count', 'pairs.basket_count') }} as freshness_ratio,
        -- What dealing the same items at random over the slots of the same baskets would give.
        {{ as_double('items_a.basket_count * items_b.basket_count') }}
        * {{ divide('population.slot_pair_count', 'population.slot_count') }}
        / population.slot_count as expected_count
    from {{ ref('basket_pair') }} as pairs
    inner join {{ ref('basket_frequent_item') }} as items_a
        on pairs.item_id_a = items_a.item_id
    inner join {{ ref('basket_frequent_item') }} as items_b
        on pairs.item_id_b = items_b.item_id
    cross join {{ ref('basket_population') }} as population

),

tested_pairs as (

    select
        *,
        {{ poisson_tail_bound('basket_count', 'expected_count') }} as p_value_bound
    from pairs

),

possible_pairs as (

    select count(*) * (count(*) - 1) / 2 as pair_count
    from {{ ref('basket_frequent_item') }}

),

-- Benjamini and Hochberg (1995), over all pairs that could have been found.
ranked_pairs as (

    select
        tested_pairs.*,
        tested_pairs.p_value_bound * possible_pairs.pair_count
        / count(*) over (order by tested_pairs.p_value_bound) as p_value_by_rank
    from tested_pairs
    cross join possible_pairs

),

judged_pairs as (

    select
        *,
        {{ as_ratio(
            'least(min(p_value_by_rank) over (order by p_value_bound desc), ' ~ as_double(1) ~ ')'
        ) }} as q_value
    from ranked_pairs

)

select
    item_id_a,
    item_id_b,
    basket_count,
    basket_count_a,
    basket_count_b,
    total_basket_count,
    {{ as_ratio('expected_count') }} as expected_count,
    {{ as_ratio('basket_count / expected_count') }} as adjusted_lift,
    {{ as_ratio('freshness_ratio') }} as freshness_ratio,
    {{ as_ratio('p_value_bound') }} as p_value_bound,
    q_value,
    q_value <= {{ exact_decimal(var('basket_max_q')) }} as is_significant,
    {{ as_of_date() }} as as_of_date
from judged_pairs
