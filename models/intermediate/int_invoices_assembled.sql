{# Grain: one row per accepted invoice. A flat connector has no headers: there an invoice is
   what its accepted lines say, the earliest time and, should they disagree, the first value in
   text order, its type among them: an invoice has one type. Here invoices get their numbers, and a
   second currency stops the build before anything is added up. #}
{{ config(post_hook="{{ require_one_currency() }}") }}
with

accepted_headers as (

    select
        source_system,
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
        header_amount
    from {{ ref('int_invoices_judged') }}
    where rejection_reason is null

),

flat_invoices as (

    select
        source_system,
        invoice_id,
        min(customer_id) as customer_id,
        min(location_id) as location_id,
        min(location_country) as location_country,
        min(channel_id) as channel_id,
        min(sales_rep_id) as sales_rep_id,
        min(currency_code) as currency_code,
        min(invoice_type) as invoice_type,
        min(invoice_date) as invoice_date,
        min(invoice_at) as invoice_at,
        cast(null as {{ type_money() }}) as header_amount
    from {{ ref('int_invoice_lines_judged') }}
    where carries_header and rejection_reason is null
    group by source_system, invoice_id

),

accepted_invoices as (

    select * from accepted_headers
    union all
    select * from flat_invoices

),

invoices as (

    select
        *,
        {{ month_start('invoice_date') }} as invoice_month
    from accepted_invoices

)

-- Text is slow to join and to count. An invoice's number depends on the invoices of its own month
-- only, so that a month may be built by itself.
select
    *,
    cast({{ months_between("cast('0001-01-01' as date)", 'invoice_month') }} as bigint)
    * 1000000000
    + row_number() over (partition by invoice_month order by invoice_date, invoice_id)
        as invoice_key
from invoices
