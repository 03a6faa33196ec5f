{# Grain: one row per accepted invoice. #}
{{ config(
    post_hook="{{ require_one_currency() }}",
    **by_month(
        'invoices.invoice_month', indexed_columns=['invoice_id', 'customer_id', 'invoice_date']
    )
) }}
with

invoices as (

    select
        *,
        {{ month_start('invoice_date') }} as invoice_month
    from {{ ref('int_invoices_assembled') }}

),

invoice_totals as (

    select
        invoice_id,
        cast(count(*) as int) as line_count,
        {{ as_money('sum(net_amount)') }} as net_amount,
        {{ as_money('sum(gross_amount)') }} as gross_amount
    from {{ ref('int_invoice_lines_judged') }}
    where rejection_reason is null
    group by invoice_id

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
    coalesce(invoice_totals.net_amount, {{ as_money('0') }}) as net_amount,
    coalesce(invoice_totals.gross_amount, {{ as_money('0') }}) as gross_amount,
    invoices.header_amount,
    invoices.invoice_month
from invoices
left join invoice_totals
    on invoices.invoice_id = invoice_totals.invoice_id
where {{ is_lacking('invoices.invoice_month') }}
