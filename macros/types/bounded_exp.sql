{# exp() that cannot underflow: PostgreSQL calls exp(-1000) an error, the others 0. #}
{% macro bounded_exp(expression) -%}
    exp(greatest({{ expression }}, {{ as_double(-700) }}))
{%- endmacro %}
