USE HarborPine;
GO
-- Price without VAT. The rate is in percent.
CREATE FUNCTION dbo.fnNetPrice (@Gross money, @VatRate decimal(5, 2))
RETURNS money
WITH SCHEMABINDING
AS
BEGIN
    RETURN ROUND(@Gross / (1 + ISNULL(@VatRate, 0) / 100), 2);
END;
GO
CREATE FUNCTION Sales.fnOrderTotal (@OrderId int)
RETURNS money
AS
BEGIN
    DECLARE @Total money;

    SELECT @Total = SUM(LineTotal)
    FROM Sales.OrderLine
    WHERE OrderId = @OrderId;

    SELECT @Total = ISNULL(@Total, 0) + Freight
    FROM Sales.OrderHeader
    WHERE OrderId = @OrderId;

    RETURN @Total;
END;
GO
CREATE FUNCTION Sales.fnCustomerOrders (@CustomerId int, @Since date)
RETURNS TABLE
AS
RETURN
(
    SELECT o.OrderId, o.OrderNumber, o.OrderedAt, o.Status, COUNT(*) AS LineCount, SUM(l.LineTotal) AS Amount
    FROM Sales.OrderHeader AS o
    INNER JOIN Sales.OrderLine AS l ON l.OrderId = o.OrderId
    WHERE o.CustomerId = @CustomerId
      AND o.OrderedAt >= ISNULL(@Since, '19000101')
    GROUP BY o.OrderId, o.OrderNumber, o.OrderedAt, o.Status
);
GO
-- Every product of a category and of the categories below it.
CREATE FUNCTION Catalog.fnProductsInCategory (@CategoryId int)
RETURNS TABLE
AS
RETURN
    WITH tree AS
    (
        SELECT CategoryId, Name, 0 AS Depth
        FROM Catalog.Category
        WHERE CategoryId = @CategoryId
        UNION ALL
        SELECT c.CategoryId, c.Name, t.Depth + 1
        FROM Catalog.Category AS c
        JOIN tree AS t ON c.ParentCategoryId = t.CategoryId
    )
    SELECT p.ProductId, p.Sku, p.Name, t.Name AS CategoryName, t.Depth, p.ListPrice
    FROM tree AS t
    JOIN Catalog.Product AS p ON p.CategoryId = t.CategoryId
    WHERE p.IsActive = 1;
GO
-- Everyone below a manager, level by level.
CREATE FUNCTION HR.fnReports (@ManagerId int)
RETURNS @Reports TABLE (EmployeeId int NOT NULL PRIMARY KEY, FullName nvarchar(81) NOT NULL, Level int NOT NULL)
AS
BEGIN
    DECLARE @Level int = 1;

    INSERT INTO @Reports (EmployeeId, FullName, Level)
    SELECT EmployeeId, FullName, @Level
    FROM HR.Employee
    WHERE ManagerId = @ManagerId;

    WHILE @@ROWCOUNT > 0
    BEGIN
        SET @Level += 1;
        INSERT INTO @Reports (EmployeeId, FullName, Level)
        SELECT e.EmployeeId, e.FullName, @Level
        FROM HR.Employee AS e
        JOIN @Reports AS r ON r.EmployeeId = e.ManagerId AND r.Level = @Level - 1;
    END;

    RETURN;
END;
GO
