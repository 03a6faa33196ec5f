{% macro merged() -%}
    {{ return(adapter.dispatch('merged')()) }}
{%- endmacro %}

{% macro default__merged() -%}{%- endmacro %}

{# A CTE that is read twice is computed once and kept, and neither it nor what reads it is shared among
   processes. Merged into each of its readers it is computed again, side by side.
   https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-CTE-MATERIALIZATION
   https://www.postgresql.org/docs/current/parallel-safety.html #}
{% macro postgres__merged() -%} not materialized {%- endmacro %}
