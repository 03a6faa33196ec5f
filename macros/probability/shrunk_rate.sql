{% macro shrunk_rate(hits, rows, all_hits, all_rows) -%}
    {{ as_ratio(divide(hits ~ ' + 20 * ' ~ divide(all_hits, all_rows), rows ~ ' + 20')) }}
{%- endmacro %}
