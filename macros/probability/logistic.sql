{% macro logistic(expression) -%}
    (1 / (1 + exp(least(greatest(-({{ expression }}), {{ as_double(-50) }}), {{ as_double(50) }}))))
{%- endmacro %}
