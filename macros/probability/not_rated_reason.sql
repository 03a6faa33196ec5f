{% macro not_rated_reason(rates) -%}
    case
        when {{ rates }}.purchase_rate is null
            then
                'The list of {{ var("recommendation_horizon_days") }} days ago has '
                || {{ count_of(rates ~ '.list_shown_count', 'row') }}
                || '; a probability needs {{ var("recommendation_min_shown") }}.'
    end
{%- endmacro %}
