select
    l."OrderID",
    c."Name",
    '{{ '{{' }} braces }} {{ '{%' }} x %} {{ '{#' }} y' as "Text"
from {{ ref('stg_sales__order_lines') }} as l
join {{ ref('stg_sales__customer') }} as c on c."CustomerID" = l."CustomerID"
