{% macro build_date() -%}
    cast('{{ var("build_date", none) or run_started_at.strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}
