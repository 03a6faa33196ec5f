{# How much more could this customer spend? Spend against peers and the mean, and its segments. #}
select
    customers.customer_name,
    customers.sales_rep_name,
    customers.rfm_segment,
    customers.abc_revenue,
    wallet.actual_spend,
    wallet.peer_group,
    wallet.peer_customer_count,
    wallet.peer_benchmark_spend,
    wallet.peer_gap,
    wallet.no_benchmark_reason,
    wallet.avg_spend,
    wallet.opportunity_gap,
    customers.last_purchase_date,
    wallet.as_of_date
from {{ ref('share_of_wallet') }} as wallet
inner join {{ ref('customer_360') }} as customers
    on wallet.customer_id = customers.customer_id
where wallet.customer_id = '{{ var("customer", "C00001") }}'
