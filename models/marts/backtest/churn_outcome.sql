{# Grain: one row per method and customer of the back-test: what the method said at as_of_date and
   whether no order followed within churn_horizon_days. No rows before those have passed. Customers
   are all those scored. #}
{%- set days = var('churn_horizon_days') -%}
with

closed_clock as (

    select as_of_date
    from {{ ref('clock') }}
    where {{ add_days('as_of_date', days) }} <= last_invoice_date

),

later_orders as (

    select
        invoices.customer_id,
        count(*) as order_count
    from {{ ref('fct_invoice') }} as invoices
    inner join closed_clock
        on
            invoices.invoice_date > closed_clock.as_of_date
            and invoices.invoice_date <= {{ add_days('closed_clock.as_of_date', days) }}
    where invoices.sale_line_count > 0
    group by invoices.customer_id

),

-- All that a constant can know: the rate of the last snapshot that had closed, that of full weight.
known_rate as (

    select
        {{ divide('sum(is_churned)', 'count(*)') }} as churn_rate
    from {{ ref('customer_snapshot') }}
    where
        snapshot_kind = 'training'
        and training_weight = 1

),

customers as (

    select
        churn.customer_id,
        churn.as_of_date,
        {{ as_double('churn.churn_probability') }} as churn_probability,
        {{ as_double('snapshots.bgnbd_probability') }} as bgnbd_probability,
        {{ as_double('churn.recency_days') }} as recency_days,
        {{ as_double('snapshots.order_day_count') }} as order_day_count,
        {{ as_double('known_rate.churn_rate') }} as churn_rate,
        case when later_orders.customer_id is null then 1 else 0 end as is_churned
    from {{ ref('customer_churn') }} as churn
    inner join closed_clock
        on churn.as_of_date = closed_clock.as_of_date
    inner join {{ ref('customer_snapshot') }} as snapshots
        on churn.customer_id = snapshots.customer_id and snapshots.snapshot_kind = 'score'
    cross join known_rate
    left join later_orders
        on churn.customer_id = later_orders.customer_id
    where churn.is_scored

),

methods as (

    select 'customer_churn' as method_name
    {%- for method in ['bgnbd_alone', 'recency', 'frequency', 'global_mean'] %}
        union all
        select '{{ method }}' as method_name
    {%- endfor %}

)

select
    customers.as_of_date,
    methods.method_name,
    customers.customer_id,
    {{ as_ratio(
        "case methods.method_name"
        ~ " when 'customer_churn' then customers.churn_probability"
        ~ " when 'bgnbd_alone' then customers.bgnbd_probability"
        ~ " when 'recency' then customers.recency_days"
        ~ " when 'frequency' then -customers.order_day_count"
        ~ " when 'global_mean' then coalesce(customers.churn_rate, 0.5)"
        ~ " end"
    ) }} as predicted,
    customers.is_churned
from customers
cross join methods
