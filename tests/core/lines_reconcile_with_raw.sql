{# Guards rule of counting 2: by connector and month, raw lines and their amounts are the accepted
   ones in the star plus those judged to be rejected, none lost and none counted twice. That
   rejected_rows holds just those, with their amounts, is its own test. #}
with

raw_lines as (
    {{ union_connectors('invoice_lines') }}
),

raw_months as (

    select
        raw_lines.source_system,
        {{ month_start('coalesce(invoices.invoice_date, raw_lines.invoice_date)') }} as month_start,
        count(*) as raw_row_count,
        sum(raw_lines.net_amount) as raw_amount
    from raw_lines
    left join {{ ref('fct_invoice') }} as invoices
        on
            raw_lines.source_system = invoices.source_system
            and raw_lines.invoice_id = invoices.invoice_id
    group by
        raw_lines.source_system,
        {{ month_start('coalesce(invoices.invoice_date, raw_lines.invoice_date)') }}

),

star_lines as (

    select
        invoices.source_system,
        invoices.invoice_date,
        lines.net_amount
    from {{ ref('fct_invoice_line') }} as lines
    inner join {{ ref('fct_invoice') }} as invoices
        on lines.invoice_key = invoices.invoice_key
    union all
    select
        judged_lines.source_system,
        coalesce(invoices.invoice_date, judged_lines.invoice_date) as invoice_date,
        judged_lines.net_amount
    from {{ ref('int_invoice_lines_judged') }} as judged_lines
    left join {{ ref('fct_invoice') }} as invoices
        on
            judged_lines.source_system = invoices.source_system
            and judged_lines.invoice_id = invoices.invoice_id
    where judged_lines.rejection_reason is not null

),

star_months as (

    select
        source_system,
        {{ month_start('invoice_date') }} as month_start,
        count(*) as star_row_count,
        sum(net_amount) as star_amount
    from star_lines
    group by source_system, {{ month_start('invoice_date') }}

)

select
    raw_months.*,
    star_months.star_row_count,
    star_months.star_amount
from raw_months
full outer join star_months
    on
        raw_months.source_system = star_months.source_system
        and coalesce(raw_months.month_start, cast('0001-01-01' as date))
        = coalesce(star_months.month_start, cast('0001-01-01' as date))
where
    coalesce(raw_months.raw_row_count, 0) <> coalesce(star_months.star_row_count, 0)
    or coalesce(raw_months.raw_amount, 0) <> coalesce(star_months.star_amount, 0)
