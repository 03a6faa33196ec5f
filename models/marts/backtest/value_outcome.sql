{# Grain: one row per method and customer of the back-test: the spend that the method expected at
   as_of_date, and what was spent in value_horizon_days. No rows before those have passed. Customers
   are all those scored. #}
{%- set days = var('value_horizon_days') -%}
with

closed_clock as (

    select as_of_date
    from {{ ref('clock') }}
    where {{ add_days('as_of_date', days) }} <= last_invoice_date

),

later_spend as (

    select
        invoices.customer_id,
        sum(invoices.net_amount) as actual_value
    from {{ ref('fct_invoice') }} as invoices
    inner join closed_clock
        on
            invoices.invoice_date > closed_clock.as_of_date
            and invoices.invoice_date <= {{ add_days('closed_clock.as_of_date', days) }}
    where invoices.invoice_type <> 'adjustment'
    group by invoices.customer_id

),

customers as (

    select
        value.customer_id,
        value.as_of_date,
        {{ as_double('value.predicted_value') }} as predicted_value,
        value.predicted_lower,
        value.predicted_upper,
        {{ as_double('snapshots.recent_spend') }} as recent_spend,
        avg({{ as_double('snapshots.recent_spend') }}) over () as mean_recent_spend,
        coalesce(later_spend.actual_value, 0) as actual_value
    from {{ ref('customer_lifetime_value') }} as value
    inner join closed_clock
        on value.as_of_date = closed_clock.as_of_date
    inner join {{ ref('customer_snapshot') }} as snapshots
        on value.customer_id = snapshots.customer_id and snapshots.snapshot_kind = 'score'
    left join later_spend
        on value.customer_id = later_spend.customer_id
    where value.is_scored

),

methods as (

    select 'customer_lifetime_value' as method_name
    union all
    select 'same_as_last_{{ days }}_days' as method_name
    union all
    select 'global_mean' as method_name

)

select
    customers.as_of_date,
    methods.method_name,
    customers.customer_id,
    {{ computed_money(
        "case methods.method_name"
        ~ " when 'customer_lifetime_value' then customers.predicted_value"
        ~ " when 'global_mean' then customers.mean_recent_spend"
        ~ " else customers.recent_spend"
        ~ " end"
    ) }} as predicted_value,
    {{ as_money('customers.actual_value') }} as actual_value,
    case
        when methods.method_name = 'customer_lifetime_value'
            then
                customers.actual_value
                between customers.predicted_lower and customers.predicted_upper
    end as is_in_range
from customers
cross join methods
