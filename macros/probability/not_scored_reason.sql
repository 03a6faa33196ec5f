{% macro not_scored_reason(relation) -%}
    case
        when {{ relation }}.customer_id is null then 'No order yet.'
        when {{ relation }}.history_days < {{ var('churn_min_history_days') }}
            then
                'The first order of all is ' || {{ count_of(relation ~ '.history_days', 'day') }}
                || ' old; a score needs {{ var("churn_min_history_days") }}.'
        when {{ relation }}.repeat_customer_count < {{ var('churn_min_repeat_customers') }}
            then
                'Customers with a second order day: '
                || cast({{ relation }}.repeat_customer_count as {{ type_text() }})
                || '; a score needs {{ var("churn_min_repeat_customers") }}.'
    end
{%- endmacro %}
