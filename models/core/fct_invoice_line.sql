{# Grain: one row per accepted invoice line. A line number follows from the keys of its invoice's
   lines, so months are compared without it. #}
{{ config(**by_month(
    'invoice_month',
    derived_columns=['line_number'],
    indexed_columns=['item_id', 'category_id', [
        'customer_id', 'invoice_date', 'location_id', 'item_id', 'line_type', 'invoice_key', 'quantity',
        'net_amount'
    ]],
    ranged_columns=['invoice_date']
)) }}
with

invoices as (

    select
        invoice_id,
        coalesce(customer_id, '__unknown__') as customer_id,
        coalesce(location_id, '__unknown__') as location_id,
        coalesce(channel_id, '__unknown__') as channel_id,
        coalesce(sales_rep_id, '__unknown__') as sales_rep_id,
        invoice_date,
        invoice_at,
        invoice_type,
        invoice_key,
        invoice_month
    from {{ ref('int_invoices_assembled') }}
    where {{ is_lacking('invoice_month') }}

),

-- Line types are decided here and nowhere else (rules of counting, 12).
typed_lines as (

    select
        lines.invoice_line_id,
        lines.invoice_id,
        row_number() over (
            partition by invoices.invoice_key
            order by length(lines.invoice_line_id), lines.invoice_line_id
        ) as line_number,
        invoices.customer_id,
        coalesce(lines.item_id, '__unknown__') as item_id,
        invoices.location_id,
        invoices.channel_id,
        invoices.sales_rep_id,
        invoices.invoice_date,
        invoices.invoice_at,
        case
            when invoices.invoice_type in ('return', 'adjustment') then invoices.invoice_type
            when lines.quantity < 0 or lines.net_amount < 0 then 'return'
            else 'sale'
        end as line_type,
        lines.quantity,
        lines.unit_price,
        lines.discount_amount,
        lines.net_amount,
        lines.gross_amount,
        lines.cost_amount,
        invoices.invoice_key,
        invoices.invoice_month
    from {{ ref('int_invoice_lines_judged') }} as lines
    inner join invoices
        on lines.invoice_id = invoices.invoice_id
    where lines.rejection_reason is null

)

select
    typed_lines.invoice_line_id,
    typed_lines.invoice_id,
    cast(typed_lines.line_number as int) as line_number,
    typed_lines.customer_id,
    typed_lines.item_id,
    items.category_id,
    typed_lines.location_id,
    typed_lines.channel_id,
    typed_lines.sales_rep_id,
    typed_lines.invoice_date,
    typed_lines.invoice_at,
    typed_lines.line_type,
    items.is_product,
    typed_lines.quantity,
    -- Hundredths of a unit and less have no price that a decimal could hold.
    cast(coalesce(
        typed_lines.unit_price,
        case
            when abs(typed_lines.quantity) >= 0.01
                then {{ divide_money('typed_lines.net_amount', 'typed_lines.quantity') }}
        end
    ) as {{ type_money() }}) as unit_price,
    typed_lines.discount_amount,
    typed_lines.net_amount,
    typed_lines.gross_amount,
    typed_lines.cost_amount,
    {{ as_money('typed_lines.net_amount - typed_lines.cost_amount') }} as margin_amount,
    typed_lines.invoice_key,
    typed_lines.invoice_month
from typed_lines
inner join {{ ref('dim_item') }} as items
    on typed_lines.item_id = items.item_id
