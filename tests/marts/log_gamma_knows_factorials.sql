{# Guards the fit of customers' order rates: log gamma of n is the logarithm of (n - 1)!, and of one
   half that of the square root of pi, to eight decimals. #}
with

known_values as (

    select {{ as_double(0.5) }} as number, {{ as_double(0.572364942924700) }} as log_gamma
    union all
    select {{ as_double(0.01) }} as number, {{ as_double(4.599479878042022) }} as log_gamma
    union all
    select {{ as_double(1) }} as number, {{ as_double(0) }} as log_gamma
    union all
    select {{ as_double(2) }} as number, {{ as_double(0) }} as log_gamma
    union all
    select {{ as_double(6) }} as number, {{ as_double(4.787491742782046) }} as log_gamma
    union all
    select {{ as_double(101) }} as number, {{ as_double(363.73937555556349) }} as log_gamma

)

select *
from known_values
where not coalesce(abs({{ log_gamma('number') }} - log_gamma) < 0.00000001, false)
