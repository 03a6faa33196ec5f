{% macro day_of_week(date_expression) -%}
    cast(extract(isodow from {{ date_expression }}) as int)
{%- endmacro %}
