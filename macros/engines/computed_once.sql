{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once')()) }}
{%- endmacro %}

{% macro default__computed_once() -%}{%- endmacro %}

{# A CTE that is read once is merged into its reader, and with it the expression of each column into every
   place that names it: one that is named five times is computed five times. Where rows are skipped, be it
   none, nothing is merged. A quoted 0 is known to be none before the query is planned, a plain one only
   then, and until then it keeps the work with one process.
   https://www.postgresql.org/docs/current/queries-limit.html #}
{% macro postgres__computed_once() -%} offset '0' {%- endmacro %}
