{% macro optimization_fence() -%}
    {{ return(adapter.dispatch('optimization_fence')()) }}
{%- endmacro %}

{% macro default__optimization_fence() -%}{%- endmacro %}

{# A query that is read once is merged into its reader, and with it the expression of each column into
   every place that names it: one that is named five times is computed five times. A query with an offset
   is not merged. `materialized` would do it as well, but for CTEs only, and all that reads one runs in a
   single process. The quotes count: '0' is a bigint at once, and a plain 0 waits for a cast, until which
   the planner thinks that rows may be skipped and looks for no parallel plan.
   https://github.com/postgres/postgres/blob/master/src/backend/optimizer/plan/planner.c: limit_needed() #}
{% macro postgres__optimization_fence() -%} offset '0' {%- endmacro %}
