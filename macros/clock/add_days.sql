{# A date moved by a number of days (negative moves back); the result is a date on every engine. #}
{% macro add_days(date_expression, days) -%}
    cast({{ dbt.dateadd('day', days, date_expression) }} as date)
{%- endmacro %}
