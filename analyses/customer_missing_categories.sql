{# What does this customer not buy from us? What its peers let expect comes first. #}
select
    categories.category_name,
    penetration.penetration_status,
    penetration.last_invoice_date,
    penetration.total_spend,
    penetration.peer_penetration_ratio,
    penetration.expected_spend,
    penetration.no_benchmark_reason
from {{ ref('category_penetration') }} as penetration
inner join {{ ref('dim_category') }} as categories
    on penetration.category_id = categories.category_id
where
    penetration.customer_id = '{{ var("customer", "C00001") }}'
    and penetration.penetration_status <> 'active'
order by coalesce(penetration.expected_spend, 0) desc, categories.category_name
