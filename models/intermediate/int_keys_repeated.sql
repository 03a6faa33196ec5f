{# Grain: one row per key that several raw headers or several raw lines of a source share: few or
   none. A table of its own, because engines foresee how many rows a table has. #}
select
    'invoices' as entity,
    source_system,
    invoice_id as row_key
from ({{ union_connectors('invoices') }}) as raw_headers
where invoice_id is not null
group by source_system, invoice_id
having count(*) > 1

union all

-- The key of a flat line is its place in its invoice, which no other has.
select
    'invoice_lines' as entity,
    source_system,
    invoice_line_id as row_key
from ({{ union_connectors('invoice_lines') }}) as raw_lines
where not carries_header and invoice_line_id is not null
group by source_system, invoice_line_id
having count(*) > 1
