{% macro indexed(columns) %}
    {% do return(adapter.dispatch('indexed')(columns)) %}
{% endmacro %}

{# Columns are stored apart and with their ranges, so a filter reads little of a table anyway. #}
{% macro default__indexed(columns) %}
    {% do return({'materialized': 'table'}) %}
{% endmacro %}

{# A name is an index, as is a list of names: an index of several columns, from which what reads no
   others takes its rows without the table.
   https://docs.getdbt.com/reference/resource-configs/postgres-configs#indexes #}
{% macro postgres__indexed(columns) %}
    {% set indexes = [] %}
    {% for column in columns %}
        {% do indexes.append({'columns': [column] if column is string else column}) %}
    {% endfor %}
    {% do return({'materialized': 'table', 'indexes': indexes}) %}
{% endmacro %}
