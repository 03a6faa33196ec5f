{# Grain: one row, the date that every mart is as of: var as_of_date, else the latest accepted invoice. #}
select
    {%- if var('as_of_date') %}
    cast('{{ var("as_of_date") }}' as date) as as_of_date,
    {%- else %}
    max(invoice_date) as as_of_date,
    {%- endif %}
    min(invoice_date) as first_invoice_date,
    max(invoice_date) as last_invoice_date
from {{ ref('int_invoices_assembled') }}
