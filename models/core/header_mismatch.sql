{# Grain: one row per invoice whose header total is not the sum of its accepted lines. For
   people to read: nothing is corrected. #}
select
    invoice_id,
    source_system,
    customer_id,
    invoice_date,
    invoice_type,
    line_count,
    header_amount,
    gross_amount as line_amount,
    {{ as_money('header_amount - gross_amount') }} as difference_amount
from {{ ref('fct_invoice') }}
where header_amount <> gross_amount
