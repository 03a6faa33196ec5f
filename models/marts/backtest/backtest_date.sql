{# Grain: one row per as-of date of the back-test: the latest month starts whose outcome is known
   and that have backtest_min_history_days behind them, at most backtest_dates of them. #}
with

data_range as (

    select
        min(invoice_date) as first_date,
        max(invoice_date) as last_date
    from {{ ref('int_invoices_assembled') }}

),

month_starts as (

    select
        dates.date_day,
        row_number() over (order by dates.date_day desc) as place
    from {{ ref('dim_date') }} as dates
    cross join data_range
    where
        dates.date_day = dates.month_start
        and dates.date_day <= {{ add_days('data_range.last_date', -var('churn_horizon_days')) }}
        and dates.date_day
        >= {{ add_days('data_range.first_date', var('backtest_min_history_days')) }}

)

select
    date_day as backtest_date,
    cast(place as int) as place
from month_starts
where place <= {{ var('backtest_dates') | int }}
