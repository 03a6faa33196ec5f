{% macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized')()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}{%- endmacro %}

{# The rows of a CTE that is read twice are kept by one process, so what joins them runs in that process.
   https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION
   https://www.postgresql.org/docs/current/parallel-safety.html #}
{% macro postgres__not_materialized() -%} not materialized {%- endmacro %}
