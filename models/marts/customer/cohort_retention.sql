{# Grain: one row per cohort (month of the first sale) and month since, from 0 to the month of
   as_of_date. #}
with

customers as (

    select
        customer_id,
        {{ month_start('first_sale_date') }} as cohort_month
    from {{ ref('customer_activity') }}
    where first_sale_date is not null

),

cohorts as (

    select
        cohort_month,
        count(*) as cohort_size
    from customers
    group by cohort_month

),

months as (

    select month_start as period_month
    from {{ ref('dim_date') }}
    where date_day <= {{ as_of_date() }}
    group by month_start

),

cohort_months as (

    select
        cohorts.cohort_month,
        cohorts.cohort_size,
        months.period_month
    from cohorts
    inner join months
        on cohorts.cohort_month <= months.period_month

),

monthly_activity as (

    select
        customers.cohort_month,
        invoices.invoice_month as period_month,
        count(distinct case when invoices.sale_line_count > 0 then invoices.customer_id end)
            as active_customers,
        sum(invoices.net_amount) as revenue,
        sum(invoices.margin_amount) as margin
    from {{ ref('fct_invoice') }} as invoices
    inner join customers
        on invoices.customer_id = customers.customer_id
    where invoices.invoice_type <> 'adjustment' and invoices.invoice_date <= {{ as_of_date() }}
    group by customers.cohort_month, invoices.invoice_month

)

select
    cohort_months.cohort_month,
    {{ months_between('cohort_months.cohort_month', 'cohort_months.period_month') }}
        as cohort_index,
    cohort_months.period_month,
    cast(cohort_months.cohort_size as bigint) as cohort_size,
    cast(coalesce(monthly_activity.active_customers, 0) as bigint) as active_customers,
    {{ as_ratio(divide(
        'coalesce(monthly_activity.active_customers, 0)', 'cohort_months.cohort_size'
    )) }}
        as retention_rate,
    {{ as_money('coalesce(monthly_activity.revenue, 0)') }} as revenue,
    {{ as_money('monthly_activity.margin') }} as margin,
    {{ as_ratio(divide('coalesce(monthly_activity.revenue, 0)', 'cohort_months.cohort_size')) }}
        as avg_revenue,
    {{ month_end('cohort_months.period_month') }} <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from cohort_months
left join monthly_activity
    on
        cohort_months.cohort_month = monthly_activity.cohort_month
        and cohort_months.period_month = monthly_activity.period_month
