{# Grain: one row per day from the first invoice, or an earlier clock, to the forecast horizon. #}
with

bounds as (

    select
        least(first_invoice_date, as_of_date) as first_day,
        {{ add_days('greatest(last_invoice_date, as_of_date)', var('forecast_horizon_days')) }}
            as last_day
    from {{ ref('clock') }}
    where first_invoice_date is not null

),

days as (
    {{ date_series('bounds', 'first_day', 'last_day') }}
)

select
    date_day,
    {{ month_start('date_day') }} as month_start,
    cast(extract(year from date_day) as int) as year,
    cast(extract(month from date_day) as int) as month,
    cast(extract(week from date_day) as int) as iso_week,
    {{ day_of_week('date_day') }} as day_of_week,
    {{ day_of_week('date_day') }} >= 6 as is_weekend
from days
