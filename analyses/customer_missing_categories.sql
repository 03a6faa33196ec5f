{# What does this customer not buy from us, most widely bought categories first? #}
with

category_reach as (

    select
        category_id,
        sum(has_category) as buyer_count,
        count(*) as customer_count
    from {{ ref('category_penetration') }}
    group by category_id

)

select
    categories.category_name,
    penetration.penetration_status,
    penetration.last_invoice_date,
    penetration.total_spend,
    category_reach.buyer_count,
    category_reach.customer_count
from {{ ref('category_penetration') }} as penetration
inner join {{ ref('dim_category') }} as categories
    on penetration.category_id = categories.category_id
inner join category_reach
    on penetration.category_id = category_reach.category_id
where
    penetration.customer_id = '{{ var("customer", "C00001") }}'
    and penetration.penetration_status <> 'active'
order by category_reach.buyer_count desc, categories.category_name
