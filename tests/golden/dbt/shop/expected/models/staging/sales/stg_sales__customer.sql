select
    "CustomerID",
    "Name",
    "Größe",
    "名称",
    "数量",
    "He said ""hi""",
    "select",
    "Kind"
from {{ source('sales', 'customer') }}
