select "OrderID"
from {{ ref('stg_sales__order_lines') }}
where "Price" > cast('{{ var('lines_above__minimum', '10.5') }}' as decimal(19, 4))
