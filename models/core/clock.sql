{# Grain: one row, the date that every mart is as of: var as_of_date, else the latest accepted
   invoice. #}
{%- set given_date = "'" ~ var('as_of_date') ~ "'" if var('as_of_date') else 'null' -%}
select
    coalesce(cast({{ given_date }} as date), max(invoice_date)) as as_of_date,
    min(invoice_date) as first_invoice_date,
    max(invoice_date) as last_invoice_date
from {{ ref('int_invoices_assembled') }}
