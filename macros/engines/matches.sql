{% macro matches(text_expression, pattern) -%}
    {{ return(adapter.dispatch('matches')(text_expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(text_expression, pattern) -%}
    regexp_matches({{ text_expression }}, '{{ pattern }}')
{%- endmacro %}

{# regexp_matches returns the groups here; the operator says yes or no.
   https://www.postgresql.org/docs/current/functions-matching.html #}
{% macro postgres__matches(text_expression, pattern) -%}
    ({{ text_expression }} ~ '{{ pattern }}')
{%- endmacro %}
