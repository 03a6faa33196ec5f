{% macro logistic(expression) -%}
    (1 / (1 + exp(least(greatest(-({{ expression }}), {{ as_double(-700) }}), {{ as_double(700) }}))))
{%- endmacro %}
