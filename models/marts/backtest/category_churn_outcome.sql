{# Grain: one row per scored row of churn_risk and method: whether the method flagged it, and what
   the customer bought in the category in the churn_window_days after as_of_date. No rows until those
   have passed. #}
{%- set window_days = var('churn_window_days') | int -%}
with

later_purchases as (

    select
        customer_id,
        category_id,
        max(case when line_type = 'sale' then 1 else 0 end) = 1 as has_bought_after,
        sum(net_amount) as spend_after
    from {{ ref('fct_invoice_line') }}
    where
        line_type in ('sale', 'return')
        and invoice_date > {{ as_of_date() }}
        and invoice_date <= {{ add_days(as_of_date(), window_days) }}
    group by customer_id, category_id

),

-- Both methods are asked of the same rows, those that the test can judge.
flags as (

    select
        customer_id,
        category_id,
        'is_at_risk' as method_name,
        is_at_risk as is_flagged,
        as_of_date
    from {{ ref('churn_risk') }}
    where is_scored
    union all
    select
        customer_id,
        category_id,
        'churn_flag' as method_name,
        churn_flag = 1 as is_flagged,
        as_of_date
    from {{ ref('churn_risk') }}
    where is_scored

)

select
    flags.as_of_date,
    flags.customer_id,
    flags.category_id,
    flags.method_name,
    flags.is_flagged,
    coalesce(later_purchases.has_bought_after, false) as has_bought_after,
    {{ as_money('coalesce(later_purchases.spend_after, 0)') }} as spend_after
from flags
inner join {{ ref('clock') }} as clock
    on {{ add_days('flags.as_of_date', window_days) }} <= clock.last_invoice_date
left join later_purchases
    on
        flags.customer_id = later_purchases.customer_id
        and flags.category_id = later_purchases.category_id
