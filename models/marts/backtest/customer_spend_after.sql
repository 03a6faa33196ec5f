{# Grain: one row per known customer: what they spent in the spend_outcome_days after as_of_date.
   No rows until those have passed. #}
{%- set outcome_days = var('spend_outcome_days') | int -%}
with

later_spend as (

    select
        customer_id,
        sum(net_amount) as spend_after
    from {{ ref('fct_invoice') }}
    where
        invoice_type <> 'adjustment'
        and invoice_date > {{ as_of_date() }}
        and invoice_date <= {{ add_days(as_of_date(), outcome_days) }}
    group by customer_id

)

select
    activity.customer_id,
    {{ as_money('coalesce(later_spend.spend_after, 0)') }} as spend_after,
    activity.as_of_date
from {{ ref('customer_activity') }} as activity
inner join {{ ref('clock') }} as clock
    on {{ add_days('activity.as_of_date', outcome_days) }} <= clock.last_invoice_date
left join later_spend
    on activity.customer_id = later_spend.customer_id
