{# Grain: one row per rule from two items to a third, the best basket_max_rules of those that pass
   the thresholds and are significantly better than the rules from either of the two items alone.
   #}
{{ config(**indexed(['from_item_id_1', 'from_item_id_2', 'to_item_id'])) }}
with

directed_triples as (
    {%- for first, second, third in [('a', 'b', 'c'), ('a', 'c', 'b'), ('b', 'c', 'a')] %}

        select
            item_id_{{ first }} as from_item_id_1,
            item_id_{{ second }} as from_item_id_2,
            item_id_{{ third }} as to_item_id,
            basket_count,
            basket_count_{{ first }}{{ second }} as from_basket_count,
            basket_count_{{ third }} as to_basket_count,
            basket_count_{{ first }} as basket_count_1,
            basket_count_{{ second }} as basket_count_2,
            basket_count_{{ [first, third] | sort | join }} as rule_basket_count_1,
            basket_count_{{ [second, third] | sort | join }} as rule_basket_count_2,
            free_slot_count_{{ first }}{{ second }} as from_free_slot_count,
            free_slot_count_{{ first }} as free_slot_count_1,
            free_slot_count_{{ second }} as free_slot_count_2,
            total_basket_count,
            as_of_date
        from {{ ref('basket_triple') }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Who has both items has larger baskets, which hold more of anything. So what is expected is the
-- better of the two items' rates of the third per other place in the basket, times the places
-- beside both.
expected_triples as (

    select
        *,
        greatest(
            {{ divide('rule_basket_count_1', 'free_slot_count_1') }},
            {{ divide('rule_basket_count_2', 'free_slot_count_2') }}
        ) * from_free_slot_count as expected_count
    from directed_triples

),

tested_triples as (

    select
        *,
        {{ poisson_tail_bound('basket_count', 'expected_count') }} as p_value_bound
    from expected_triples

),

-- Benjamini and Hochberg (1995), over all rules that could have grown from the strong pairs.
ranked_triples as (

    select
        *,
        p_value_bound * count(*) over () / count(*) over (order by p_value_bound) as p_value_by_rank
    from tested_triples

),

judged_triples as (

    select
        *,
        {{ as_ratio(
            'least(min(p_value_by_rank) over (order by p_value_bound desc), ' ~ as_double(1) ~ ')'
        ) }} as q_value
    from ranked_triples

),

-- Confidences compare as whole counts: n_12to / n_12 > n_1to / n_1 and > n_2to / n_2.
better_triples as (

    select
        *,
        {{ as_ratio(divide('basket_count', 'expected_count')) }} as adjusted_lift
    from judged_triples
    where
        q_value <= {{ exact_decimal(var('basket_max_q')) }}
        and basket_count > expected_count
        and basket_count * basket_count_1 > rule_basket_count_1 * from_basket_count
        and basket_count * basket_count_2 > rule_basket_count_2 * from_basket_count
        and basket_count >= {{ var('basket_min_count') | int }}
        and basket_count >= {{ exact_decimal(var('basket_min_support')) }} * total_basket_count
        and basket_count >= {{ exact_decimal(var('basket_min_confidence')) }} * from_basket_count

),

ranked_rules as (

    select
        *,
        row_number() over (
            order by
                adjusted_lift desc, basket_count desc, from_item_id_1, from_item_id_2, to_item_id
        ) as rule_rank
    from better_triples

)

select
    from_item_id_1,
    from_item_id_2,
    to_item_id,
    basket_count,
    from_basket_count,
    to_basket_count,
    total_basket_count,
    {{ as_ratio(divide('basket_count', 'total_basket_count')) }} as support,
    {{ as_ratio(divide('basket_count', 'from_basket_count')) }} as confidence,
    {{ as_ratio(
        'greatest(' ~ divide('rule_basket_count_1', 'basket_count_1')
        ~ ', ' ~ divide('rule_basket_count_2', 'basket_count_2') ~ ')'
    ) }} as best_pair_confidence,
    {{ as_ratio(
        divide('basket_count', 'from_basket_count')
        ~ ' / ' ~ divide('to_basket_count', 'total_basket_count')
    ) }} as lift,
    {{ as_ratio('expected_count') }} as expected_count,
    adjusted_lift,
    q_value,
    cast(rule_rank as bigint) as rule_rank,
    as_of_date
from ranked_rules
where {{ var('basket_max_rules') | int }} = 0 or rule_rank <= {{ var('basket_max_rules') | int }}
