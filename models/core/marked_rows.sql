{# Grain: one row per accepted raw row and mark: rows that are in the star although something is
   amiss. #}
{%- set entities = [
    'invoices', 'invoice_lines', 'items', 'customers', 'sales_reps', 'locations', 'channels',
    'inventory_snapshots',
] -%}
with

unreadable_values as (
    {%- for entity in entities %}
        select
            source_system,
            source_table,
            source_key,
            unreadable_columns,
            {{ 'net_amount' if entity == 'invoice_lines' else as_money('null') }} as net_amount
        from {{ ref('int_' ~ entity ~ '_judged') }}
        where rejection_reason is null and unreadable_columns <> ''
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

lines_with_items as (

    select
        lines.source_system,
        lines.source_table,
        lines.source_key,
        lines.item_id,
        lines.net_amount,
        coalesce(items.is_listed, false) as is_listed,
        lines.carries_header
        and items.is_product
        and items.category_id = '__uncategorised__' as lacks_category
    from {{ ref('int_invoice_lines_judged') }} as lines
    left join {{ ref('dim_item') }} as items
        on lines.item_id = items.item_id
    where lines.rejection_reason is null

)

select
    source_system,
    source_table,
    source_key,
    'unreadable_value' as mark,
    unreadable_columns as detail,
    net_amount
from unreadable_values

union all

select
    source_system,
    source_table,
    source_key,
    'missing_customer' as mark,
    invoice_id as detail,
    cast(null as {{ type_money() }}) as net_amount
from {{ ref('int_invoices_judged') }}
where rejection_reason is null and customer_id is null

union all

select
    source_system,
    source_table,
    source_key,
    'missing_customer' as mark,
    invoice_id as detail,
    net_amount
from {{ ref('int_invoice_lines_judged') }}
where rejection_reason is null and carries_header and customer_id is null

union all

select
    source_system,
    source_table,
    source_key,
    'missing_category' as mark,
    item_id as detail,
    cast(null as {{ type_money() }}) as net_amount
from {{ ref('int_items_judged') }}
where rejection_reason is null and category_id is null

union all

select
    source_system,
    source_table,
    source_key,
    case when item_id is null then 'missing_item' else 'unknown_item' end as mark,
    item_id as detail,
    net_amount
from lines_with_items
where not is_listed

union all

select
    source_system,
    source_table,
    source_key,
    'missing_category' as mark,
    item_id as detail,
    net_amount
from lines_with_items
where lacks_category
