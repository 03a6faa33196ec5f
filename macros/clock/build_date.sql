{# The UTC day of the build: var build_date, else the day on which dbt started. It only decides which
   raw rows lie in the future; no mart reads it. #}
{% macro build_date() -%}
    cast('{{ var("build_date", none) or run_started_at.strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}
