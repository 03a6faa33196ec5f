{# Grain: one row per kind of buyer: repeat order days, week of the last one and age in weeks, both
   since the first. Two customers who share the three are the same to the BG/NBD model. #}
with

order_days as (

    select
        customer_id,
        invoice_date,
        customer_hash,
        as_of_date
    from {{ ref('customer_trading_day') }}
    where order_count > 0

),

buyers as (

    select
        customer_id,
        customer_hash,
        count(*) - 1 as repeat_count,
        {{ days_between('min(invoice_date)', 'max(invoice_date)') }} as last_day,
        {{ days_between('min(invoice_date)', 'max(as_of_date)') }} as age_days
    from order_days
    group by customer_id, customer_hash

),

counted_buyers as (

    select
        *,
        count(*) over () as buyer_count
    from buyers

),

-- More customers than these tell the four parameters hardly better.
sampled_buyers as (

    select
        repeat_count,
        cast(floor((last_day + 3) / 7.0) as int) as last_week,
        cast(floor((age_days + 3) / 7.0) as int) as age_weeks
    from counted_buyers
    where {{ is_in_sample('customer_hash', var('bgnbd_max_customers'), 'buyer_count') }}

)

select
    cast(repeat_count as int) as repeat_count,
    last_week,
    age_weeks,
    cast(count(*) as bigint) as customer_count
from sampled_buyers
group by repeat_count, last_week, age_weeks
