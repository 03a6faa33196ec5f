{# Grain: one row per as-of date, score and bin of customers alike by the score: what the score said
   of them, and what happened. Kept as score_backtest is. #}
{{ config(**kept_by_date()) }}
with

churn_fifths as (

    select
        as_of_date,
        customer_id,
        predicted,
        is_churned,
        ntile(5) over (order by predicted, customer_id) as bin_number
    from {{ ref('churn_outcome') }}
    where method_name = 'customer_churn'

),

value_tenths as (

    select
        as_of_date,
        customer_id,
        predicted_value,
        actual_value,
        ntile(10) over (order by predicted_value, customer_id) as bin_number
    from {{ ref('value_outcome') }}
    where method_name = 'customer_lifetime_value'

),

binned as (

    select
        as_of_date,
        'customer_churn' as score_name,
        'fifth ' || cast(bin_number as {{ type_text() }}) as bin_name,
        customer_id,
        {{ as_double('predicted') }} as predicted,
        {{ as_double('is_churned') }} as actual
    from churn_fifths
    union all
    select
        as_of_date,
        'customer_lifetime_value' as score_name,
        'tenth ' || lpad(cast(bin_number as {{ type_text() }}), 2, '0') as bin_name,
        customer_id,
        {{ as_double('predicted_value') }} as predicted,
        {{ as_double('actual_value') }} as actual
    from value_tenths
    union all
    select
        as_of_date,
        'customer_rfm' as score_name,
        rfm_segment as bin_name,
        customer_id,
        cast(null as {{ type_ratio() }}) as predicted,
        {{ as_double('spend_after') }} as actual
    from {{ ref('rfm_outcome') }}

),

resampled as (

    select
        binned.as_of_date,
        binned.score_name,
        binned.bin_name,
        resamples.resample,
        count(*) as customer_count,
        avg(binned.predicted) as predicted_mean,
        {{ as_bounded_ratio(
            'sum(resamples.weight * binned.actual) / sum(resamples.weight)'
        ) }} as actual_mean
    from binned
    inner join {{ ref('backtest_resample') }} as resamples
        on binned.customer_id = resamples.customer_id
    group by binned.as_of_date, binned.score_name, binned.bin_name, resamples.resample

),

placed as (

    select
        *,
        row_number() over (
            partition by score_name, bin_name, case when resample = 0 then 0 else 1 end
            order by actual_mean, resample
        ) as place,
        count(*) over (
            partition by score_name, bin_name, case when resample = 0 then 0 else 1 end
        ) as resample_count
    from resampled

),

-- What lies between is 95 % of the resamples.
bounded as (

    select
        *,
        case
            when resample > 0 and place = cast(floor(0.025 * resample_count) as int) + 1
                then actual_mean
        end as lower_mean,
        case
            when
                resample > 0
                and place = resample_count - cast(floor(0.025 * resample_count) as int)
                then actual_mean
        end as upper_mean
    from placed

)

select
    score_name,
    bin_name,
    cast(max(case when resample = 0 then customer_count end) as bigint) as customer_count,
    {{ as_bounded_ratio('max(case when resample = 0 then predicted_mean end)') }} as predicted_mean,
    {{ as_ratio('max(case when resample = 0 then actual_mean end)') }} as actual_mean,
    {{ as_ratio('max(lower_mean)') }} as lower_95,
    {{ as_ratio('max(upper_mean)') }} as upper_95,
    as_of_date
from bounded
group by as_of_date, score_name, bin_name
