USE HarborPine;
GO
CREATE VIEW Sales.vOrderTotals
AS
SELECT  o.OrderId,
        o.OrderNumber,
        o.CustomerId,
        o.OrderedAt,
        c.LastName + ISNULL(', ' + c.FirstName, '') AS Customer,
        COUNT(*)                  AS [Lines],
        SUM(l.Quantity)           AS Units,
        SUM(l.LineTotal)          AS Goods,
        o.Freight,
        SUM(l.LineTotal) + o.Freight AS Total
FROM    Sales.OrderHeader o
        INNER JOIN Sales.Customer c ON c.CustomerId = o.CustomerId
        INNER JOIN Sales.OrderLine l ON l.OrderId = o.OrderId
GROUP BY o.OrderId, o.OrderNumber, o.CustomerId, o.OrderedAt, c.LastName, c.FirstName, o.Freight;
GO
CREATE VIEW Sales.vCustomerLifetime
AS
SELECT  c.CustomerId,
        c.CustomerNo,
        ISNULL(c.Company, RTRIM(ISNULL(c.FirstName, '')) + ' ' + c.LastName) AS DisplayName,
        t.Name AS Tier,
        COUNT(v.OrderId) AS Orders,
        ISNULL(SUM(v.Total), 0) AS Revenue,
        ISNULL(SUM(v.Total), 0) / NULLIF(COUNT(v.OrderId), 0) AS AverageOrder,
        MIN(v.OrderedAt) AS FirstOrderAt,
        MAX(v.OrderedAt) AS LastOrderAt,
        DATEDIFF(MONTH, MIN(v.OrderedAt), MAX(v.OrderedAt)) AS ActiveMonths
FROM    Sales.Customer AS c
        JOIN Sales.LoyaltyTier AS t ON t.TierCode = c.TierCode
        LEFT OUTER JOIN Sales.vOrderTotals AS v ON v.CustomerId = c.CustomerId
GROUP BY c.CustomerId, c.CustomerNo, c.Company, c.FirstName, c.LastName, t.Name;
GO
CREATE VIEW Catalog.vProductMargin
AS
SELECT  p.ProductId,
        p.Sku,
        p.Name,
        cat.Name AS Category,
        COALESCE(b.Name, N'(no brand)') AS Brand,
        p.ListPrice,
        p.StandardCost,
        p.Margin,
        CASE WHEN p.ListPrice = 0 THEN NULL
             ELSE CAST(ROUND(100 * p.Margin / p.ListPrice, 1) AS decimal(6, 1)) END AS MarginPct,
        CASE
            WHEN p.ListPrice < 10 THEN 'low'
            WHEN p.ListPrice < 50 THEN 'middle'
            WHEN p.ListPrice < 200 THEN 'high'
            ELSE 'premium'
        END AS PriceBand,
        p.PackSize / 4 AS PacksPerQuarter,
        p.PackSize % 4 AS PackRemainder
FROM    Catalog.Product AS p
        JOIN Catalog.Category AS cat ON cat.CategoryId = p.CategoryId
        LEFT JOIN Catalog.Brand AS b ON b.BrandId = p.BrandId;
GO
CREATE VIEW Sales.vTopProducts
AS
SELECT TOP (20) WITH TIES
        p.ProductId,
        p.Name,
        SUM(l.Quantity) AS Units,
        SUM(l.LineTotal) AS Revenue,
        COUNT(DISTINCT l.OrderId) AS Orders
FROM    Sales.OrderLine AS l
        JOIN Catalog.Product AS p ON p.ProductId = l.ProductId
