{% macro poisson_tail_bound(found, expected) -%}
    case
        when {{ found }} > {{ expected }}
            then {{ bounded_exp(
                found ~ ' - ' ~ expected ~ ' - ' ~ found ~ ' * ln(' ~ found ~ ' / ' ~ expected ~ ')'
            ) }}
        else {{ as_double(1) }}
    end
{%- endmacro %}
