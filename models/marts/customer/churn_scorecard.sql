{# Grain: one row per customer of the snapshots score, season and closed, with the log odds of no
   order in the next churn_horizon_days that the scorecard gives, what each of its tables adds, and
   the mean of them and those of the BG/NBD model, which stands alone until a snapshot has closed.

   Each stage looks at one table of bins and moves the log odds of a bin's customers towards what
   became of the bin in the training snapshots: 0.7 * sum(w * (churned - p))
   / (sum(w * p * (1 - p)) + 4). Later stages see what earlier ones have said already, so nothing is
   counted twice. Customers to be scored go along with weight 0, which spares every stage a join.
   Sums are of decimals, whose order does not matter. #}
{{ config(**indexed(['customer_id'])) }}
{%- set tables = [
    'model', 'recency', 'gap', 'orders', 'trend', 'spend', 'season', 'value',
] -%}
{%- set pass_count = 2 -%}
{%- set stage_count = pass_count * tables | length -%}
with

panel as (

    select
        customer_id,
        snapshot_kind,
        snapshot_date,
        {{ as_double('training_weight') }} as weight,
        {{ as_double('coalesce(is_churned, 0)') }} as churned,
        recency_days,
        order_day_count,
        least(recent_order_days, 3) as recent_class,
        least(previous_order_days, 3) as previous_class,
        year_order_days,
        case
            when season_order_days is not null then least(season_order_days, 3)
            when history_days >= 365 then -1
            else -2
        end as season_bin,
        case
            when
                mean_gap_days > 0
                then {{ as_ratio('recency_days / ' ~ as_double('mean_gap_days')) }}
        end
            as gap_ratio,
        year_spend,
        mean_day_value,
        bgnbd_probability,
        as_of_date
    from {{ ref('customer_snapshot') }}

),

-- Quantile groups over the whole panel; equal values share a group.
ranked as (

    select
        *,
        count(*) over () as row_count,
        rank() over (order by bgnbd_probability) - 1 as model_rank,
        rank() over (order by recency_days) - 1 as recency_rank,
        rank() over (order by gap_ratio nulls first) - 1 as gap_rank,
        rank() over (order by year_spend) - 1 as spend_rank,
        rank() over (order by mean_day_value) - 1 as value_rank
    from panel

),

binned as (

    select
        customer_id,
        snapshot_kind,
        weight,
        churned,
        bgnbd_probability,
        as_of_date,
        floor({{ divide('20 * model_rank', 'row_count') }}) as model_bin,
        10 * floor({{ divide('8 * recency_rank', 'row_count') }})
        + {{ count_class('order_day_count') }}
            as recency_bin,
        case
            when gap_ratio is null then -1 else floor({{ divide('12 * gap_rank', 'row_count') }})
        end
            as gap_bin,
        {{ count_class('year_order_days') }} as orders_bin,
        4 * recent_class + previous_class as trend_bin,
        case
            when year_spend <= 0 then -1 else floor({{ divide('10 * spend_rank', 'row_count') }})
        end
            as spend_bin,
        season_bin,
        floor({{ divide('10 * value_rank', 'row_count') }}) as value_bin
    from ranked

),

stage_0 as (

    select
        *,
        count(case when weight > 0 then 1 end) over () as training_row_count,
        ln(
            ({{ as_double('sum(' ~ as_ratio('weight * churned') ~ ') over ()') }} + 0.5)
            / ({{ as_double('sum(' ~ as_ratio('weight * (1 - churned)') ~ ') over ()') }} + 0.5)
        ) as log_odds_0
    from binned

),
{% for stage in range(1, stage_count + 1) %}
    {%- set bin = tables[(stage - 1) % (tables | length)] ~ '_bin' %}
    guessed_{{ stage }} as (

        select
            *,
            {{ logistic('log_odds_' ~ (stage - 1)) }} as probability_{{ stage }}
        from stage_{{ stage - 1 }}

    ),

    missed_{{ stage }} as (

        select
            *,
            {{ as_ratio('weight * (churned - probability_' ~ stage ~ ')') }} as miss_{{ stage }},
            {{ as_ratio(
                'weight * probability_' ~ stage ~ ' * (1 - probability_' ~ stage ~ ')'
            ) }} as spread_{{ stage }}
        from guessed_{{ stage }}

    ),

    stage_{{ stage }} as (

        select
            *,
            log_odds_{{ stage - 1 }}
            + 0.7 * {{ as_double('sum(miss_' ~ stage ~ ') over (partition by ' ~ bin ~ ')') }}
            / ({{ as_double('sum(spread_' ~ stage ~ ') over (partition by ' ~ bin ~ ')') }} + 4)
                as log_odds_{{ stage }}
        from missed_{{ stage }}

    ),
{% endfor %}
final as (

    select
        customer_id,
        snapshot_kind,
        cast(training_row_count as bigint) as training_row_count,
        {{ as_ratio('log_odds_0') }} as base_log_odds,
        {%- for table in tables %}
        {{ as_ratio(
            'log_odds_' ~ loop.index ~ ' - log_odds_' ~ (loop.index - 1)
            ~ ' + log_odds_' ~ (tables | length + loop.index)
            ~ ' - log_odds_' ~ (tables | length + loop.index - 1)
        ) }} as {{ table }}_part,
        {%- endfor %}
        {{ as_ratio('log_odds_' ~ stage_count) }} as scorecard_log_odds,
        {{ as_ratio(
            'case when training_row_count > 0 then (' ~ log_odds('bgnbd_probability')
            ~ ' + log_odds_' ~ stage_count ~ ') / 2 else ' ~ log_odds('bgnbd_probability') ~ ' end'
        ) }} as blended_log_odds,
        as_of_date
    from stage_{{ stage_count }}
    where snapshot_kind <> 'training'

)

select * from final