GROUP BY p.ProductId, p.Name
ORDER BY SUM(l.LineTotal) DESC;
GO
CREATE VIEW Sales.vMonthlyRevenue
AS
WITH monthly AS
(
    SELECT  DATEFROMPARTS(YEAR(o.OrderedAt), MONTH(o.OrderedAt), 1) AS MonthStart,
            SUM(l.LineTotal) AS Revenue,
            COUNT(DISTINCT o.OrderId) AS Orders
    FROM    Sales.OrderHeader AS o
            JOIN Sales.OrderLine AS l ON l.OrderId = o.OrderId
    WHERE   o.Status <> 5
    GROUP BY DATEFROMPARTS(YEAR(o.OrderedAt), MONTH(o.OrderedAt), 1)
)
SELECT  MonthStart,
        EOMONTH(MonthStart) AS MonthEnd,
        Orders,
        Revenue,
        LAG(Revenue) OVER (ORDER BY MonthStart) AS PreviousRevenue,
        Revenue - LAG(Revenue, 1, 0) OVER (ORDER BY MonthStart) AS Change,
        SUM(Revenue) OVER (PARTITION BY YEAR(MonthStart) ORDER BY MonthStart
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS RevenueToDate,
        AVG(Revenue) OVER (ORDER BY MonthStart ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS ThreeMonthAverage,
        RANK() OVER (ORDER BY Revenue DESC) AS RevenueRank
FROM    monthly;
GO
CREATE VIEW HR.vOrgChart
AS
WITH chart (EmployeeId, FullName, JobTitle, ManagerId, Level, Path) AS
(
    SELECT EmployeeId, FullName, JobTitle, ManagerId, 0, CAST(FullName AS nvarchar(1000))
    FROM HR.Employee
    WHERE ManagerId IS NULL
    UNION ALL
    SELECT e.EmployeeId, e.FullName, e.JobTitle, e.ManagerId, c.Level + 1,
           CAST(c.Path + N' > ' + e.FullName AS nvarchar(1000))
    FROM HR.Employee AS e
    INNER JOIN chart AS c ON e.ManagerId = c.EmployeeId
)
SELECT ch.EmployeeId, ch.FullName, ch.JobTitle, m.FullName AS ManagerName, ch.Level, ch.Path
FROM chart AS ch
LEFT JOIN HR.Employee AS m ON m.EmployeeId = ch.ManagerId;
GO
CREATE VIEW Sales.vRevenueByQuarter
AS
SELECT  pvt.CategoryName,
        pvt.SalesYear,
        ISNULL(pvt.[1], 0) AS Q1,
        ISNULL(pvt.[2], 0) AS Q2,
        ISNULL(pvt.[3], 0) AS Q3,
        ISNULL(pvt.[4], 0) AS Q4
FROM
(
    SELECT  c.Name AS CategoryName,
            YEAR(o.OrderedAt) AS SalesYear,
            DATEPART(QUARTER, o.OrderedAt) AS SalesQuarter,
            l.LineTotal
    FROM    Sales.OrderLine l
            JOIN Sales.OrderHeader o ON o.OrderId = l.OrderId
            JOIN Catalog.Product p ON p.ProductId = l.ProductId
            JOIN Catalog.Category c ON c.CategoryId = p.CategoryId
) AS src
PIVOT (SUM(LineTotal) FOR SalesQuarter IN ([1], [2], [3], [4])) AS pvt;
GO
CREATE VIEW Catalog.vStockStatus
AS
SELECT  w.Code AS Warehouse,
        p.Sku,
        p.Name,
        s.Quantity,
        s.ReorderLevel,
        IIF(s.Quantity <= s.ReorderLevel, 'reorder', 'ok') AS StockStatus,
        CAST(s.Quantity * p.StandardCost AS money) AS StockValue,
        lm.MovedAt AS LastMovedAt,
        lm.Quantity AS LastQuantity,
        CASE lm.Reason WHEN 'P' THEN 'purchase' WHEN 'S' THEN 'sale' WHEN 'R' THEN 'return'
                       WHEN 'C' THEN 'count' WHEN 'X' THEN 'scrapped' END AS LastReason
FROM    Catalog.Stock AS s
        JOIN Catalog.Warehouse AS w ON w.WarehouseId = s.WarehouseId
        JOIN Catalog.Product AS p ON p.ProductId = s.ProductId
        OUTER APPLY
        (
            SELECT TOP (1) m.MovedAt, m.Quantity, m.Reason
            FROM Catalog.StockMovement AS m
            WHERE m.WarehouseId = s.WarehouseId AND m.ProductId = s.ProductId
            ORDER BY m.MovedAt DESC, m.StockMovementId DESC
        ) AS lm;
GO
CREATE VIEW Sales.vCustomerContact
AS
SELECT  CustomerId,
        UPPER(LTRIM(RTRIM(LastName))) AS LastName,
        LEN(LastName) AS NameLength,
        LEFT(ISNULL(FirstName, '?'), 1) + '.' AS Initial,
        LOWER(Email) AS Email,
        CASE WHEN CHARINDEX('@', Email) > 0
             THEN SUBSTRING(Email, CHARINDEX('@', Email) + 1, LEN(Email)) END AS EmailDomain,
        REPLACE(REPLACE(REPLACE(Phone, ' ', ''), '-', ''), '/', '') AS PhoneDigits,
        STUFF(CustomerNo, 1, 1, 'HP-') AS PrintedNo,
        CONCAT(FirstName, ' ', LastName, ' (' + Company + ')') AS Label
FROM    Sales.Customer
WHERE   Email IS NOT NULL OR Phone IS NOT NULL;
GO
CREATE VIEW Sales.vShippingDelay
AS
SELECT  o.OrderId,
        o.OrderNumber,
        CONVERT(varchar(10), o.OrderedAt, 104) AS OrderedOn,
        DATENAME(MONTH, o.OrderedAt) + ' ' + CAST(YEAR(o.OrderedAt) AS char(4)) AS OrderMonth,
        DATEADD(DAY, 14, CAST(o.OrderedAt AS date)) AS PromisedOn,
        DATEDIFF(DAY, o.OrderedAt, o.ShippedAt) AS DaysToShip,
        DATEDIFF(HOUR, o.OrderedAt, o.ShippedAt) AS HoursToShip,
        CASE
            WHEN o.ShippedAt IS NULL AND o.Status IN (1, 2) THEN 'open'
            WHEN o.ShippedAt IS NULL THEN 'none'
            WHEN o.ShippedAt > DATEADD(DAY, 14, o.OrderedAt) THEN 'late'
            ELSE 'in time'
        END AS Delivery
FROM    Sales.OrderHeader AS o
WHERE   o.StoreId IS NULL;
GO
CREATE VIEW Sales.vReturnRate
AS
WITH sold AS
(
    SELECT ProductId, SUM(Quantity) AS Units FROM Sales.OrderLine GROUP BY ProductId
),
returned AS
(
    SELECT l.ProductId, SUM(r.Quantity) AS Units, SUM(r.Refund) AS Refund
    FROM Sales.ReturnLine r
    JOIN Sales.OrderLine l ON l.OrderId = r.OrderId AND l.LineNumber = r.LineNumber
    GROUP BY l.ProductId
)
SELECT  p.ProductId,
        p.Name,
        s.Units AS UnitsSold,
        ISNULL(r.Units, 0) AS UnitsReturned,
        CAST(100.0 * ISNULL(r.Units, 0) / s.Units AS decimal(5, 2)) AS ReturnPct,
        ISNULL(r.Units, 0) * 100 / s.Units AS ReturnPctWhole,
        r.Refund
FROM    sold s
        JOIN Catalog.Product p ON p.ProductId = s.ProductId
        LEFT JOIN returned r ON r.ProductId = s.ProductId
WHERE   p.Name LIKE N'%[a-z]%';
GO
CREATE VIEW dbo.vAddressBook
AS
SELECT 'customer' AS Kind, CustomerId AS PartyId, COALESCE(Company, LastName) AS Name, Email, CountryCode
FROM Sales.Customer
UNION ALL
SELECT 'supplier', SupplierId, Name, Email, CountryCode
FROM Catalog.Supplier
UNION ALL
SELECT 'store', StoreId, Name, NULL, CountryCode
FROM Sales.Store;
GO
CREATE VIEW HR.vStaffPayroll
WITH SCHEMABINDING
AS
SELECT  d.DepartmentId,
        d.Name AS Department,
        COUNT_BIG(*) AS Staff,
        SUM(e.Salary) AS MonthlySalary,
        AVG(e.VacationHours) AS AverageVacationHours,
        AVG(CAST(e.VacationHours AS float)) AS ExactVacationHours,
        MAX(e.HiredOn) AS LastHiredOn
FROM    HR.Employee AS e
        JOIN HR.Department AS d ON d.DepartmentId = e.DepartmentId
WHERE   e.LeftOn IS NULL
GROUP BY d.DepartmentId, d.Name
HAVING  COUNT_BIG(*) > 1;
GO
