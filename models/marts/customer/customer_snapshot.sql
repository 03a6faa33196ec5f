{# Grain: one row per kind of snapshot, its date and known customer with an order by then: what
   could be seen of the customer on that day, and what came after where as_of_date knows it.

   score: as_of_date itself. closed: value_horizon_days before. season: a year before.
   training: every churn_snapshot_days, those whose churn_horizon_days had passed by as_of_date. #}
{{ config(**indexed(['customer_id'])) }}
{%- set churn_days = var('churn_horizon_days') -%}
{%- set value_days = var('value_horizon_days') -%}
{%- set longest_days = [churn_days, value_days] | max -%}
with

first_days as (

    select min(invoice_date) as first_day
    from {{ ref('customer_trading_day') }}
    where order_count > 0

),

chosen_dates as (

    select
        'score' as snapshot_kind,
        as_of_date as snapshot_date,
        as_of_date
    from {{ ref('clock') }}
    union all
    select
        'closed' as snapshot_kind,
        {{ add_days('as_of_date', -value_days) }} as snapshot_date,
        as_of_date
    from {{ ref('clock') }}
    union all
    select
        'season' as snapshot_kind,
        {{ add_days('as_of_date', -365) }} as snapshot_date,
        as_of_date
    from {{ ref('clock') }}
    union all
    select
        'training' as snapshot_kind,
        days.date_day as snapshot_date,
        clock.as_of_date
    from {{ ref('dim_date') }} as days
    cross join {{ ref('clock') }} as clock
    where
        {{ days_between('days.date_day', 'clock.as_of_date') }}
        between {{ churn_days }} and {{ churn_days + 6 * var('churn_half_life_days') }}
        and mod(
            {{ days_between('days.date_day', 'clock.as_of_date') }} - {{ churn_days }},
            {{ var('churn_snapshot_days') }}
        ) = 0

),

-- The data begin in the middle of customers' lives: early on everybody looks new.
snapshots as (

    select
        chosen_dates.snapshot_kind,
        chosen_dates.snapshot_date,
        {{ days_between('first_days.first_day', 'chosen_dates.snapshot_date') }} as history_days,
        power(
            {{ as_double(0.5) }},
            (
                {{ days_between('chosen_dates.snapshot_date', 'chosen_dates.as_of_date') }}
                - {{ churn_days }}
            )
            / {{ as_double(var('churn_half_life_days')) }}
        ) as recency_weight,
        {{ add_days('chosen_dates.snapshot_date', longest_days) }} as last_needed_date,
        count(*) over (partition by chosen_dates.snapshot_kind) as date_count
    from chosen_dates
    cross join first_days
    where
        chosen_dates.snapshot_kind = 'score'
        or {{ days_between('first_days.first_day', 'chosen_dates.snapshot_date') }}
        >= {{ var('churn_min_history_days') }}

),

trading_days as (

    select
        *,
        count(*) over () as trading_day_count
    from {{ ref('customer_trading_day') }}

),

-- age_days is that of the trading day on the day of the snapshot, negative for what came after.
seen_days as (

    select
        snapshots.snapshot_kind,
        snapshots.snapshot_date,
        snapshots.history_days,
        snapshots.recency_weight,
        trading_days.customer_id,
        trading_days.spend,
        trading_days.as_of_date,
        trading_days.order_count > 0 as is_order_day,
        {{ days_between('trading_days.invoice_date', 'snapshots.snapshot_date') }} as age_days
    from trading_days
    inner join snapshots
        on
            trading_days.invoice_date <= snapshots.last_needed_date
            and (
                snapshots.snapshot_kind <> 'training'
                or {{ is_in_sample(
                    'trading_days.customer_hash', var('churn_max_training_rows'),
                    'trading_days.trading_day_count * snapshots.date_count'
                ) }}
            )

),

features as (

    select
        snapshot_kind,
        snapshot_date,
        customer_id,
        history_days,
        recency_weight,
        as_of_date,
        max(case when is_order_day then age_days end) as first_age_days,
        min(case when is_order_day and age_days >= 0 then age_days end) as recency_days,
        count(case when is_order_day and age_days >= 0 then 1 end) as order_day_count,
        count(case when is_order_day and age_days between 0 and {{ churn_days - 1 }} then 1 end)
            as recent_order_days,
        count(
            case
                when is_order_day and age_days between {{ churn_days }} and {{ 2 * churn_days - 1 }}
                    then 1
            end
        ) as previous_order_days,
        count(case when is_order_day and age_days between 0 and 364 then 1 end) as year_order_days,
        count(
            case when is_order_day and age_days between {{ 365 - churn_days }} and 364 then 1 end
        ) as season_order_days,
        coalesce(sum(case when age_days between 0 and 364 then spend end), 0) as year_spend,
        coalesce(sum(case when age_days >= 0 then spend end), 0) as total_spend,
        coalesce(sum(case when age_days between 0 and {{ value_days - 1 }} then spend end), 0)
            as recent_spend,
        count(case when is_order_day and age_days between {{ -churn_days }} and -1 then 1 end)
            as next_order_days,
        coalesce(sum(case when age_days between {{ -value_days }} and -1 then spend end), 0)
            as next_spend
    from seen_days
    group by
        snapshot_kind, snapshot_date, customer_id, history_days, recency_weight, as_of_date
    having max(case when is_order_day then age_days end) >= 0

),

-- Amounts per order day, and the parameters, as doubles once and not in every formula.
measured as (

    select
        features.*,
        {{ as_double('features.order_day_count - 1') }} as repeat_count,
        {{ as_double('features.first_age_days') }} / 7 as age_weeks,
        {{ as_double('features.first_age_days - features.recency_days') }} / 7 as last_week,
        {{ divide('greatest(features.total_spend, 0)', 'features.order_day_count') }}
            as mean_day_value,
        {{ divide(
            'sum(greatest(features.total_spend, 0)) over (partition by features.snapshot_kind, '
            ~ 'features.snapshot_date)',
            'sum(features.order_day_count) over (partition by features.snapshot_kind, '
            ~ 'features.snapshot_date)'
        ) }} as usual_day_value,
        {{ as_double('fit.rate_shape') }} as rate_shape,
        {{ as_double('fit.rate_scale') }} as rate_scale,
        {{ as_double('fit.drop_a') }} as drop_a,
        {{ as_double('fit.drop_b') }} as drop_b
    from features
    cross join {{ ref('bgnbd_fit') }} as fit

),

judged as (

    select
        *,
        case
            when repeat_count > 0
                then {{ logistic(
                    '-' ~ bgnbd_gone_log_odds('repeat_count', 'last_week', 'age_weeks')
                ) }}
            else 1
        end as alive_probability,
        {{ bounded_exp(
            '(rate_shape + repeat_count)'
            ~ ' * ln((rate_scale + age_weeks) / (rate_scale + age_weeks + ' ~ churn_days / 7 ~ '))'
        ) }} as silence_probability,
        (rate_shape + repeat_count) / (rate_scale + age_weeks) * {{ value_days }} / 7
            as order_days_if_alive
    from measured

)

select
    snapshot_kind,
    snapshot_date,
    customer_id,
    history_days,
    {{ as_ratio("case when snapshot_kind = 'training' then recency_weight else 0 end") }}
        as training_weight,
    case
        when snapshot_kind in ('season', 'training') and next_order_days > 0 then 0
        when snapshot_kind in ('season', 'training') then 1
    end as is_churned,
    recency_days,
    first_age_days as age_days,
    cast(order_day_count as int) as order_day_count,
    {{ as_ratio(divide('first_age_days - recency_days', 'order_day_count - 1')) }} as mean_gap_days,
    cast(recent_order_days as int) as recent_order_days,
    cast(previous_order_days as int) as previous_order_days,
    cast(year_order_days as int) as year_order_days,
    case
        when history_days >= 365 and first_age_days >= {{ 365 - churn_days }}
            then cast(season_order_days as int)
    end as season_order_days,
    {{ as_money('year_spend') }} as year_spend,
    {{ as_money('recent_spend') }} as recent_spend,
    {{ computed_money('mean_day_value') }} as mean_day_value,
    {{ computed_money('usual_day_value') }} as usual_day_value,
    {{ as_ratio('alive_probability') }} as alive_probability,
    {{ as_ratio('1 - alive_probability * (1 - silence_probability)') }} as bgnbd_probability,
    {{ computed_money(
        'least(alive_probability * order_days_if_alive'
        ~ ' * (order_day_count * mean_day_value + usual_day_value) / (order_day_count + 1),'
        ~ ' 9999999999999)'
    ) }} as expected_spend,
    {{ as_money("case when snapshot_kind in ('season', 'closed') then next_spend end") }}
        as next_spend,
    as_of_date
from judged
