{% macro month_end(date_expression) -%}
    {{ return(adapter.dispatch('month_end')(date_expression)) }}
{%- endmacro %}

{% macro default__month_end(date_expression) -%}
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, dbt.date_trunc('month', date_expression))) }} as date)
{%- endmacro %}

{# dbt's own fails on a null date here. https://spark.apache.org/docs/latest/api/sql/index.html#last_day #}
{% macro spark__month_end(date_expression) -%}
    last_day({{ date_expression }})
{%- endmacro %}
