{# Whom should a rep call? The rep's customers by the money at risk in categories they leave. #}
with

losses as (

    select
        customer_id,
        sum(value_at_risk) as value_at_risk,
        count(*) as category_count
    from {{ ref('churn_risk') }}
    where is_at_risk
    group by customer_id

)

select
    customers.sales_rep_name,
    customers.customer_name,
    customers.rfm_segment,
    customers.last_purchase_date,
    losses.category_count,
    losses.value_at_risk
from losses
inner join {{ ref('customer_360') }} as customers
    on losses.customer_id = customers.customer_id
order by customers.sales_rep_name, losses.value_at_risk desc, customers.customer_id
