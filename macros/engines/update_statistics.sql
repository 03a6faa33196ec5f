{% macro update_statistics() -%}
    {{ return(adapter.dispatch('update_statistics')()) }}
{%- endmacro %}

{% macro default__update_statistics() %}{% endmacro %}

{# The planner knows nothing of a new table until it is analysed, and guesses few rows for a join:
   a nested loop over ten million. https://www.postgresql.org/docs/current/sql-analyze.html #}
{% macro postgres__update_statistics() -%}
    {% if model.config.materialized in ['table', 'incremental'] %}analyze {{ this }}{% endif %}
{%- endmacro %}
