{# Grain: one row per raw invoice line, with the first thing that is wrong with the line itself.
   A view, so that int_invoice_lines_judged can look for repeated keys without carrying every
   column along. #}
{{ config(materialized='view') }}
with

raw_rows as (
    {{ union_connectors('invoice_lines') }}
),

headers as (

    select
        source_system,
        invoice_id,
        max(case when rejection_reason is null then invoice_type end) as invoice_type,
        max(case when rejection_reason is null then invoice_date end) as invoice_date
    from {{ ref('int_invoices_judged') }}
    where invoice_id is not null
    group by source_system, invoice_id

),

-- A flat line carries its own date and type; any other takes them from its accepted header.
dated_rows as (

    select
        raw_rows.*,
        coalesce(raw_rows.invoice_date, headers.invoice_date) as line_date,
        coalesce(flat_types.invoice_type, headers.invoice_type) as invoice_type,
        headers.invoice_id is not null as has_header,
        headers.invoice_date is not null as has_accepted_header
    from raw_rows
    left join {{ ref('invoice_types') }} as flat_types
        on raw_rows.source_invoice_type = {{ lower_case('trim(flat_types.source_type)') }}
    left join headers
        on
            raw_rows.source_system = headers.source_system
            and raw_rows.invoice_id = headers.invoice_id

)

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
    end as own_reason
from dated_rows
