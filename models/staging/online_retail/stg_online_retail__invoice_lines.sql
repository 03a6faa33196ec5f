{# Grain: one row per raw row of online_retail_lines. #}
{{ config(enabled='online_retail' in var('connectors')) }}
{%- set contract_columns = [
    'Invoice', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'Price', 'Customer ID', 'Country',
] -%}
with

raw_rows as (

    select {{ raw_columns('online_retail_lines', contract_columns) }}
    from {{ raw_table('online_retail', 'online_retail_lines') }}
    {{ optimization_fence() }}

),

coded_rows as (

    select
        *,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ upper_case(read_code('invoice')) }} as invoice_code,
        {{ upper_case(read_code('stockcode')) }} as item_code,
        {{ read_number('quantity', 'decimal(16,4)') }}
        * {{ read_number('price', 'decimal(22,10)') }} as exact_amount
    from raw_rows
    {{ optimization_fence() }}

),

-- A line has no key of its own: its place among the lines of its invoice, by all eight columns, is one.
ranked_rows as (

    select
        *,
        row_number() over (partition by invoice_code order by raw_text) as line_rank,
        lag(raw_text) over (partition by invoice_code order by raw_text) as previous_raw_text
    from coded_rows

),

categories as (

    select
        {{ upper_case('trim(item_code)') }} as mapped_item_code,
        category_id as mapped_category_id,
        category_name as mapped_category_name
    from {{ ref('online_retail_categories') }}

),

final as (

    select
        -- origin
        'online_retail' as source_system,
        'online_retail_lines' as source_table,
        coalesce(invoice_code, '') || '-' || cast(line_rank as {{ type_text() }}) as source_key,
        raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ row_hash(contract_columns | map('lower') | map('replace', ' ', '_') | list) }} as raw_hash,
        '' as unreadable_columns,

        -- ids
        {{ id_prefix('online_retail') }}invoice_code || '-' || cast(line_rank as {{ type_text() }}) as invoice_line_id,
        {{ id_prefix('online_retail') }}invoice_code as invoice_id,
        {{ id_prefix('online_retail') }}item_code as item_id,
        {{ id_prefix('online_retail') }}coalesce(
            mapped_category_id,
            case when {{ matches('item_code', '^[0-9][0-9]') }} then substring(item_code, 1, 2) end
        ) as category_id,
        {{ id_prefix('online_retail') }}{{ read_code('customer_id') }} as customer_id,
        {{ id_prefix('online_retail') }}{{ read_text('country') }} as location_id,
        cast(null as {{ type_text() }}) as channel_id,
        cast(null as {{ type_text() }}) as sales_rep_id,

        -- text
        {{ read_text('description') }} as item_name,
        coalesce(
            mapped_category_name,
            case when {{ matches('item_code', '^[0-9][0-9]') }} then 'Stock codes ' || substring(item_code, 1, 2) || '…' end
        ) as category_name,
        {{ read_text('country') }} as location_country,
        cast(null as {{ type_text() }}) as currency_code,
        case substring(invoice_code, 1, 1)
            when 'C' then 'return'
            when 'A' then 'adjustment'
            else 'sale'
        end as source_invoice_type,

        -- numbers
        {{ read_number('quantity') }} as quantity,
        {{ read_number('price') }} as unit_price,
        cast(null as {{ type_money() }}) as discount_amount,
        case when abs(exact_amount) < 1000000000000 then {{ as_money('exact_amount') }} end as net_amount,
        case when abs(exact_amount) < 1000000000000 then {{ as_money('exact_amount') }} end as gross_amount,
        cast(null as {{ type_money() }}) as cost_amount,

        -- booleans
        true as carries_header,
        coalesce(raw_text = previous_raw_text, false) as is_exact_duplicate,
        {{ unreadable_columns(numbers=['quantity', 'price']) }} <> ''
        or coalesce(abs(exact_amount) >= 1000000000000, false) as has_unreadable_number,
        {{ read_text('invoicedate') }} is not null as has_date_text,

        -- dates and times
        {{ read_date('invoicedate') }} as invoice_date,
        {{ read_timestamp('invoicedate') }} as invoice_at
    from ranked_rows
    left join categories
        on ranked_rows.item_code = categories.mapped_item_code

)

select * from final
