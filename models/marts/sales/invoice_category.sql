{# Grain: one row per invoice and category on its lines. Sales by category, penetration and churn by
   category read it, so that lines are added up by category once. #}
{{ config(**indexed(['customer_id'])) }}
select
    invoice_key,
    category_id,
    min(customer_id) as customer_id,
    min(location_id) as location_id,
    min(invoice_date) as invoice_date,
    min(invoice_month) as invoice_month,
    cast(count(case when line_type = 'sale' then 1 end) as int) as sale_line_count,
    {{ as_money('sum(net_amount)') }} as net_amount,
    {{ as_money("sum(case when line_type in ('sale', 'return') then net_amount end)") }} as spend,
    {{ as_money("sum(case when line_type in ('sale', 'return') then quantity end)") }} as quantity,
    {{ as_money('sum(case when cost_amount is not null then net_amount end)') }} as costed_amount,
    {{ as_money('sum(cost_amount)') }} as cost_amount,
    {{ as_money('sum(margin_amount)') }} as margin_amount,
    {{ as_of_date() }} as as_of_date
from {{ ref('fct_invoice_line') }}
where invoice_date <= {{ as_of_date() }}
group by invoice_key, category_id
