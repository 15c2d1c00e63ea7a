#include "tests/service/shop.h"

#include <fstream>

namespace datamigrate::testing {

std::string WriteShop(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream file(folder / "shop.sql");
  file << "CREATE TABLE dbo.Customer (CustomerId int NOT NULL PRIMARY KEY, Name nvarchar(40) NOT "
          "NULL);\nGO\n"
          "CREATE TABLE dbo.SalesOrder (OrderId int NOT NULL PRIMARY KEY, CustomerId int NOT NULL\n"
          "  REFERENCES dbo.Customer (CustomerId), Amount money NOT NULL);\nGO\n"
          "CREATE VIEW dbo.OrderTotals AS SELECT CustomerId, SUM(Amount) AS Total FROM "
          "dbo.SalesOrder\n"
          "  GROUP BY CustomerId;\nGO\n"
          "CREATE VIEW dbo.BigCustomers AS SELECT c.Name, t.Total FROM dbo.Customer c\n"
          "  JOIN dbo.OrderTotals t ON t.CustomerId = c.CustomerId WHERE t.Total > 100;\nGO\n";
  for (int i = 1; i <= 10; ++i) {
    file << "INSERT INTO dbo.Customer VALUES (" << i << ", N'Customer " << i << "');\n";
  }
  for (int i = 1; i <= kShopOrders; ++i) {
    file << "INSERT INTO dbo.SalesOrder VALUES (" << i << ", " << 1 + i % 10 << ", " << i << ");\n";
  }
  return folder.string();
}

}  // namespace datamigrate::testing
