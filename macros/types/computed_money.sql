{% macro computed_money(expression) -%}
    {{ as_money('cast(' ~ expression ~ ' as decimal(28,8))') }}
{%- endmacro %}
