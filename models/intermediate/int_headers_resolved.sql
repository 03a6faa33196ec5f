{# Grain: one row per source and invoice number that a raw header bears, with the type and date of
   the accepted one; null where all are rejected. #}
select
    source_system,
    invoice_id,
    max(case when rejection_reason is null then invoice_type end) as invoice_type,
    max(case when rejection_reason is null then invoice_date end) as invoice_date
from {{ ref('int_invoices_judged') }}
where invoice_id is not null
group by source_system, invoice_id
