{# Grain: one row per known customer, product item and day on which the customer bought or returned
   the item. Customers and items have numbers in the order of their ids, as joins on numbers take
   half as long. #}
with

days as (

    select
        customer_id,
        item_id,
        invoice_date,
        count(case when line_type = 'sale' then 1 end) as sale_line_count,
        sum(case when line_type = 'sale' then quantity else 0 end) as sold_quantity,
        sum(case when line_type = 'sale' then net_amount else 0 end) as sold_amount,
        sum(case when line_type = 'sale' then quantity else -abs(quantity) end) as net_quantity,
        sum(case when line_type = 'sale' then net_amount else -abs(net_amount) end) as net_amount
    from {{ ref('fct_invoice_line') }}
    where
        line_type in ('sale', 'return')
        and is_product
        and invoice_date <= {{ as_of_date() }}
    group by customer_id, item_id, invoice_date

),

numbered_customers as (

    select
        customer_id,
        row_number() over (order by customer_id) as customer_number
    from {{ ref('dim_customer') }}
    where is_known

),

-- An item that comes later must not change a number.
numbered_items as (

    select
        item_id,
        row_number() over (order by item_id) as item_number
    from {{ ref('fct_invoice_line') }}
    where is_product and invoice_date <= {{ as_of_date() }}
    group by item_id

)

select
    days.customer_id,
    days.item_id,
    cast(numbered_customers.customer_number as int) as customer_number,
    cast(numbered_items.item_number as int) as item_number,
    days.invoice_date,
    days.sale_line_count > 0 as is_purchase,
    {{ as_money('days.sold_quantity') }} as sold_quantity,
    {{ as_money('days.sold_amount') }} as sold_amount,
    {{ as_money('days.net_quantity') }} as net_quantity,
    {{ as_money('days.net_amount') }} as net_amount,
    {{ as_of_date() }} as as_of_date
from days
inner join numbered_customers
    on days.customer_id = numbered_customers.customer_id
inner join numbered_items
    on days.item_id = numbered_items.item_id
