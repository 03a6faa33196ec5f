{# Grain: one row per known customer: what they have spent, and what they are expected to spend in
   the next value_horizon_days, with the range in which past predictions of that size came true. #}
{{ config(**indexed(['customer_id'])) }}
{%- set lower_share = '%.6f' | format((1 - var('value_interval')) / 2) -%}
{%- set upper_share = '%.6f' | format((1 + var('value_interval')) / 2) -%}
with

-- The scorecard knows more than the BG/NBD model of who still orders: spend moves as the chance.
valued as (

    select
        snapshots.*,
        {{ computed_money(
            'least(snapshots.expected_spend * coalesce('
            ~ divide(
                '(1 - ' ~ logistic(as_double('scorecard.blended_log_odds')) ~ ')',
                '1 - ' ~ as_double('snapshots.bgnbd_probability')
            )
            ~ ', 1), 9999999999999)'
        ) }} as likely_spend
    from {{ ref('customer_snapshot') }} as snapshots
    inner join {{ ref('churn_scorecard') }} as scorecard
        on
            snapshots.customer_id = scorecard.customer_id
            and snapshots.snapshot_kind = scorecard.snapshot_kind
    where snapshots.snapshot_kind in ('score', 'season', 'closed')

),

predictions as (

    select
        customer_id,
        snapshot_kind,
        snapshot_date,
        history_days,
        likely_spend as expected_spend,
        next_spend,
        usual_day_value,
        max(case when snapshot_kind = 'season' then 1 else 0 end) over () as has_season,
        sum(case when order_day_count > 1 then 1 else 0 end) over (partition by snapshot_kind)
            as repeat_customer_count,
        count(*) over (partition by snapshot_kind) as customer_count,
        rank() over (partition by snapshot_kind order by likely_spend) - 1 as smaller_count,
        rank() over (partition by snapshot_kind order by likely_spend desc) - 1 as larger_count
    from valued

),

-- The past is the same season last year, or the last horizon that closed where that is too early.
dated as (

    select
        *,
        has_season = 1 and snapshot_kind = 'season' or has_season = 0 and snapshot_kind = 'closed'
            as is_past
    from predictions

),

counted as (

    select
        *,
        sum(case when is_past then 1 else 0 end) over () as past_count
    from dated

),

-- Customers of like prediction: up to ten groups, each of 50 or more in the past.
grouped as (

    select
        *,
        floor(
            smaller_count * least(greatest(floor(past_count / {{ as_double(50) }}), 1), 10)
            / customer_count
        ) as like_group,
        {{ as_bounded_ratio(
            divide('next_spend + usual_day_value', 'expected_spend + usual_day_value')
        ) }} as error_ratio
    from counted

),

error_ranks as (

    select
        *,
        count(*) over (partition by is_past, like_group) as error_count,
        row_number() over (
            partition by is_past, like_group order by error_ratio nulls last, customer_id
        ) as error_rank
    from grouped
    where is_past or snapshot_kind = 'score'

),

ranged as (

    select
        *,
        max(
            case
                when is_past and error_rank = ceil({{ lower_share }} * error_count)
                    then error_ratio
            end
        ) over (partition by like_group) as lower_ratio,
        max(
            case
                when is_past and error_rank = ceil({{ upper_share }} * error_count)
                    then error_ratio
            end
        ) over (partition by like_group) as upper_ratio,
        max(case when is_past then snapshot_date end) over () as past_date,
        sum(case when is_past then next_spend end) over () as past_actual,
        sum(case when is_past then expected_spend end) over () as past_expected
    from error_ranks

),

tiers as (

    select
        value_tier,
        from_percentile,
        coalesce(lead(from_percentile) over (order by from_percentile), 2) as to_percentile
    from {{ ref('value_tiers') }}

),

gated as (

    select
        activity.customer_id,
        activity.net_spend,
        activity.as_of_date,
        ranged.expected_spend,
        {{ as_double('ranged.expected_spend') }} as expected,
        {{ as_double('ranged.usual_day_value') }} as usual,
        {{ as_double('ranged.lower_ratio') }} as lower_ratio,
        {{ as_double('ranged.upper_ratio') }} as upper_ratio,
        tiers.value_tier,
        ranged.larger_count < {{ exact_decimal(var('whale_share')) }} * ranged.customer_count
        and ranged.expected_spend > 0 as is_whale,
        ranged.past_date,
        ranged.past_actual,
        ranged.past_expected,
        {{ not_scored_reason('ranged') }} as not_scored_reason
    from {{ ref('customer_activity') }} as activity
    left join ranged
        on activity.customer_id = ranged.customer_id and ranged.snapshot_kind = 'score'
    left join tiers
        on
            ranged.smaller_count >= tiers.from_percentile * ranged.customer_count
            and ranged.smaller_count < tiers.to_percentile * ranged.customer_count

)

select
    customer_id,
    net_spend as historic_value,
    {{ as_money('case when not_scored_reason is null then expected_spend end') }}
        as predicted_value,
    {{ computed_money(
        'case when not_scored_reason is null and lower_ratio is not null'
        ~ ' then least(greatest((expected + usual) * lower_ratio - usual, 0), expected) end'
    ) }} as predicted_lower,
    {{ computed_money(
        'case when not_scored_reason is null and upper_ratio is not null'
        ~ ' then least(greatest((expected + usual) * upper_ratio - usual, expected), 9999999999999)'
        ~ ' end'
    ) }} as predicted_upper,
    case when not_scored_reason is null then value_tier end as value_tier,
    coalesce(not_scored_reason is null and is_whale, false) as is_whale,
    past_date as closed_date,
    {{ as_ratio(as_bounded_ratio(divide('past_actual', 'past_expected'))) }} as closed_total_ratio,
    not_scored_reason is null as is_scored,
    not_scored_reason,
    as_of_date
from gated
