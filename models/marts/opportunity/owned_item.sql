{# Grain: one row per list date, known customer and product item that the customer had bought by
   then. #}
with

purchases as (

    select
        dates.list_number,
        dates.list_date,
        days.customer_number,
        days.item_number,
        max(case when days.is_purchase then days.invoice_date end) as last_purchase_date,
        count(case when days.is_purchase then 1 end) as purchase_count,
        sum(days.net_quantity) as net_quantity,
        sum(days.net_amount) as net_amount
    from {{ ref('customer_item_day') }} as days
    inner join {{ ref('recommendation_date') }} as dates
        on days.invoice_date <= dates.list_date
    group by dates.list_number, dates.list_date, days.customer_number, days.item_number
    having count(case when days.is_purchase then 1 end) > 0

),

ranked_items as (

    select
        *,
        row_number() over (
            partition by list_number, customer_number
            order by last_purchase_date desc, item_number
        ) as recency_rank,
        count(*) over (partition by list_number, customer_number) as customer_item_count,
        {{ days_between(
            'max(last_purchase_date) over (partition by list_number, customer_number)', 'list_date'
        ) }} as customer_recency_days
    from purchases

)

select
    list_number,
    customer_number,
    item_number,
    last_purchase_date,
    {{ days_between('last_purchase_date', 'list_date') }} as days_since_purchase,
    cast(purchase_count as bigint) as purchase_count,
    {{ as_money('net_quantity') }} as net_quantity,
    {{ as_money('net_amount') }} as net_amount,
    cast(recency_rank as int) as recency_rank,
    cast(customer_item_count as int) as customer_item_count,
    cast(case
        when 3 * customer_recency_days <= {{ var('recommendation_horizon_days') | int }} then 1
        when customer_recency_days <= {{ var('recommendation_horizon_days') | int }} then 2
        when customer_recency_days <= 2 * {{ var('recommendation_horizon_days') | int }} then 3
        when customer_recency_days <= 4 * {{ var('recommendation_horizon_days') | int }} then 4
        else 5
    end as int) as recency_band,
    {{ as_of_date() }} as as_of_date
from ranked_items
