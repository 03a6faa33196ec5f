{# Grain: one row per day, location and region of the customer with an accepted line; region is null
   for customers without one. #}
{{ config(**indexed(['date_day'])) }}
select
    invoices.invoice_date as date_day,
    invoices.location_id,
    customers.region,
    {{ as_money('sum(invoices.net_amount)') }} as revenue,
    {{ as_money('sum(invoices.quantity)') }} as quantity,
    count(case when invoices.sale_line_count > 0 then 1 end) as order_count,
    {{ as_of_date() }} as as_of_date
from {{ ref('fct_invoice') }} as invoices
inner join {{ ref('dim_customer') }} as customers on invoices.customer_id = customers.customer_id
where invoices.line_count > 0 and invoices.invoice_date <= {{ as_of_date() }}
group by invoices.invoice_date, invoices.location_id, customers.region
