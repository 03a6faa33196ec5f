{# Grain: one row per accepted invoice, with what its lines add up to. #}
{{ config(**by_month(
    'invoices.invoice_month',
    indexed_columns=['invoice_id', [
        'customer_id', 'invoice_date', 'location_id', 'channel_id', 'invoice_type', 'line_count',
        'sale_line_count', 'quantity', 'net_amount', 'costed_amount', 'margin_amount'
    ]],
    ranged_columns=['invoice_date']
)) }}
with

invoice_totals as (

    select
        invoice_key,
        cast(count(*) as int) as line_count,
        cast(count(case when line_type = 'sale' then 1 end) as int) as sale_line_count,
        sum(net_amount) as net_amount,
        sum(gross_amount) as gross_amount,
        sum(case when line_type = 'sale' then net_amount end) as sale_amount,
        sum(case when line_type in ('sale', 'return') then quantity end) as quantity,
        sum(case when margin_amount is not null then net_amount end) as costed_amount,
        sum(margin_amount) as margin_amount
    from {{ ref('fct_invoice_line') }}
    where {{ is_lacking('invoice_month') }}
    group by invoice_key

)

select
    invoices.invoice_id,
    invoices.source_system,
    coalesce(invoices.customer_id, '__unknown__') as customer_id,
    coalesce(invoices.location_id, '__unknown__') as location_id,
    coalesce(invoices.channel_id, '__unknown__') as channel_id,
    coalesce(invoices.sales_rep_id, '__unknown__') as sales_rep_id,
    invoices.invoice_date,
    invoices.invoice_at,
    invoices.invoice_type,
    invoices.currency_code,
    coalesce(invoice_totals.line_count, 0) as line_count,
    coalesce(invoice_totals.sale_line_count, 0) as sale_line_count,
    {{ as_money('coalesce(invoice_totals.net_amount, 0)') }} as net_amount,
    {{ as_money('coalesce(invoice_totals.gross_amount, 0)') }} as gross_amount,
    {{ as_money('coalesce(invoice_totals.sale_amount, 0)') }} as sale_amount,
    {{ as_money('coalesce(invoice_totals.quantity, 0)') }} as quantity,
    {{ as_money('invoice_totals.costed_amount') }} as costed_amount,
    {{ as_money('invoice_totals.margin_amount') }} as margin_amount,
    invoices.header_amount,
    invoices.invoice_key,
    invoices.invoice_month
from {{ ref('int_invoices_assembled') }} as invoices
left join invoice_totals
    on invoices.invoice_key = invoice_totals.invoice_key
where {{ is_lacking('invoices.invoice_month') }}
