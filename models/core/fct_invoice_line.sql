{# Grain: one row per accepted invoice line. #}
with

accepted_lines as (

    select *
    from {{ ref('int_invoice_lines_judged') }}
    where rejection_reason is null

),

-- Line types are decided here and nowhere else (rules of counting, 12).
typed_lines as (

    select
        accepted_lines.invoice_line_id,
        accepted_lines.invoice_id,
        row_number() over (
            partition by accepted_lines.invoice_id
            order by length(accepted_lines.invoice_line_id), accepted_lines.invoice_line_id
        ) as line_number,
        coalesce(accepted_lines.item_id, '__unknown__') as item_id,
        case
            when accepted_lines.invoice_type in ('return', 'adjustment')
                then accepted_lines.invoice_type
            when accepted_lines.quantity < 0 or accepted_lines.net_amount < 0 then 'return'
            else 'sale'
        end as line_type,
        accepted_lines.quantity,
        accepted_lines.unit_price,
        accepted_lines.discount_amount,
        accepted_lines.net_amount,
        accepted_lines.gross_amount,
        accepted_lines.cost_amount
    from accepted_lines

)

select
    typed_lines.invoice_line_id,
    typed_lines.invoice_id,
    cast(typed_lines.line_number as int) as line_number,
    invoices.customer_id,
    typed_lines.item_id,
    items.category_id,
    invoices.location_id,
    invoices.channel_id,
    invoices.sales_rep_id,
    invoices.invoice_date,
    invoices.invoice_at,
    typed_lines.line_type,
    items.is_product,
    typed_lines.quantity,
    -- Hundredths of a unit and less have no price that a decimal could hold.
    coalesce(
        typed_lines.unit_price,
        case
            when abs(typed_lines.quantity) >= 0.01
                then {{ divide_money('typed_lines.net_amount', 'typed_lines.quantity') }}
        end
    ) as unit_price,
    typed_lines.discount_amount,
    typed_lines.net_amount,
    typed_lines.gross_amount,
    typed_lines.cost_amount,
    {{ as_money('typed_lines.net_amount - typed_lines.cost_amount') }} as margin_amount,
    invoices.invoice_month
from typed_lines
inner join {{ ref('fct_invoice') }} as invoices
    on typed_lines.invoice_id = invoices.invoice_id
inner join {{ ref('dim_item') }} as items
    on typed_lines.item_id = items.item_id
