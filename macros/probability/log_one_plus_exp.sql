{% macro log_one_plus_exp(expression) -%}
    (greatest({{ expression }}, 0) + ln(1 + {{ bounded_exp('-abs(' ~ expression ~ ')') }}))
{%- endmacro %}
