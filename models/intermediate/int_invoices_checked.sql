{# Grain: one row per raw invoice header, with the first thing that is wrong with the header itself.
   A month depends on no row of another month: headers that share a number, and those without a
   readable date, are kept as a month of their own. #}
{{ config(**by_month('load_month', ['row_fingerprint'])) }}
with

raw_rows as (
    {{ union_connectors('invoices') }}
),

keyed_rows as (

    select
        raw_rows.*,
        invoice_types.invoice_type,
        repeated_keys.row_key is not null as is_repeated_key,
        case
            when repeated_keys.row_key is null and raw_rows.invoice_date is not null
                then {{ month_start('raw_rows.invoice_date') }}
            else cast('0001-01-01' as date)
        end as load_month
    from raw_rows
    left join {{ ref('invoice_types') }} as invoice_types
        on raw_rows.source_invoice_type = {{ lower_case('trim(invoice_types.source_type)') }}
    left join {{ ref('int_keys_repeated') }} as repeated_keys
        on
            repeated_keys.entity = 'invoices'
            and raw_rows.source_system = repeated_keys.source_system
            and raw_rows.invoice_id = repeated_keys.row_key

),

checked_rows as (

    select
        *,
        case
            when invoice_id is null then 'missing_key'
            {{ date_reasons('invoice_date') }}
            when invoice_type is null then 'unknown_invoice_type'
        end as own_reason,
        {{ row_hash([
            judging_key(), 'source_system', 'raw_hash', 'invoice_type',
            'invoice_date > ' ~ build_date(),
        ]) }} as row_fingerprint
    from keyed_rows
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
    invoice_id,
    customer_id,
    location_id,
    location_country,
    channel_id,
    sales_rep_id,
    currency_code,
    invoice_type,
    invoice_date,
    invoice_at,
    header_amount,
    row_fingerprint,
    load_month
from checked_rows
