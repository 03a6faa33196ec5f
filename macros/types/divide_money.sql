{% macro divide_money(numerator, denominator) -%}
    {{ computed_money(divide(numerator, denominator)) }}
{%- endmacro %}
