select
    "id",
    "OrderID",
    "Line No",
    "Body",
    "Status",
    "At"
from {{ source('dbo', 'u8ba2u5355') }}
