USE HarborPine;
GO
CREATE PROCEDURE Sales.uspOrdersByPeriod
    @From date,
    @To   date
AS
BEGIN
    SET NOCOUNT ON;

    SELECT  o.OrderNumber,
            o.OrderedAt,
            c.CustomerNo,
            c.LastName,
            SUM(l.LineTotal) AS Amount
    FROM    Sales.OrderHeader AS o
            JOIN Sales.Customer AS c ON c.CustomerId = o.CustomerId
            JOIN Sales.OrderLine AS l ON l.OrderId = o.OrderId
    WHERE   o.OrderedAt >= @From
      AND   o.OrderedAt < DATEADD(DAY, 1, @To)
    GROUP BY o.OrderNumber, o.OrderedAt, c.CustomerNo, c.LastName
    ORDER BY o.OrderedAt;
END;
GO
CREATE PROCEDURE Sales.uspTopCustomers
    @Count       int = 10,
    @CountryCode char(2) = NULL
AS
SET NOCOUNT ON;
SELECT TOP (@Count) v.CustomerId, v.DisplayName, v.Tier, v.Orders, v.Revenue
FROM   Sales.vCustomerLifetime AS v
       JOIN Sales.Customer AS c ON c.CustomerId = v.CustomerId
WHERE  @CountryCode IS NULL OR c.CountryCode = @CountryCode
ORDER BY v.Revenue DESC, v.CustomerId;
GO
-- Nightly: one row per customer, kept when the customer goes.
CREATE PROCEDURE Sales.uspRefreshCustomerSnapshot
AS
BEGIN
    SET NOCOUNT ON;

    MERGE Sales.CustomerSnapshot AS target
    USING
    (
        SELECT  c.CustomerId,
                LTRIM(RTRIM(ISNULL(c.FirstName, N'') + N' ' + c.LastName)) AS FullName,
                c.CountryCode,
                COUNT(t.OrderId) AS Orders,
                ISNULL(SUM(t.Total), 0) AS Revenue,
                CAST(MAX(t.OrderedAt) AS date) AS LastOrderOn
        FROM    Sales.Customer AS c
                LEFT JOIN Sales.vOrderTotals AS t ON t.CustomerId = c.CustomerId
        GROUP BY c.CustomerId, c.FirstName, c.LastName, c.CountryCode
    ) AS source
    ON target.CustomerId = source.CustomerId
    WHEN MATCHED AND (target.Revenue <> source.Revenue OR target.Orders <> source.Orders) THEN
        UPDATE SET FullName = source.FullName,
                   CountryCode = source.CountryCode,
                   Orders = source.Orders,
                   Revenue = source.Revenue,
                   LastOrderOn = source.LastOrderOn,
                   IsDeleted = 0,
                   UpdatedAt = SYSDATETIME()
    WHEN NOT MATCHED BY TARGET THEN
        INSERT (CustomerId, FullName, CountryCode, Orders, Revenue, LastOrderOn)
        VALUES (source.CustomerId, source.FullName, source.CountryCode, source.Orders, source.Revenue, source.LastOrderOn)
    WHEN NOT MATCHED BY SOURCE THEN
        UPDATE SET IsDeleted = 1, UpdatedAt = SYSDATETIME();
END;
GO
CREATE PROCEDURE Sales.uspLoadMonthlySales
    @Year smallint
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    BEGIN TRANSACTION;

    DELETE FROM Sales.MonthlySales WHERE SalesYear = @Year;

    INSERT INTO Sales.MonthlySales (SalesYear, SalesMonth, CategoryId, Orders, Units, Revenue)
    SELECT  YEAR(o.OrderedAt), MONTH(o.OrderedAt), p.CategoryId,
            COUNT(DISTINCT o.OrderId), SUM(l.Quantity), SUM(l.LineTotal)
    FROM    Sales.OrderHeader AS o
            JOIN Sales.OrderLine AS l ON l.OrderId = o.OrderId
            JOIN Catalog.Product AS p ON p.ProductId = l.ProductId
    WHERE   YEAR(o.OrderedAt) = @Year
      AND   o.Status <> 5
    GROUP BY YEAR(o.OrderedAt), MONTH(o.OrderedAt), p.CategoryId;

    COMMIT TRANSACTION;
