{# Grain: one row per cohort (month of the first sale) and month since, from 0 to the month of
   as_of_date. #}
with

monthly_activity as (

    select
        cohort_month,
        period_month,
        count(case when is_active then 1 end) as active_customers,
        sum(spend) as revenue,
        sum(margin_amount) as margin
    from {{ ref('customer_month') }}
    group by cohort_month, period_month

),

-- A cohort is those who buy in its first month.
cohorts as (

    select
        cohort_month,
        active_customers as cohort_size
    from monthly_activity
    where period_month = cohort_month

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
