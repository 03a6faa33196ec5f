{% macro kept_by_date() %}
    {% do return(adapter.dispatch('kept_by_date')()) %}
{% endmacro %}

{# Rows of the as-of date that a build is about take the place of those that were there.
   https://docs.getdbt.com/docs/build/incremental-strategy #}
{% macro default__kept_by_date() %}
    {% do return({
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert',
        'unique_key': 'as_of_date',
        'on_schema_change': 'fail',
    }) %}
{% endmacro %}

{# https://docs.getdbt.com/reference/resource-configs/spark-configs #}
{% macro spark__kept_by_date() %}
    {% do return({
        'materialized': 'incremental',
        'incremental_strategy': 'insert_overwrite',
        'partition_by': ['as_of_date'],
        'on_schema_change': 'fail',
    }) %}
{% endmacro %}
