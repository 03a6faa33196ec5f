{% macro bounded_exp(expression) -%}
    exp(greatest({{ expression }}, {{ as_double(-700) }}))
{%- endmacro %}
