{# Grain: one row per rule from one item to another, the best basket_max_rules of those that
   pass the thresholds of support, confidence and count. #}
{{ config(**indexed(['from_item_id', 'to_item_id'])) }}
with

directed_pairs as (

    select
        item_id_a as from_item_id,
        item_id_b as to_item_id,
        basket_count_a as from_basket_count,
        basket_count_b as to_basket_count,
        basket_count,
        total_basket_count,
        expected_count,
        adjusted_lift,
        freshness_ratio,
        p_value_bound,
        q_value,
        is_significant
    from {{ ref('basket_pair_test') }}
    union all
    select
        item_id_b as from_item_id,
        item_id_a as to_item_id,
        basket_count_b as from_basket_count,
        basket_count_a as to_basket_count,
        basket_count,
        total_basket_count,
        expected_count,
        adjusted_lift,
        freshness_ratio,
        p_value_bound,
        q_value,
        is_significant
    from {{ ref('basket_pair_test') }}

),

-- Thresholds compare whole counts: 4 of 5 is 0.8 exactly. What is significant rests on whole counts
-- too; a half-life only ranks.
passing_rules as (

    select
        *,
        {{ divide('basket_count', 'total_basket_count') }} as support,
        {{ divide('basket_count', 'from_basket_count') }} as confidence,
        {{ divide('basket_count', 'from_basket_count') }}
        / {{ divide('to_basket_count', 'total_basket_count') }} as lift,
        case
            when freshness_ratio = 1 then adjusted_lift
            else {{ as_ratio(as_double('adjusted_lift') ~ ' * ' ~ as_double('freshness_ratio')) }}
        end as ranking_lift
    from directed_pairs
    where
        basket_count >= {{ exact_decimal(var('basket_min_support')) }} * total_basket_count
        and basket_count >= {{ exact_decimal(var('basket_min_confidence')) }} * from_basket_count

),

-- The variance of ln(lift), 1/n - 1/n_from - 1/n_to + (2 lift - 1)/N, over one denominator: whole
-- numbers cancel exactly, where doubles would leave a little that the root makes large.
counted_rules as (

    select
        *,
        cast(basket_count as decimal(38, 0)) as n,
        cast(from_basket_count as decimal(38, 0)) as n_from,
        cast(to_basket_count as decimal(38, 0)) as n_to,
        cast(total_basket_count as decimal(38, 0)) as n_total
    from passing_rules

),

ranked_rules as (

    select
        *,
        sqrt({{ divide(
            'n_from * n_to * n_total - n * (n_from + n_to) * n_total'
            ~ ' + 2 * n * n * n_total - n * n_from * n_to',
            'n * n_from * n_to * n_total'
        ) }}) as log_lift_error,
        row_number() over (
            order by ranking_lift desc, basket_count desc, from_item_id, to_item_id
        ) as rule_rank
    from counted_rules

),

published_rules as (

    select *
    from ranked_rules
    where
        {{ var('basket_max_rules') | int }} = 0
        or rule_rank <= {{ var('basket_max_rules') | int }}

),

rule_dates as (

    select
        published_rules.rule_rank,
        min(from_items.invoice_date) as first_seen_date,
        max(from_items.invoice_date) as last_seen_date
    from published_rules
    inner join {{ ref('basket_item') }} as from_items
        on published_rules.from_item_id = from_items.item_id
    inner join {{ ref('basket_item') }} as to_items
        on
            published_rules.to_item_id = to_items.item_id
            and from_items.invoice_key = to_items.invoice_key
    where from_items.is_counted
    group by published_rules.rule_rank

)

select
    published_rules.from_item_id,
    published_rules.to_item_id,
    published_rules.basket_count,
    published_rules.from_basket_count,
    published_rules.to_basket_count,
    published_rules.total_basket_count,
    {{ as_ratio('published_rules.support') }} as support,
    {{ as_ratio('published_rules.confidence') }} as confidence,
    {{ as_ratio('published_rules.lift') }} as lift,
    published_rules.expected_count,
    published_rules.adjusted_lift,
    {{ as_ratio('exp(ln(published_rules.lift) - 1.96 * published_rules.log_lift_error)') }}
        as lift_lower,
    {{ as_ratio('exp(ln(published_rules.lift) + 1.96 * published_rules.log_lift_error)') }}
        as lift_upper,
    published_rules.p_value_bound,
    published_rules.q_value,
    published_rules.is_significant,
    published_rules.freshness_ratio,
    cast(published_rules.rule_rank as bigint) as rule_rank,
    rule_dates.first_seen_date,
    rule_dates.last_seen_date,
    {{ as_of_date() }} as as_of_date
from published_rules
inner join rule_dates
    on published_rules.rule_rank = rule_dates.rule_rank
