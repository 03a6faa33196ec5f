{# Grain: one row per raw row of dw_invoice_header. Without CTEs: PostgreSQL merges only a view
   that has none into the query that reads it, and only then parses no text of other months. The
   fence is about the raw columns alone, which are made text once a row. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'invoice_no_365', 'customer_code_365', 'invoice_date', 'invoice_type', 'total_grand',
    'invoice_time', 'location_code', 'channel_code', 'sales_rep_code', 'currency_code',
] -%}
select
    -- origin
    'dw' as source_system,
    'dw_invoice_header' as source_table,
    invoice_no_365 as source_key,
    {{ raw_text(contract_columns) }} as raw_text,
    {{ raw_values(contract_columns) }} as raw_values,
    {{ row_hash(contract_columns) }} as raw_hash,
    {{ unreadable_columns(numbers=['total_grand'], times=['invoice_time']) }}
        as unreadable_columns,

    -- ids
    {{ id_prefix('dw') }}{{ read_text('invoice_no_365') }} as invoice_id,
    {{ id_prefix('dw') }}{{ read_text('customer_code_365') }} as customer_id,
    {{ id_prefix('dw') }}{{ read_text('location_code') }} as location_id,
    {{ id_prefix('dw') }}{{ read_text('channel_code') }} as channel_id,
    {{ id_prefix('dw') }}{{ read_text('sales_rep_code') }} as sales_rep_id,

    -- text
    cast(null as {{ type_text() }}) as location_country,
    {{ upper_case(read_text('currency_code')) }} as currency_code,
    {{ lower_case(read_text('invoice_type')) }} as source_invoice_type,

    -- numbers
    {{ read_number('total_grand') }} as header_amount,

    -- booleans
    {{ read_text('invoice_date') }} is not null as has_date_text,

    -- dates and times
    {{ read_date('invoice_date') }} as invoice_date,
    coalesce(
        {{ read_timestamp(
            'substring(' ~ trim_blanks('invoice_date') ~ ", 1, 10) || ' ' || "
            ~ trim_blanks('invoice_time')
        ) }},
        {{ read_timestamp('invoice_date') }}
    ) as invoice_at
from (
    select {{ raw_columns('dw_invoice_header', contract_columns) }}
    from {{ raw_table('dw', 'dw_invoice_header') }}
    {{ optimization_fence() }}
) as raw_rows
