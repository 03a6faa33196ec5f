{% macro name_key(name) %}
    {% do return(adapter.dispatch('name_key')(name)) %}
{% endmacro %}

{% macro default__name_key(name) %}
    {% do return(name | lower) %}
{% endmacro %}

{# Quoted names keep their case here. https://www.postgresql.org/docs/current/sql-syntax-lexical.html #}
{% macro postgres__name_key(name) %}
    {% do return(name) %}
{% endmacro %}