END;
GO
-- Next year's targets: the best year so far plus five percent.
CREATE PROCEDURE dbo.uspRebuildStoreTargets
AS
BEGIN
    SET NOCOUNT ON;

    TRUNCATE TABLE dbo.[Store Targets];

    INSERT INTO dbo.[Store Targets] ([Store No], [Year], [Target Amount], [Set On])
    SELECT  yearly.StoreId, MAX(yearly.SalesYear) + 1, ROUND(MAX(yearly.Revenue) * 1.05, -2), CAST(GETDATE() AS date)
    FROM
    (
        SELECT  o.StoreId, YEAR(o.OrderedAt) AS SalesYear, SUM(l.LineTotal) AS Revenue
        FROM    Sales.OrderHeader AS o
                JOIN Sales.OrderLine AS l ON l.OrderId = o.OrderId
        WHERE   o.StoreId IS NOT NULL
        GROUP BY o.StoreId, YEAR(o.OrderedAt)
    ) AS yearly
    GROUP BY yearly.StoreId;
END;
GO
-- Old code: sets every reorder level from the sales of the last 90 days, row by row.
CREATE PROC Catalog.uspRecalculateReorderLevels
    @AsOf date = NULL
AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @ProductId int, @Sold int;
    SET @AsOf = ISNULL(@AsOf, GETDATE());

    DECLARE products CURSOR LOCAL FAST_FORWARD FOR
        SELECT ProductId FROM Catalog.Product WHERE IsActive = 1;

    OPEN products;
    FETCH NEXT FROM products INTO @ProductId;
    WHILE @@FETCH_STATUS = 0
    BEGIN
        SELECT @Sold = ISNULL(SUM(l.Quantity), 0)
        FROM Sales.OrderLine AS l
        JOIN Sales.OrderHeader AS o ON o.OrderId = l.OrderId
        WHERE l.ProductId = @ProductId AND o.OrderedAt >= DATEADD(DAY, -90, @AsOf);

        IF @Sold > 0
            UPDATE Catalog.Stock
            SET ReorderLevel = CASE WHEN @Sold / 6 < 5 THEN 5 ELSE @Sold / 6 END
            WHERE ProductId = @ProductId;
        ELSE
            PRINT 'No sales for product ' + CAST(@ProductId AS varchar(10));

        FETCH NEXT FROM products INTO @ProductId;
    END;
    CLOSE products;
    DEALLOCATE products;
END;
GO
CREATE PROCEDURE Sales.uspSalesDashboard
    @Year int
AS
BEGIN
    SET NOCOUNT ON;

    IF OBJECT_ID('tempdb..#sales') IS NOT NULL DROP TABLE #sales;

    SELECT  o.OrderId, o.StoreId, o.OrderedAt, l.ProductId, l.Quantity, l.LineTotal
    INTO    #sales
    FROM    Sales.OrderHeader AS o
            JOIN Sales.OrderLine AS l ON l.OrderId = o.OrderId
    WHERE   YEAR(o.OrderedAt) = @Year;

    SELECT  ISNULL(s.Name, N'Web shop') AS Channel,
            COUNT(DISTINCT t.OrderId) AS Orders,
            SUM(t.Quantity) AS Units,
            SUM(t.LineTotal) AS Revenue
    FROM    #sales AS t
            LEFT JOIN Sales.Store AS s ON s.StoreId = t.StoreId
    GROUP BY ISNULL(s.Name, N'Web shop')
    ORDER BY Revenue DESC;

    DROP TABLE #sales;
END;
GO
CREATE PROCEDURE Catalog.uspApplyPriceChange
    @CategoryId int,
    @Percent    decimal(5, 2),
    @Changed    int OUTPUT
AS
BEGIN
    SET NOCOUNT ON;
    IF @Percent NOT BETWEEN -50 AND 50
    BEGIN
        RAISERROR (N'A change of %s percent is not allowed.', 16, 1, N'more than 50');
        RETURN 1;
    END;

    BEGIN TRY
        BEGIN TRANSACTION;

        UPDATE  p
        SET     p.ListPrice = ROUND(p.ListPrice * (1 + @Percent / 100), 2)
        FROM    Catalog.Product AS p
        WHERE   p.CategoryId = @CategoryId AND p.IsActive = 1;

        SET @Changed = @@ROWCOUNT;
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        THROW;
    END CATCH;
    RETURN 0;
END;
GO
CREATE PROCEDURE Sales.uspPlaceOrder
    @CustomerId int,
    @Lines      Sales.OrderLineList READONLY,
    @OrderId    int OUTPUT
AS
BEGIN
    SET NOCOUNT ON;

    INSERT INTO Sales.OrderHeader (CustomerId, Status) VALUES (@CustomerId, 1);
    SET @OrderId = SCOPE_IDENTITY();

    INSERT INTO Sales.OrderLine (OrderId, LineNumber, ProductId, Quantity, UnitPrice)
    SELECT @OrderId, l.LineNumber, l.ProductId, l.Quantity, COALESCE(l.UnitPrice, p.ListPrice)
    FROM @Lines AS l
    JOIN Catalog.Product AS p ON p.ProductId = l.ProductId;
END;
GO
