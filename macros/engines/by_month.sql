{% macro by_month(month, compared_columns=none, derived_columns=[], indexed_columns=[]) %}
    {% do return(adapter.dispatch('by_month')(month, compared_columns, derived_columns, indexed_columns)) %}
{% endmacro %}

{# A plain table is simpler, and here nearly as cheap as finding the months that changed. #}
{% macro default__by_month(month, compared_columns, derived_columns, indexed_columns) %}
    {% do return({'materialized': 'table'}) %}
{% endmacro %}

{# Rows of a month are appended after the hook has removed those that are stale.
   https://docs.getdbt.com/docs/build/incremental-strategy #}
{% macro postgres__by_month(month, compared_columns, derived_columns, indexed_columns) %}
    {% do return(dict(
        indexed(indexed_columns),
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        pre_hook="{{ remove_stale_months('" ~ month ~ "', " ~ compared_columns ~ ', ' ~ derived_columns ~ ') }}',
    )) %}
{% endmacro %}

{# Months are partitions, which are dropped whole. An append would take in what a killed one had
   written and not yet moved to its place; an overwrite of partitions writes where nothing lies, and
   puts whole folders in their place. https://docs.getdbt.com/reference/resource-configs/spark-configs #}
{% macro spark__by_month(month, compared_columns, derived_columns, indexed_columns) %}
    {% do return(dict(
        postgres__by_month(month, compared_columns, derived_columns, []),
        incremental_strategy='insert_overwrite',
        partition_by=[month.split('.') | last],
    )) %}
{% endmacro %}
