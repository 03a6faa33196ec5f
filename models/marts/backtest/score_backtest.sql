{# Grain: one row per as-of date, score, metric and method: the score itself, or a baseline. A build
   adds its as-of date once the outcome is known, and keeps the others; `make backtest` builds as of
   several. #}
{{ config(**kept_by_date()) }}
with

-- The lower the better.
error_metrics as (

    select 'brier_score' as metric
    union all
    select 'mean_absolute_error' as metric

),

-- A score is compared with each of its baselines within the same resample, which leaves out what
-- moves both.
compared as (

    select
        methods.as_of_date,
        methods.score_name,
        methods.metric,
        nullif(methods.method_name, methods.score_name) as baseline_name,
        methods.resample,
        methods.value,
        methods.customer_count,
        case
            when methods.method_name = methods.score_name then null
            when error_metrics.metric is null then scores.value - methods.value
            else methods.value - scores.value
        end as gain,
        case
            when methods.method_name <> methods.score_name
                then {{ divide('scores.value', 'methods.value') }}
        end as ratio
    from {{ ref('backtest_metric') }} as methods
    inner join {{ ref('backtest_metric') }} as scores
        on
            methods.as_of_date = scores.as_of_date
            and methods.score_name = scores.score_name
            and methods.metric = scores.metric
            and methods.resample = scores.resample
            and scores.method_name = scores.score_name
    left join error_metrics
        on methods.metric = error_metrics.metric

),

-- Where a baseline is 0, a score has no ratio to it: that counts as the largest, and an interval
-- that ends there has no end.
resampled as (

    select
        *,
        row_number() over (
            partition by score_name, metric, baseline_name
            order by value nulls last, resample
        ) as value_place,
        row_number() over (
            partition by score_name, metric, baseline_name
            order by gain nulls last, resample
        ) as gain_place,
        row_number() over (
            partition by score_name, metric, baseline_name
            order by ratio nulls last, resample
        ) as ratio_place,
        count(*) over (partition by score_name, metric, baseline_name) as resample_count
    from compared
    where resample > 0 and value is not null

),

-- What lies between is 95 % of the resamples.
placed as (

    select
        *,
        cast(floor(0.025 * resample_count) as int) + 1 as lower_place,
        resample_count - cast(floor(0.025 * resample_count) as int) as upper_place
    from resampled

),

intervals as (

    select
        score_name,
        metric,
        coalesce(baseline_name, '') as baseline_key,
        max(case when value_place = lower_place then value end) as lower_95,
        max(case when value_place = upper_place then value end) as upper_95,
        max(case when gain_place = lower_place then gain end) as gain_lower_95,
        max(case when gain_place = upper_place then gain end) as gain_upper_95,
        max(case when ratio_place = lower_place then ratio end) as ratio_lower_95,
        max(case when ratio_place = upper_place then ratio end) as ratio_upper_95
    from placed
    group by score_name, metric, coalesce(baseline_name, '')

)

select
    compared.score_name,
    compared.metric,
    compared.baseline_name,
    {{ as_ratio('compared.value') }} as value,
    {{ as_ratio('intervals.lower_95') }} as lower_95,
    {{ as_ratio('intervals.upper_95') }} as upper_95,
    {{ as_bounded_ratio('compared.gain') }} as gain,
    {{ as_bounded_ratio('intervals.gain_lower_95') }} as gain_lower_95,
    {{ as_bounded_ratio('intervals.gain_upper_95') }} as gain_upper_95,
    {{ as_bounded_ratio('compared.ratio') }} as ratio,
    {{ as_bounded_ratio('intervals.ratio_lower_95') }} as ratio_lower_95,
    {{ as_bounded_ratio('intervals.ratio_upper_95') }} as ratio_upper_95,
    compared.customer_count as n,
    compared.as_of_date
from compared
left join intervals
    on
        compared.score_name = intervals.score_name
        and compared.metric = intervals.metric
        and coalesce(compared.baseline_name, '') = intervals.baseline_key
where compared.resample = 0 and compared.value is not null
