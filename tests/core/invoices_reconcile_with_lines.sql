{# Guards that an invoice says what its lines say: their number, their amounts and their date. #}
with

line_totals as (

    select
        invoice_id,
        count(*) as line_count,
        sum(net_amount) as net_amount,
        sum(gross_amount) as gross_amount,
        min(invoice_date) as first_date,
        max(invoice_date) as last_date
    from {{ ref('fct_invoice_line') }}
    group by invoice_id

)

select invoices.*
from {{ ref('fct_invoice') }} as invoices
left join line_totals
    on invoices.invoice_id = line_totals.invoice_id
where
    invoices.line_count <> coalesce(line_totals.line_count, 0)
    or invoices.net_amount <> coalesce(line_totals.net_amount, 0)
    or invoices.gross_amount <> coalesce(line_totals.gross_amount, 0)
    or invoices.invoice_date <> coalesce(line_totals.first_date, invoices.invoice_date)
    or invoices.invoice_date <> coalesce(line_totals.last_date, invoices.invoice_date)
