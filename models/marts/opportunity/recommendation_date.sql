{# Grain: one row per day as of which lists of items are made: the clock's, number 0, and number 1
   the day recommendation_horizon_days before it. What followed the second is known, and says how
   often what such a list shows is bought. #}
with

list_dates as (

    select
        0 as list_number,
        {{ as_of_date() }} as list_date
    union all
    select
        1 as list_number,
        {{ add_days(as_of_date(), -var('recommendation_horizon_days')) }} as list_date

)

select
    cast(list_number as int) as list_number,
    list_date,
    {{ as_of_date() }} as as_of_date
from list_dates
where list_date is not null
