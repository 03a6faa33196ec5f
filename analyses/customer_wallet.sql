{# How much more could this customer spend? Spend against the mean, and the segments it is in. #}
select
    customer_name,
    sales_rep_name,
    rfm_segment,
    abc_revenue,
    actual_spend,
    avg_spend,
    opportunity_gap,
    last_purchase_date,
    as_of_date
from {{ ref('customer_360') }}
where customer_id = '{{ var("customer", "C00001") }}'
