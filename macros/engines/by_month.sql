{% macro by_month(
    month, compared_columns=none, derived_columns=[], indexed_columns=[], ranged_columns=[]
) %}
    {% do return(adapter.dispatch('by_month')(
        month, compared_columns, derived_columns, indexed_columns, ranged_columns
    )) %}
{% endmacro %}

{# A plain table is simpler, and here nearly as cheap as finding the months that changed. #}
{% macro default__by_month(month, compared_columns, derived_columns, indexed_columns, ranged_columns) %}
    {% do return({'materialized': 'table'}) %}
{% endmacro %}

{# Rows of a month are appended after the hook has removed those that are stale. They lie by month, but
   for what has taken the place of removed rows, so a range index serves days and months; over a tree the
   planner, who does not know the clock while it plans, would read whole tables row by row.
   https://docs.getdbt.com/docs/build/incremental-strategy https://www.postgresql.org/docs/current/brin.html #}
{% macro postgres__by_month(month, compared_columns, derived_columns, indexed_columns, ranged_columns) %}
    {% set indexes = indexed(indexed_columns).indexes %}
    {% for column in ranged_columns %}
        {% do indexes.append({'columns': [column], 'type': 'brin'}) %}
    {% endfor %}
    {% do return(dict(
        months_replaced(month, compared_columns, derived_columns),
        incremental_strategy='append',
        indexes=indexes,
    )) %}
{% endmacro %}

{# Months are partitions, which are dropped whole. An append would take in what a killed one had
   written and not yet moved to its place; an overwrite of partitions writes where nothing lies, and
   puts whole folders in their place. https://docs.getdbt.com/reference/resource-configs/spark-configs #}
{% macro spark__by_month(month, compared_columns, derived_columns, indexed_columns, ranged_columns) %}
    {% do return(dict(
        months_replaced(month, compared_columns, derived_columns),
        incremental_strategy='insert_overwrite',
        partition_by=[month.split('.') | last],
    )) %}
{% endmacro %}

{# What the engines that keep months have in common. #}
{% macro months_replaced(month, compared_columns, derived_columns) %}
    {% do return({
        'materialized': 'incremental',
        'on_schema_change': 'fail',
        'pre_hook': "{{ remove_stale_months('" ~ month ~ "', " ~ compared_columns ~ ', ' ~ derived_columns ~ ') }}',
    }) %}
{% endmacro %}
