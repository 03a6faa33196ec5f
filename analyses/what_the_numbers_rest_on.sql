{# How complete is the input? Rejected rows by reason, marked rows, and the revenue that no customer
   or category can be given for. #}
with

revenue as (

    select
        coalesce(sum(net_amount), 0) as total_amount,
        coalesce(sum(case when customer_id = '__unknown__' then net_amount end), 0)
            as without_customer,
        coalesce(sum(case when category_id = '__uncategorised__' then net_amount end), 0)
            as without_category
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}

)

select
    'rejected: ' || source_table || ', ' || reason as finding,
    count(*) as row_count,
    sum(net_amount) as net_amount
from {{ ref('rejected_rows') }}
group by source_table, reason
union all
select
    'marked: ' || source_table || ', ' || mark as finding,
    count(*) as row_count,
    sum(net_amount) as net_amount
from {{ ref('marked_rows') }}
group by source_table, mark
union all
select
    'revenue without a customer' as finding,
    null as row_count,
    without_customer as net_amount
from revenue
union all
select
    'revenue without a category' as finding,
    null as row_count,
    without_category as net_amount
from revenue
union all
select
    'baskets left out as too large' as finding,
    left_out_basket_count as row_count,
    null as net_amount
from {{ ref('basket_population') }}
order by finding
