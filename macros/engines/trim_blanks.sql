{% macro trim_blanks(text_expression) -%}
    {{ return(adapter.dispatch('trim_blanks')(text_expression)) }}
{%- endmacro %}

{% macro default__trim_blanks(text_expression) -%}
    trim({{ text_expression }}, ' ' || chr(9) || chr(10) || chr(13) || chr(160))
{%- endmacro %}

{# The function with a list of characters has another name here.
   https://www.postgresql.org/docs/current/functions-string.html #}
{% macro postgres__trim_blanks(text_expression) -%}
    btrim({{ text_expression }}, ' ' || chr(9) || chr(10) || chr(13) || chr(160))
{%- endmacro %}
