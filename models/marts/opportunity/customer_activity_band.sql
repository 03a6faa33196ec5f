{# Grain: one row per list date and known customer with a sale in the peer_window_days up to it: how
   often it ordered lately. #}
with

order_days as (

    select
        dates.list_number,
        days.customer_id,
        count(case
            when
                days.invoice_date
                > {{ add_days('dates.list_date', -var('recommendation_horizon_days') | int) }}
                then 1
        end) as order_day_count
    from {{ ref('recommendation_date') }} as dates
    inner join {{ ref('customer_trading_day') }} as days
        on
            dates.list_date >= days.invoice_date
            and {{ add_days('dates.list_date', -var('peer_window_days') | int) }}
            < days.invoice_date
    where days.order_count > 0
    group by dates.list_number, days.customer_id

)

select
    list_number,
    customer_id,
    case
        when order_day_count >= 4 then 3
        when order_day_count >= 2 then 2
        else cast(order_day_count as int)
    end as activity_band,
    {{ as_of_date() }} as as_of_date
from order_days
