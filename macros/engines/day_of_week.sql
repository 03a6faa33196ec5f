{% macro day_of_week(date_expression) -%}
    {{ return(adapter.dispatch('day_of_week')(date_expression)) }}
{%- endmacro %}

{% macro default__day_of_week(date_expression) -%}
    cast(extract(isodow from {{ date_expression }}) as int)
{%- endmacro %}

{# Spark has no isodow. https://spark.apache.org/docs/latest/api/sql/index.html#weekday: 0 is Monday. #}
{% macro spark__day_of_week(date_expression) -%}
    weekday({{ date_expression }}) + 1
{%- endmacro %}
