{# Grain: one row per raw invoice line, with the first thing that is wrong with the line itself.
   A month depends on no line of another month: lines that share a key, and those without a date,
   are kept as a month of their own. #}
{{ config(**by_month('load_month', ['row_fingerprint'])) }}
with

raw_rows as (
    {{ union_connectors('invoice_lines') }}
),

-- A flat line carries its own date and type; any other takes them from its accepted header.
dated_rows as (

    select
        raw_rows.*,
        coalesce(raw_rows.invoice_date, headers.invoice_date) as line_date,
        coalesce(flat_types.invoice_type, headers.invoice_type) as invoice_type,
        headers.invoice_id is not null as has_header,
        headers.invoice_date is not null as has_accepted_header,
        repeated_keys.row_key is not null as is_repeated_key
    from raw_rows
    left join {{ ref('invoice_types') }} as flat_types
        on raw_rows.source_invoice_type = {{ lower_case('trim(flat_types.source_type)') }}
    left join {{ ref('int_headers_resolved') }} as headers
        on
            raw_rows.source_system = headers.source_system
            and raw_rows.invoice_id = headers.invoice_id
    left join {{ ref('int_keys_repeated') }} as repeated_keys
        on
            repeated_keys.entity = 'invoice_lines'
            and not raw_rows.carries_header
            and raw_rows.source_system = repeated_keys.source_system
            and raw_rows.invoice_line_id = repeated_keys.row_key

),

monthly_rows as (

    select
        *,
        case
            when is_repeated_key or line_date is null then cast('0001-01-01' as date)
            else {{ month_start('line_date') }}
        end as load_month
    from dated_rows

),

checked_rows as (

    select
        *,
        case
            when invoice_line_id is null or invoice_id is null then 'missing_key'
            when not carries_header and not has_header then 'line_without_header'
            when not carries_header and not has_accepted_header then 'rejected_header'
            {{ date_reasons('line_date') }}
            when invoice_type is null then 'unknown_invoice_type'
            when has_unreadable_number then 'unparseable_number'
            when
                coalesce(quantity, 0) = 0
                and coalesce(net_amount, 0) = 0
                and coalesce(gross_amount, 0) = 0
                then 'empty_line'
            when quantity is null or gross_amount is null then 'missing_number'
            when unit_price < 0 and invoice_type = 'sale' then 'negative_price'
            when is_exact_duplicate and {{ var('online_retail_reject_duplicates') }}
                then 'exact_duplicate'
        end as own_reason,
        {{ row_hash([
            judging_key(), 'source_system', 'source_key', 'raw_hash', 'is_exact_duplicate',
            'category_id', 'category_name', 'invoice_type', 'line_date', 'has_header',
            'has_accepted_header', 'line_date > ' ~ build_date(),
        ]) }} as row_fingerprint
    from monthly_rows
    where {{ is_lacking('load_month') }}

)

select
    source_system,
    source_table,
    source_key,
    own_reason,
    is_repeated_key,
    case when is_repeated_key then raw_text end as raw_text,
    case when is_repeated_key or own_reason is not null then raw_values end as raw_values,
    unreadable_columns,
    carries_header,
    invoice_line_id,
    invoice_id,
    item_id,
    item_name,
    category_id,
    category_name,
    customer_id,
    location_id,
    location_country,
    channel_id,
    sales_rep_id,
    currency_code,
    invoice_type,
    line_date,
    invoice_at,
    quantity,
    unit_price,
    discount_amount,
    net_amount,
    gross_amount,
    cost_amount,
    row_fingerprint,
    load_month
from checked_rows
