{% macro indexed(columns) %}
    {% do return(adapter.dispatch('indexed')(columns)) %}
{% endmacro %}

{# Columns are stored apart and with their ranges, so a filter reads little of a table anyway. #}
{% macro default__indexed(columns) %}
    {% do return({'materialized': 'table'}) %}
{% endmacro %}

{# https://docs.getdbt.com/reference/resource-configs/postgres-configs#indexes #}
{% macro postgres__indexed(columns) %}
    {% set indexes = [] %}
    {% for column in columns %}
        {% do indexes.append({'columns': [column]}) %}
    {% endfor %}
    {% do return({'materialized': 'table', 'indexes': indexes}) %}
{% endmacro %}
