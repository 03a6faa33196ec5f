{% macro divide_money(numerator, denominator) -%}
    {{ as_money('cast(' ~ divide(numerator, denominator) ~ ' as decimal(28,8))') }}
{%- endmacro %}
