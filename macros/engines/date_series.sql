{% macro date_series(relation, first_day, last_day) -%}
    {{ return(adapter.dispatch('date_series')(relation, first_day, last_day)) }}
{%- endmacro %}

{% macro default__date_series(relation, first_day, last_day) -%}
    select cast(days.moment as date) as date_day
    from {{ relation }} as bounds
    cross join lateral generate_series(
        cast(bounds.{{ first_day }} as timestamp),
        cast(bounds.{{ last_day }} as timestamp),
        interval '1 day'
    ) as days (moment)
{%- endmacro %}

{# DuckDB's table function takes no column of another table; unnest of a list does.
   https://duckdb.org/docs/stable/sql/query_syntax/unnest #}
{% macro duckdb__date_series(relation, first_day, last_day) -%}
    select
        cast(
            unnest(generate_series(
                cast(bounds.{{ first_day }} as timestamp),
                cast(bounds.{{ last_day }} as timestamp),
                interval '1 day'
            ))
        as date) as date_day
    from {{ relation }} as bounds
{%- endmacro %}

{# Spark has no generate_series, and sequence of no first day would be an error.
   https://spark.apache.org/docs/latest/api/sql/index.html#sequence #}
{% macro spark__date_series(relation, first_day, last_day) -%}
    select explode(sequence(bounds.{{ first_day }}, bounds.{{ last_day }})) as date_day
    from {{ relation }} as bounds
    where bounds.{{ first_day }} is not null
{%- endmacro %}
