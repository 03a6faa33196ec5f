{# Grain: one row per known customer, with the probability of no order in the next
   churn_horizon_days: the mean of the BG/NBD model and the scorecard in log odds, shifted by how
   the two fared in the same season last year. Until that season has closed the mean is shifted to
   the level of the model. #}
{{ config(**indexed(['customer_id'])) }}
{%- set days = var('churn_horizon_days') -%}
with

scores as (

    select
        snapshots.*,
        {{ log_odds('snapshots.bgnbd_probability') }} as model_log_odds,
        {{ as_double('scorecard.blended_log_odds') }} as blended_log_odds,
        {{ as_double('scorecard.base_log_odds') }} as base_log_odds,
        {{ as_double('scorecard.model_part + scorecard.recency_part + scorecard.gap_part') }}
            as silence_part,
        {{ as_double('scorecard.orders_part') }} as orders_part,
        {{ as_double('scorecard.trend_part') }} as trend_part,
        {{ as_double('scorecard.spend_part') }} as spend_part,
        {{ as_double('scorecard.season_part') }} as season_part,
        {{ as_double('scorecard.value_part') }} as value_part
    from {{ ref('customer_snapshot') }} as snapshots
    inner join {{ ref('churn_scorecard') }} as scorecard
        on
            snapshots.customer_id = scorecard.customer_id
            and snapshots.snapshot_kind = scorecard.snapshot_kind
    where snapshots.snapshot_kind in ('score', 'season')

),

blended as (

    select
        *,
        {{ as_ratio(logistic('blended_log_odds')) }} as blended_probability
    from scores

),

levels as (

    select
        *,
        max(case when snapshot_kind = 'season' then 1 else 0 end) over () as has_season,
        {{ as_double('count(*) over (partition by snapshot_kind)') }} as kind_count,
        sum(
            case
                when snapshot_kind = 'season' then is_churned
                else bgnbd_probability
            end
        ) over (partition by snapshot_kind) as level,
        sum(blended_probability) over (partition by snapshot_kind) as blended_level
    from blended

),

seasoned as (

    select
        *,
        max(
            case
                when has_season = 0 or snapshot_kind = 'season'
                    then
                        {{ log_odds('level / kind_count') }}
                        - {{ log_odds('blended_level / kind_count') }}
            end
        ) over () as season_shift
    from levels

),

judged as (

    select
        *,
        sum(case when order_day_count > 1 then 1 else 0 end) over () as repeat_customer_count,
        {{ as_ratio(logistic('blended_log_odds + season_shift')) }} as churn_probability
    from seasoned
    where snapshot_kind = 'score'

),

part_names as (

    select 'silence' as part_name
    {%- for part in ['orders', 'trend', 'spend', 'season', 'value'] %}
        union all
        select '{{ part }}' as part_name
    {%- endfor %}

),

-- What each part adds to the log odds, against those of the usual customer.
parts as (

    select
        judged.*,
        part_names.part_name,
        {{ as_ratio(
            "case part_names.part_name"
            ~ " when 'silence'"
            ~ " then (judged.model_log_odds - judged.base_log_odds + judged.silence_part) / 2"
            ~ " when 'orders' then judged.orders_part / 2"
            ~ " when 'trend' then judged.trend_part / 2"
            ~ " when 'spend' then judged.spend_part / 2"
            ~ " when 'season' then judged.season_part / 2"
            ~ " when 'value' then judged.value_part / 2"
            ~ " end"
        ) }} as part_log_odds
    from judged
    cross join part_names

),

directed_parts as (

    select
        *,
        case when sum(part_log_odds) over (partition by customer_id) < 0 then -1 else 1 end
            as direction
    from parts

),

ranked_parts as (

    select
        *,
        row_number() over (
            partition by customer_id order by direction * part_log_odds desc, part_name
        ) as part_rank,
        case when part_log_odds > 0 then ': raises the risk.' else ': lowers the risk.' end
            as effect
    from directed_parts

),

-- Numbers as they stand in a sentence.
worded as (

    select
        *,
        {{ count_of('recency_days', 'day') }} as recency_text,
        {{ count_of(whole_number('mean_gap_days'), 'day') }} as gap_text,
        {{ count_of('year_order_days', 'day') }} as year_text,
        {{ count_of('recent_order_days', 'day') }} as recent_text,
        cast(previous_order_days as {{ type_text() }}) as previous_text,
        {{ count_of('season_order_days', 'day') }} as season_text,
        cast({{ whole_number('year_spend') }} as {{ type_text() }}) as spend_text,
        cast({{ whole_number('mean_day_value') }} as {{ type_text() }}) as value_text
    from ranked_parts

),

sentences as (

    select
        *,
        case
            when part_name = 'silence' and mean_gap_days is null
                then 'Last order ' || recency_text || ' ago, the only one so far'
            when part_name = 'silence'
                then 'Last order ' || recency_text || ' ago, usually one every ' || gap_text
            when part_name = 'orders'
                then 'Ordered on ' || year_text || ' in the last 365'
            when part_name = 'trend'
                then
                    'Ordered on ' || recent_text || ' of the last {{ days }}, on ' || previous_text
                    || ' of the {{ days }} before'
            when part_name = 'spend'
                then 'Spent ' || spend_text || ' in the last 365 days'
            when part_name = 'value'
                then 'Spends ' || value_text || ' on a usual order day'
            when history_days < 365
                then 'The same season last year is not known'
            when season_order_days is null
                then 'No customer yet in the same season last year'
            else 'Ordered on ' || season_text || ' in the same {{ days }} days last year'
        end || effect as sentence
    from worded

),

explained as (

    select
        customer_id,
        max(recency_days) as recency_days,
        max(mean_gap_days) as mean_gap_days,
        max(history_days) as history_days,
        max(repeat_customer_count) as repeat_customer_count,
        max(churn_probability) as churn_probability,
        max(has_season) as has_season,
        max(case when part_name = 'silence' then sentence end) as silence_sentence,
        max(case when part_rank = 1 then part_name end) as first_part,
        max(case when part_rank = 1 then sentence end) as first_sentence,
        max(case when part_rank = 2 then sentence end) as second_sentence
    from sentences
    group by customer_id

),

gated as (

    select
        activity.customer_id,
        activity.as_of_date,
        explained.recency_days,
        explained.mean_gap_days,
        explained.churn_probability,
        explained.has_season,
        explained.silence_sentence,
        explained.first_part,
        explained.first_sentence,
        explained.second_sentence,
        {{ not_scored_reason('explained') }} as not_scored_reason
    from {{ ref('customer_activity') }} as activity
    left join explained
        on activity.customer_id = explained.customer_id

)

select
    customer_id,
    recency_days,
    {{ as_ratio('mean_gap_days') }} as mean_gap_days,
    {{ as_ratio('case when not_scored_reason is null then churn_probability end') }}
        as churn_probability,
    case
        when not_scored_reason is not null then null
        when recency_days >= {{ var('churn_lapsed_days') }} then 'lapsed'
        when churn_probability >= {{ exact_decimal(var('churn_band_high')) }} then 'high'
        when churn_probability >= {{ exact_decimal(var('churn_band_medium')) }} then 'medium'
        else 'low'
    end as churn_band,
    case
        when not_scored_reason is not null then null
        when recency_days >= {{ var('churn_lapsed_days') }}
            then 'Long lapsed: no order for ' || {{ count_of('recency_days', 'day') }} || '.'
        else first_sentence
    end as reason_1,
    case
        when not_scored_reason is not null then null
        when has_season = 0 then 'No closed season yet, so the probability knows no time of year.'
        when recency_days >= {{ var('churn_lapsed_days') }} and first_part <> 'silence'
            then first_sentence
        else second_sentence
    end as reason_2,
    not_scored_reason is null as is_scored,
    not_scored_reason,
    as_of_date
from gated
