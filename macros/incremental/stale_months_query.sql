{% macro stale_months_query(own_select, month, columns) %}
with

own_rows as (
    {{ own_select }}
),

own_months as (

    select
        {{ month }} as built_month,
        count(*) as row_count,
        {{ checksum(columns) }} as row_checksum
    from own_rows
    group by {{ month }}

),

built_months as (

    select
        {{ month }} as built_month,
        count(*) as row_count,
        {{ checksum(columns) }} as row_checksum
    from {{ this }}
    group by {{ month }}

)

select coalesce(own_months.built_month, built_months.built_month) as stale_month
from own_months
full outer join built_months
    on own_months.built_month = built_months.built_month
where
    own_months.built_month is null
    or built_months.built_month is null
    or own_months.row_count <> built_months.row_count
    or own_months.row_checksum <> built_months.row_checksum
{% endmacro %}
