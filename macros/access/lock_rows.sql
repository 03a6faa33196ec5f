{# The table's own transaction runs it, so nobody ever meets the table open. Without a policy, which
   open_rows makes, row-level security shows no row to anybody but the owner. #}
{% macro lock_rows() -%}
    {% if protects_rows() and 'customer_id' in model.columns %}alter table {{ this }} enable row level security{% endif %}
{%- endmacro %}
