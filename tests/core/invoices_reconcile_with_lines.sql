{# Guards that an invoice says what its lines say: their number, their amounts by type, their date,
   and the id that belongs to the number that both are joined by. #}
with

line_totals as (

    select
        invoice_key,
        count(*) as line_count,
        count(case when line_type = 'sale' then 1 end) as sale_line_count,
        sum(net_amount) as net_amount,
        sum(gross_amount) as gross_amount,
        sum(case when line_type = 'sale' then net_amount else 0 end) as sale_amount,
        sum(case when line_type = 'adjustment' then 0 else quantity end) as quantity,
        sum(case when cost_amount is not null then net_amount end) as costed_amount,
        sum(net_amount - cost_amount) as margin_amount,
        min(invoice_date) as first_date,
        max(invoice_date) as last_date,
        min(invoice_id) as first_id,
        max(invoice_id) as last_id
    from {{ ref('fct_invoice_line') }}
    group by invoice_key

)

select
    line_totals.*,
    invoices.invoice_id
from {{ ref('fct_invoice') }} as invoices
full outer join line_totals
    on invoices.invoice_key = line_totals.invoice_key
where
    invoices.invoice_key is null
    or invoices.line_count <> coalesce(line_totals.line_count, 0)
    or invoices.sale_line_count <> coalesce(line_totals.sale_line_count, 0)
    or invoices.net_amount <> coalesce(line_totals.net_amount, 0)
    or invoices.gross_amount <> coalesce(line_totals.gross_amount, 0)
    or invoices.sale_amount <> coalesce(line_totals.sale_amount, 0)
    or invoices.quantity <> coalesce(line_totals.quantity, 0)
    or invoices.costed_amount is distinct from line_totals.costed_amount
    or invoices.margin_amount is distinct from line_totals.margin_amount
    or invoices.invoice_date <> coalesce(line_totals.first_date, invoices.invoice_date)
    or invoices.invoice_date <> coalesce(line_totals.last_date, invoices.invoice_date)
    or invoices.invoice_id <> coalesce(line_totals.first_id, invoices.invoice_id)
    or invoices.invoice_id <> coalesce(line_totals.last_id, invoices.invoice_id)
