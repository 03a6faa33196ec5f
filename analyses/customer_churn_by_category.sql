{# Which categories is this customer leaving, beyond chance and season? Those at risk first, then
   the largest loss. #}
select
    categories.category_name,
    churn.is_at_risk,
    churn.value_at_risk,
    churn.prev_spend,
    churn.recent_spend,
    churn.expected_purchases,
    churn.recent_purchases,
    churn.rate_p_value,
    churn.reason,
    churn.churn_flag
from {{ ref('churn_risk') }} as churn
inner join {{ ref('dim_category') }} as categories
    on churn.category_id = categories.category_id
where churn.customer_id = '{{ var("customer", "C00001") }}'
order by churn.is_at_risk desc, churn.value_at_risk desc, categories.category_name
