{# Grain: one row per raw row of dw_invoice_line. Without CTEs: PostgreSQL merges only a view
   that has none into the query that reads it, and only then parses no text of other months. The
   fence is about the raw columns alone, which are made text once a row. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'id', 'invoice_no_365', 'item_code_365', 'quantity', 'line_total_incl', 'line_total_excl',
    'discount_amount', 'cost_amount',
] -%}
select
    -- origin
    'dw' as source_system,
    'dw_invoice_line' as source_table,
    id as source_key,
    {{ raw_text(contract_columns) }} as raw_text,
    {{ raw_values(contract_columns) }} as raw_values,
    {{ row_hash(contract_columns) }} as raw_hash,
    {{ unreadable_columns(numbers=['line_total_excl', 'discount_amount', 'cost_amount']) }}
        as unreadable_columns,

    -- ids
    {{ id_prefix('dw') }}{{ read_text('id') }} as invoice_line_id,
    {{ id_prefix('dw') }}{{ read_text('invoice_no_365') }} as invoice_id,
    {{ id_prefix('dw') }}{{ read_text('item_code_365') }} as item_id,

    -- numbers
    {{ read_number('quantity') }} as quantity,
    cast(null as {{ type_money() }}) as unit_price,
    {{ read_number('discount_amount') }} as discount_amount,
    coalesce({{ read_number('line_total_excl') }}, {{ read_number('line_total_incl') }})
        as net_amount,
    {{ read_number('line_total_incl') }} as gross_amount,
    {{ read_number('cost_amount') }} as cost_amount,

    -- booleans
    false as carries_header,
    false as is_exact_duplicate,
    {{ unreadable_columns(numbers=['quantity', 'line_total_incl']) }} <> ''
        as has_unreadable_number,

    -- what a flat connector would carry, and this one reads from its headers and items
    cast(null as {{ type_text() }}) as item_name,
    cast(null as {{ type_text() }}) as category_id,
    cast(null as {{ type_text() }}) as category_name,
    cast(null as {{ type_text() }}) as customer_id,
    cast(null as {{ type_text() }}) as location_id,
    cast(null as {{ type_text() }}) as location_country,
    cast(null as {{ type_text() }}) as channel_id,
    cast(null as {{ type_text() }}) as sales_rep_id,
    cast(null as {{ type_text() }}) as currency_code,
    cast(null as {{ type_text() }}) as source_invoice_type,
    cast(null as boolean) as has_date_text,
    cast(null as date) as invoice_date,
    cast(null as timestamp) as invoice_at
from (
    select {{ raw_columns('dw_invoice_line', contract_columns) }}
    from {{ raw_table('dw', 'dw_invoice_line') }}
    {{ optimization_fence() }}
) as raw_rows
