{# Guards that the customers of each month, and of all days, are what the rows of daily_customers
   add up to whose previous order lies before the month, or before all days. #}
with

order_days as (

    select
        customer_id,
        invoice_month
    from {{ ref('fct_invoice_line') }}
    where
        line_type = 'sale'
        and customer_id <> '__unknown__'
        and invoice_date <= {{ as_of_date() }}
    group by customer_id, invoice_month

),

expected_counts as (

    select
        cast(invoice_month as {{ type_text() }}) as period,
        count(*) as customer_count
    from order_days
    group by invoice_month

    union all

    select
        'all days' as period,
        count(distinct customer_id) as customer_count
    from order_days

),

found_counts as (

    select
        cast({{ month_start('date_day') }} as {{ type_text() }}) as period,
        sum(customer_count) as customer_count
    from {{ ref('daily_customers') }}
    where previous_order_date is null or previous_order_date < {{ month_start('date_day') }}
    group by cast({{ month_start('date_day') }} as {{ type_text() }})

    union all

    select
        'all days' as period,
        coalesce(sum(customer_count), 0) as customer_count
    from {{ ref('daily_customers') }}
    where previous_order_date is null

)

select
    coalesce(expected_counts.period, found_counts.period) as period,
    expected_counts.customer_count as expected_count,
    found_counts.customer_count as found_count
from expected_counts
full outer join found_counts on expected_counts.period = found_counts.period
where
    expected_counts.customer_count <> found_counts.customer_count
    or expected_counts.period is null
    or found_counts.period is null
