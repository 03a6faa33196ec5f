{# Guards that the recent and previous windows of churn_risk hold the sales and returns of those
   days. #}
with

lines as (

    select
        customer_id,
        category_id,
        net_amount,
        {{ days_between('invoice_date', as_of_date()) }} as age_days
    from {{ ref('fct_invoice_line') }}
    where
        line_type in ('sale', 'return')
        and customer_id <> '__unknown__'
        and category_id <> '__uncategorised__'
        and invoice_date <= {{ as_of_date() }}

),

windows as (

    select
        customer_id,
        category_id,
        sum(case when age_days < {{ var('churn_window_days') }} then net_amount else 0 end)
            as recent_spend,
        sum(
            case
                when
                    age_days >= {{ var('churn_window_days') }}
                    and age_days < 2 * {{ var('churn_window_days') }}
                    then net_amount
                else 0
            end
        ) as prev_spend
    from lines
    group by customer_id, category_id

)

select
    windows.*,
    churn.customer_id as churn_customer_id
from windows
full outer join {{ ref('churn_risk') }} as churn
    on windows.customer_id = churn.customer_id and windows.category_id = churn.category_id
where
    coalesce(windows.prev_spend > 0, false) <> (churn.customer_id is not null)
    or windows.prev_spend <> churn.prev_spend
    or windows.recent_spend <> churn.recent_spend
