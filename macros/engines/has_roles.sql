{% macro has_roles() %}
    {% do return(adapter.dispatch('has_roles')()) %}
{% endmacro %}

{# Whoever opens a DuckDB file has all of it, and Spark leaves that to what lies around it. #}
{% macro default__has_roles() %}
    {% do return(false) %}
{% endmacro %}

{# https://www.postgresql.org/docs/current/ddl-rowsecurity.html #}
{% macro postgres__has_roles() %}
    {% do return(true) %}
{% endmacro %}
