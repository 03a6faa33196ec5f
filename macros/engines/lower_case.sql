{% macro lower_case(text_expression) -%}
    {{ return(adapter.dispatch('lower_case')(text_expression)) }}
{%- endmacro %}

{% macro default__lower_case(text_expression) -%}
    lower({{ text_expression }})
{%- endmacro %}

{# Under the C collation lower() knows ASCII only, so letters are folded by the database's own locale.
   https://www.postgresql.org/docs/current/functions-string.html #}
{% macro postgres__lower_case(text_expression) -%}
    (lower(({{ text_expression }}) collate "default") collate "C")
{%- endmacro %}
