{# Grain: one row per as-of date of the back-test: of each horizon of the scores the latest
   backtest_dates month starts that it has passed since, and that have backtest_min_history_days
   behind them. A long horizon so has as many dates as a short one. #}
with

data_range as (

    select
        min(invoice_date) as first_date,
        max(invoice_date) as last_date
    from {{ ref('fct_invoice') }}

),

horizons as (

    select {{ var('churn_horizon_days') | int }} as horizon_days
    union
    select {{ var('recommendation_horizon_days') | int }} as horizon_days
    union
    select {{ var('value_horizon_days') | int }} as horizon_days
    union
    select {{ var('spend_outcome_days') | int }} as horizon_days

),

month_starts as (

    select
        dates.date_day,
        row_number() over (
            partition by horizons.horizon_days order by dates.date_day desc
        ) as place
    from {{ ref('dim_date') }} as dates
    cross join data_range
    inner join horizons
        on
            {{ days_between('dates.date_day', 'data_range.last_date') }}
            >= horizons.horizon_days
    where
        dates.date_day = dates.month_start
        and dates.date_day
        >= {{ add_days('data_range.first_date', var('backtest_min_history_days')) }}

)

select distinct date_day as backtest_date
from month_starts
where place <= {{ var('backtest_dates') | int }}
