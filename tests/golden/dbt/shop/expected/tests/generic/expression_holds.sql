{#
    The condition is true or unknown in every row, as a CHECK constraint demands.
#}
{% test expression_holds(model, expression) %}

select *
from {{ model }}
where not ({{ expression }})

{% endtest %}
