{% macro day_of_week(date_expression) -%}
    {{ return(adapter.dispatch('day_of_week')(date_expression)) }}
{%- endmacro %}

{% macro default__day_of_week(date_expression) -%}
    cast(extract(isodow from {{ date_expression }}) as int)
{%- endmacro %}

{# Spark's extract counts from Sunday and knows no isodow; weekday() counts Monday as 0.
   https://spark.apache.org/docs/latest/api/sql/#weekday #}
{% macro spark__day_of_week(date_expression) -%}
    cast(weekday({{ date_expression }}) + 1 as int)
{%- endmacro %}
