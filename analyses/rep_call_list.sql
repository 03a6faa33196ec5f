{# Whom should a rep call? The rep's customers by what they used to spend and no longer do. #}
with

losses as (

    select
        customer_id,
        sum(prev_spend - recent_spend) as lost_spend,
        count(*) as category_count
    from {{ ref('churn_risk') }}
    where churn_flag = 1
    group by customer_id

)

select
    customers.sales_rep_name,
    customers.customer_name,
    customers.rfm_segment,
    customers.last_purchase_date,
    losses.category_count,
    losses.lost_spend
from losses
inner join {{ ref('customer_360') }} as customers
    on losses.customer_id = customers.customer_id
where losses.lost_spend > 0
order by customers.sales_rep_name, losses.lost_spend desc, customers.customer_id
