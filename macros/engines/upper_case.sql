{% macro upper_case(text_expression) -%}
    {{ return(adapter.dispatch('upper_case')(text_expression)) }}
{%- endmacro %}

{% macro default__upper_case(text_expression) -%}
    upper({{ text_expression }})
{%- endmacro %}

{# Under the C collation upper() knows ASCII only, so letters are folded by the database's own locale.
   https://www.postgresql.org/docs/current/functions-string.html #}
{% macro postgres__upper_case(text_expression) -%}
    (upper(({{ text_expression }}) collate "default") collate "C")
{%- endmacro %}
