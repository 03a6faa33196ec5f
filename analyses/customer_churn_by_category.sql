{# In which categories is this customer buying less than before? Largest loss first. #}
select
    categories.category_name,
    churn.prev_spend,
    churn.recent_spend,
    churn.drop_pct,
    churn.churn_flag,
    churn.prev_invoices,
    churn.recent_invoices
from {{ ref('churn_risk') }} as churn
inner join {{ ref('dim_category') }} as categories
    on churn.category_id = categories.category_id
where churn.customer_id = '{{ var("customer", "C00001") }}'
order by churn.prev_spend - churn.recent_spend desc, categories.category_name
