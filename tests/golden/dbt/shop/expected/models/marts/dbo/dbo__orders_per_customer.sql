select "Name", count(*) as "Orders"
from {{ ref('sales__v_lines') }}
group by "Name"
