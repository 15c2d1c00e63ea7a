select
    "OrderID",
    "Line No",
    "CustomerID",
    "Price",
    "Placed",
    "Price" * 2 as "Total"
from {{ source('sales', 'order_lines') }}
