/* Tables. Foreign keys between schemas and secondary indexes follow the data, in 07_keys_and_indexes.sql. */
USE HarborPine;
GO

------------------------------------------------------------------------ dbo: reference and leftovers
CREATE TABLE dbo.Currency
(
    CurrencyCode char(3)       NOT NULL CONSTRAINT PK_Currency PRIMARY KEY,
    Name         nvarchar(50)  NOT NULL CONSTRAINT UQ_Currency_Name UNIQUE,
    Symbol       nchar(3)      NULL,
    MinorUnits   tinyint       NOT NULL CONSTRAINT DF_Currency_MinorUnits DEFAULT (2)
);
GO
CREATE TABLE dbo.Country
(
    CountryCode  char(2)       NOT NULL,
    Name         nvarchar(60)  NOT NULL,
    CurrencyCode char(3)       NOT NULL,
    VatRate      decimal(5, 2) NOT NULL CONSTRAINT DF_Country_VatRate DEFAULT ((0)),
    IsEu         bit           NOT NULL CONSTRAINT DF_Country_IsEu DEFAULT ((0)),
    CONSTRAINT PK_Country PRIMARY KEY CLUSTERED (CountryCode ASC),
    CONSTRAINT FK_Country_Currency FOREIGN KEY (CurrencyCode) REFERENCES dbo.Currency (CurrencyCode),
    CONSTRAINT CK_Country_VatRate CHECK (VatRate BETWEEN 0 AND 30)
);
GO
CREATE TABLE dbo.ExchangeRate
(
    CurrencyCode char(3)       NOT NULL,
    RateDate     date          NOT NULL,
    UnitsPerEuro float         NOT NULL,
    Source       varchar(10)   NOT NULL DEFAULT ('ECB'),
    CONSTRAINT PK_ExchangeRate PRIMARY KEY (CurrencyCode, RateDate),
    CONSTRAINT FK_ExchangeRate_Currency FOREIGN KEY (CurrencyCode) REFERENCES dbo.Currency (CurrencyCode),
    CONSTRAINT CK_ExchangeRate_Positive CHECK (UnitsPerEuro > 0)
);
GO
CREATE TABLE dbo.AppSetting
(
    SettingKey   varchar(64)   NOT NULL PRIMARY KEY,
    SettingValue sql_variant   NULL,
    ChangedAt    datetime      NOT NULL DEFAULT (GETDATE()),
    ChangedBy    sysname       NOT NULL DEFAULT (SUSER_SNAME())
);
GO
CREATE TABLE dbo.AuditEntry
(
    AuditEntryId bigint IDENTITY(1, 1) NOT NULL CONSTRAINT PK_AuditEntry PRIMARY KEY,
    TableName    sysname           NOT NULL,
    KeyValue     nvarchar(100)     NOT NULL,
    Action       char(1)           NOT NULL CONSTRAINT CK_AuditEntry_Action CHECK (Action IN ('I', 'U', 'D')),
    Details      xml               NULL,
    ChangedBy    nvarchar(128)     NOT NULL CONSTRAINT DF_AuditEntry_ChangedBy DEFAULT (ORIGINAL_LOGIN()),
    ChangedAt    datetimeoffset(3) NOT NULL CONSTRAINT DF_AuditEntry_ChangedAt DEFAULT (SYSDATETIMEOFFSET())
);
GO
-- Written by the till import until 2019; nothing reads it, nobody dares to drop it.
CREATE TABLE dbo.tblImportLog
(
    LogDate  datetime      NULL,
    FileName varchar(260)  NULL,
    RowsRead int           NULL,
    Seconds  real          NULL,
    Msg      text          NULL
);
GO
CREATE TABLE dbo.Customer_old_2014
(
    CustNo   varchar(10)   COLLATE SQL_Latin1_General_CP1_CI_AS NULL,
    CustName varchar(100)  COLLATE SQL_Latin1_General_CP1_CI_AS NULL,
    Phone    varchar(30)   NULL,
    Turnover money         NULL,
    Since    smalldatetime NULL
);
GO
CREATE TABLE dbo.[Store Targets]
(
    [Store No]      smallint NOT NULL,
    [Year]          smallint NOT NULL,
    [Target Amount] money    NOT NULL,
    [Set On]        date     NULL,
    CONSTRAINT [PK_Store Targets] PRIMARY KEY ([Store No], [Year])
);
GO

------------------------------------------------------------------------ Catalog
CREATE TABLE Catalog.Category
(
    CategoryId       int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_Category PRIMARY KEY,
    ParentCategoryId int           NULL,
    Name             nvarchar(60)  NOT NULL,
    SortOrder        smallint      NOT NULL DEFAULT (0),
    CONSTRAINT UQ_Category_Name UNIQUE (ParentCategoryId, Name),
    CONSTRAINT FK_Category_Parent FOREIGN KEY (ParentCategoryId) REFERENCES Catalog.Category (CategoryId)
);
GO
CREATE TABLE Catalog.Brand
(
    BrandId     smallint IDENTITY(1, 1) NOT NULL PRIMARY KEY CLUSTERED,
    Name        nvarchar(80)  NOT NULL UNIQUE,
    Website     varchar(200)  NULL,
    IsOwnBrand  dbo.YesNo     DEFAULT (0)
);
GO
CREATE TABLE Catalog.Supplier
(
    SupplierId   int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_Supplier PRIMARY KEY,
    Name         nvarchar(100)    NOT NULL,
    ContactName  nvarchar(80)     NULL,
    Email        dbo.EmailAddress,
    Phone        dbo.PhoneNumber,
    CountryCode  char(2)          NOT NULL CONSTRAINT FK_Supplier_Country REFERENCES dbo.Country (CountryCode),
    LeadTimeDays tinyint          NOT NULL CONSTRAINT DF_Supplier_LeadTime DEFAULT (14),
    Rating       decimal(3, 1)    NULL CONSTRAINT CK_Supplier_Rating CHECK (Rating IS NULL OR (Rating >= 0 AND Rating <= 10))
);
GO
CREATE TABLE Catalog.Product
(
    ProductId      int IDENTITY(1, 1) NOT NULL,
    Sku            varchar(20)      COLLATE Latin1_General_CS_AS NOT NULL,
    Name           nvarchar(120)    NOT NULL,
    CategoryId     int              NOT NULL,
    BrandId        smallint         NULL,
    SupplierId     int              NOT NULL,
    ListPrice      money            NOT NULL,
    StandardCost   smallmoney       NOT NULL,
    Margin         AS (ListPrice - StandardCost) PERSISTED,
    DisplayName    AS (Sku COLLATE DATABASE_DEFAULT + N' - ' + Name),
    WeightKg       real             NULL,
    PackSize       smallint         NOT NULL CONSTRAINT DF_Product_PackSize DEFAULT (1),
    LaunchedOn     date             NULL,
    DiscontinuedAt smalldatetime    NULL,
    IsActive       bit              NOT NULL CONSTRAINT DF_Product_IsActive DEFAULT (1),
    Attributes     xml              NULL,
    Thumbnail      varbinary(64)    NULL,
    RowGuid        uniqueidentifier ROWGUIDCOL NOT NULL CONSTRAINT DF_Product_RowGuid DEFAULT (NEWID()),
    RowVer         rowversion       NOT NULL,
    CONSTRAINT PK_Product PRIMARY KEY CLUSTERED (ProductId) WITH (FILLFACTOR = 90),
    CONSTRAINT UQ_Product_Sku UNIQUE NONCLUSTERED (Sku),
    CONSTRAINT CK_Product_Price CHECK (ListPrice >= 0 AND StandardCost >= 0),
    CONSTRAINT CK_Product_PackSize CHECK (PackSize > 0),
    CONSTRAINT FK_Product_Category FOREIGN KEY (CategoryId) REFERENCES Catalog.Category (CategoryId),
    CONSTRAINT FK_Product_Brand FOREIGN KEY (BrandId) REFERENCES Catalog.Brand (BrandId),
    CONSTRAINT FK_Product_Supplier FOREIGN KEY (SupplierId) REFERENCES Catalog.Supplier (SupplierId)
);
GO
CREATE TABLE Catalog.ProductPrice
(
    ProductId    int           NOT NULL,
    CountryCode  char(2)       NOT NULL,
    Price        decimal(12, 2) NOT NULL CONSTRAINT CK_ProductPrice_Price CHECK (Price > 0),
    ValidFrom    datetime2(7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL
        CONSTRAINT DF_ProductPrice_ValidFrom DEFAULT (SYSUTCDATETIME()),
    ValidTo      datetime2(7) GENERATED ALWAYS AS ROW END HIDDEN NOT NULL
        CONSTRAINT DF_ProductPrice_ValidTo DEFAULT (CONVERT(datetime2(7), '9999-12-31 23:59:59.9999999')),
    PERIOD FOR SYSTEM_TIME (ValidFrom, ValidTo),
    CONSTRAINT PK_ProductPrice PRIMARY KEY (ProductId, CountryCode),
    CONSTRAINT FK_ProductPrice_Product FOREIGN KEY (ProductId) REFERENCES Catalog.Product (ProductId) ON DELETE CASCADE
)
WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = Catalog.ProductPriceHistory));
GO
CREATE TABLE Catalog.ProductDescription
(
    ProductId    int           NOT NULL,
    LanguageCode char(2)       NOT NULL,
    Description  nvarchar(max) NOT NULL,
    CONSTRAINT PK_ProductDescription PRIMARY KEY (ProductId, LanguageCode),
    CONSTRAINT FK_ProductDescription_Product FOREIGN KEY (ProductId)
        REFERENCES Catalog.Product (ProductId) ON UPDATE NO ACTION ON DELETE CASCADE
);
GO
CREATE TABLE Catalog.ProductTag
(
    ProductId int         NOT NULL FOREIGN KEY REFERENCES Catalog.Product (ProductId),
    Tag       varchar(30) NOT NULL,
    PRIMARY KEY (ProductId, Tag)
);
GO
CREATE TABLE Catalog.BundleItem
(
    BundleProductId    int      NOT NULL,
    ComponentProductId int      NOT NULL,
    Quantity           smallint NOT NULL DEFAULT 1,
    CONSTRAINT PK_BundleItem PRIMARY KEY (BundleProductId, ComponentProductId),
    CONSTRAINT FK_BundleItem_Bundle FOREIGN KEY (BundleProductId) REFERENCES Catalog.Product (ProductId),
    CONSTRAINT FK_BundleItem_Component FOREIGN KEY (ComponentProductId) REFERENCES Catalog.Product (ProductId),
    CONSTRAINT CK_BundleItem_NotItself CHECK (BundleProductId <> ComponentProductId),
    CONSTRAINT CK_BundleItem_Quantity CHECK (Quantity >= 1)
);
GO
CREATE TABLE Catalog.Warehouse
(
    WarehouseId tinyint      NOT NULL CONSTRAINT PK_Warehouse PRIMARY KEY,
    Code        char(4)      NOT NULL CONSTRAINT UQ_Warehouse_Code UNIQUE,
    City        nvarchar(50) NOT NULL,
    CountryCode char(2)      NOT NULL CONSTRAINT FK_Warehouse_Country FOREIGN KEY REFERENCES dbo.Country (CountryCode),
    GatePrefix  binary(2)    NOT NULL
);
GO
CREATE TABLE Catalog.Stock
(
    WarehouseId   tinyint      NOT NULL,
    ProductId     int          NOT NULL,
    Quantity      int          NOT NULL CONSTRAINT DF_Stock_Quantity DEFAULT ((0)),
    ReorderLevel  smallint     NOT NULL CONSTRAINT DF_Stock_ReorderLevel DEFAULT ((5)),
    LastCountedAt datetime2(0) NULL,
    NeedsReorder  AS (CONVERT(bit, CASE WHEN Quantity <= ReorderLevel THEN 1 ELSE 0 END)),
    CONSTRAINT PK_Stock PRIMARY KEY (WarehouseId, ProductId),
    CONSTRAINT FK_Stock_Warehouse FOREIGN KEY (WarehouseId) REFERENCES Catalog.Warehouse (WarehouseId),
    CONSTRAINT FK_Stock_Product FOREIGN KEY (ProductId) REFERENCES Catalog.Product (ProductId),
    CONSTRAINT CK_Stock_Quantity CHECK (Quantity >= 0)
);
GO
CREATE TABLE Catalog.StockMovement
(
    StockMovementId bigint IDENTITY(1, 1) NOT NULL CONSTRAINT PK_StockMovement PRIMARY KEY,
    WarehouseId     tinyint      NOT NULL,
    ProductId       int          NOT NULL,
    MovedAt         datetime2(3) NOT NULL CONSTRAINT DF_StockMovement_MovedAt DEFAULT (SYSDATETIME()),
    Quantity        int          NOT NULL CONSTRAINT CK_StockMovement_NotZero CHECK (Quantity <> 0),
    Reason          char(1)      NOT NULL CONSTRAINT CK_StockMovement_Reason CHECK (Reason IN ('P', 'S', 'R', 'C', 'X')),
    DocumentNo      varchar(20)  NULL,
    CONSTRAINT FK_StockMovement_Stock FOREIGN KEY (WarehouseId, ProductId) REFERENCES Catalog.Stock (WarehouseId, ProductId)
);
GO

------------------------------------------------------------------------ HR
CREATE TABLE HR.Department
(
    DepartmentId smallint IDENTITY(1, 1) NOT NULL CONSTRAINT PK_Department PRIMARY KEY,
    Name         nvarchar(50) NOT NULL CONSTRAINT UQ_Department_Name UNIQUE,
    CostCenter   char(6)      NOT NULL CONSTRAINT CK_Department_CostCenter CHECK (CostCenter LIKE 'CC[0-9][0-9][0-9][0-9]')
);
GO
CREATE TABLE HR.Employee
(
    EmployeeId    int            NOT NULL CONSTRAINT PK_Employee PRIMARY KEY,
    FirstName     nvarchar(40)   NOT NULL,
    LastName      nvarchar(40)   NOT NULL,
    FullName      AS (LTRIM(RTRIM(FirstName)) + N' ' + LTRIM(RTRIM(LastName))) PERSISTED,
    LoginName     varchar(30)    NULL,
    NationalId    char(11)       NULL,
    DepartmentId  smallint       NOT NULL CONSTRAINT FK_Employee_Department REFERENCES HR.Department (DepartmentId),
    ManagerId     int            NULL CONSTRAINT FK_Employee_Manager REFERENCES HR.Employee (EmployeeId),
    JobTitle      nvarchar(60)   NOT NULL,
    BirthDate     date           NOT NULL,
    HiredOn       date           NOT NULL,
    LeftOn        date           NULL,
    Salary        money          NOT NULL CONSTRAINT CK_Employee_Salary CHECK (Salary > $0),
    VacationHours smallint       NOT NULL CONSTRAINT DF_Employee_VacationHours DEFAULT (0),
    ShiftStart    time(0)        NULL,
    BadgeKey      varbinary(16)  NULL,
    Photo         varbinary(max) NULL,
    CONSTRAINT CK_Employee_Dates CHECK (HiredOn > BirthDate AND (LeftOn IS NULL OR LeftOn >= HiredOn))
);
GO
CREATE TABLE HR.SalaryHistory
(
    EmployeeId int           NOT NULL CONSTRAINT FK_SalaryHistory_Employee REFERENCES HR.Employee (EmployeeId),
    ValidFrom  date          NOT NULL,
    Salary     money         NOT NULL,
    Reason     nvarchar(200) NULL,
    CONSTRAINT PK_SalaryHistory PRIMARY KEY (EmployeeId, ValidFrom DESC)
);
GO
CREATE TABLE HR.Skill
(
    SkillCode varchar(8)   NOT NULL CONSTRAINT PK_Skill PRIMARY KEY,
    Name      nvarchar(60) NOT NULL
);
GO
CREATE TABLE HR.EmployeeSkill
(
    EmployeeId int        NOT NULL CONSTRAINT FK_EmployeeSkill_Employee REFERENCES HR.Employee (EmployeeId),
    SkillCode  varchar(8) NOT NULL CONSTRAINT FK_EmployeeSkill_Skill REFERENCES HR.Skill (SkillCode),
    Level      tinyint    NOT NULL CONSTRAINT CK_EmployeeSkill_Level CHECK (Level BETWEEN 1 AND 5),
    CONSTRAINT PK_EmployeeSkill PRIMARY KEY (EmployeeId, SkillCode)
);
GO
CREATE TABLE HR.Absence
(
    AbsenceId  int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_Absence PRIMARY KEY,
    EmployeeId int          NOT NULL CONSTRAINT FK_Absence_Employee REFERENCES HR.Employee (EmployeeId),
    Kind       varchar(10)  NOT NULL CONSTRAINT CK_Absence_Kind CHECK (Kind IN ('vacation', 'sick', 'training', 'unpaid')),
    FirstDay   date         NOT NULL,
    LastDay    date         NOT NULL,
    Days       AS (DATEDIFF(DAY, FirstDay, LastDay) + 1),
    Remark     nvarchar(200) NULL,
    CONSTRAINT CK_Absence_Days CHECK (LastDay >= FirstDay)
);
GO

------------------------------------------------------------------------ Sales
CREATE TABLE Sales.Store
(
    StoreId     smallint     NOT NULL CONSTRAINT PK_Store PRIMARY KEY,
    Name        nvarchar(60) NOT NULL,
    City        nvarchar(50) NOT NULL,
    CountryCode char(2)      NOT NULL CONSTRAINT FK_Store_Country REFERENCES dbo.Country (CountryCode),
    ManagerId   int          NULL,
    OpensAt     time(0)      NOT NULL DEFAULT ('09:00'),
    ClosesAt    time(0)      NOT NULL DEFAULT ('18:30'),
    Latitude    float(53)    NULL,
    Longitude   float(53)    NULL,
    SquareMeter numeric(7, 1) NULL,
    OpenedOn    date         NOT NULL,
    CONSTRAINT CK_Store_Hours CHECK (ClosesAt > OpensAt)
);
GO
CREATE TABLE Sales.LoyaltyTier
(
    TierCode    char(1)       NOT NULL CONSTRAINT PK_LoyaltyTier PRIMARY KEY,
    Name        nvarchar(20)  NOT NULL,
    MinPoints   int           NOT NULL,
    DiscountPct decimal(5, 4) NOT NULL CONSTRAINT DF_LoyaltyTier_Discount DEFAULT (0.0)
);
GO
CREATE TABLE Sales.Customer
(
    CustomerId       int IDENTITY(1001, 1) NOT NULL CONSTRAINT PK_Customer PRIMARY KEY,
    CustomerNo       AS ('C' + RIGHT('000000' + CONVERT(varchar(10), CustomerId), 6)),
    FirstName        nvarchar(40)      NULL,
    LastName         nvarchar(60)      NOT NULL,
    Company          nvarchar(100)     NULL,
    Email            dbo.EmailAddress,
    Phone            dbo.PhoneNumber,
    BirthDate        date              NULL,
    CountryCode      char(2)           NOT NULL CONSTRAINT FK_Customer_Country REFERENCES dbo.Country (CountryCode),
    TierCode         char(1)           NOT NULL CONSTRAINT DF_Customer_Tier DEFAULT ('N')
        CONSTRAINT FK_Customer_Tier REFERENCES Sales.LoyaltyTier (TierCode),
    LoyaltyPoints    bigint            NOT NULL CONSTRAINT DF_Customer_Points DEFAULT (0),
    CreditLimit      decimal(10, 2)    NULL,
    MarketingConsent bit               NULL,
    ReferredBy       int               NULL CONSTRAINT FK_Customer_ReferredBy REFERENCES Sales.Customer (CustomerId),
    CreatedAt        datetimeoffset(0) NOT NULL CONSTRAINT DF_Customer_CreatedAt DEFAULT (SYSDATETIMEOFFSET()),
    Notes            nvarchar(max)     NULL,
    CustomerGuid     uniqueidentifier  NOT NULL CONSTRAINT DF_Customer_Guid DEFAULT (NEWSEQUENTIALID()),
    CONSTRAINT CK_Customer_CreditLimit CHECK (CreditLimit IS NULL OR CreditLimit >= 0)
);
GO
CREATE TABLE Sales.Address
(
    CustomerId  int           NOT NULL CONSTRAINT FK_Address_Customer REFERENCES Sales.Customer (CustomerId) ON DELETE CASCADE,
    AddressNo   tinyint       NOT NULL,
    Kind        char(1)       NOT NULL CONSTRAINT CK_Address_Kind CHECK (Kind IN ('B', 'S')),
    Street      nvarchar(100) NOT NULL,
    PostalCode  nvarchar(12)  NULL,
    City        nvarchar(60)  NOT NULL,
    CountryCode char(2)       NOT NULL CONSTRAINT FK_Address_Country REFERENCES dbo.Country (CountryCode),
    CONSTRAINT PK_Address PRIMARY KEY (CustomerId, AddressNo)
);
GO
CREATE TABLE Sales.Promotion
(
    PromotionId smallint IDENTITY(1, 1) NOT NULL CONSTRAINT PK_Promotion PRIMARY KEY,
    CouponCode  varchar(16)   COLLATE Latin1_General_CS_AS NULL,
    Name        nvarchar(80)  NOT NULL,
    DiscountPct decimal(5, 4) NOT NULL,
    StartsAt    datetime      NOT NULL,
    EndsAt      datetime      NOT NULL,
    CONSTRAINT CK_Promotion_Discount CHECK (DiscountPct > 0 AND DiscountPct <= 0.75),
    CONSTRAINT CK_Promotion_Period CHECK (EndsAt > StartsAt)
);
GO
CREATE TABLE Sales.PromotionProduct
(
    PromotionId smallint NOT NULL CONSTRAINT FK_PromotionProduct_Promotion REFERENCES Sales.Promotion (PromotionId),
    ProductId   int      NOT NULL CONSTRAINT FK_PromotionProduct_Product REFERENCES Catalog.Product (ProductId),
    CONSTRAINT PK_PromotionProduct PRIMARY KEY (PromotionId, ProductId)
);
GO
CREATE TABLE Sales.OrderHeader
(
    OrderId       int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_OrderHeader PRIMARY KEY,
    OrderNumber   int           NOT NULL CONSTRAINT DF_OrderHeader_Number DEFAULT (NEXT VALUE FOR Sales.OrderNumber),
    CustomerId    int           NOT NULL,
    ShipAddressNo tinyint       NULL,
    StoreId       smallint      NULL,
    EmployeeId    int           NULL,
    OrderedAt     datetime      NOT NULL CONSTRAINT DF_OrderHeader_OrderedAt DEFAULT (GETDATE()),
    DueOn         AS (DATEADD(DAY, 14, CONVERT(date, OrderedAt))),
    ShippedAt     datetime      NULL,
    Status        tinyint       NOT NULL CONSTRAINT DF_OrderHeader_Status DEFAULT (1),
    CurrencyCode  char(3)       NOT NULL CONSTRAINT DF_OrderHeader_Currency DEFAULT ('EUR'),
    Freight       money         NOT NULL CONSTRAINT DF_OrderHeader_Freight DEFAULT ($0.00),
    PromotionId   smallint      NULL,
    IsOnline      AS (CASE WHEN StoreId IS NULL THEN 1 ELSE 0 END),
    Comment       nvarchar(400) NULL,
    ModifiedAt    datetime2(7)  NOT NULL CONSTRAINT DF_OrderHeader_ModifiedAt DEFAULT (SYSUTCDATETIME()),
    CONSTRAINT UQ_OrderHeader_Number UNIQUE (OrderNumber),
    CONSTRAINT CK_OrderHeader_Status CHECK (Status IN (1, 2, 3, 4, 5)),
    CONSTRAINT CK_OrderHeader_Shipped CHECK (ShippedAt IS NULL OR ShippedAt >= OrderedAt),
    CONSTRAINT CK_OrderHeader_Freight CHECK (Freight >= 0)
);
GO
CREATE TABLE Sales.OrderLine
(
    OrderId     int           NOT NULL,
    LineNumber  smallint      NOT NULL,
    ProductId   int           NOT NULL,
    Quantity    smallint      NOT NULL,
    UnitPrice   money         NOT NULL,
    DiscountPct decimal(5, 4) NOT NULL CONSTRAINT DF_OrderLine_Discount DEFAULT (0),
    LineTotal   AS (CONVERT(money, ROUND(Quantity * UnitPrice * (1 - DiscountPct), 2))) PERSISTED,
    GiftText    nvarchar(200) NULL,
    CONSTRAINT PK_OrderLine PRIMARY KEY CLUSTERED (OrderId, LineNumber),
    CONSTRAINT CK_OrderLine_Quantity CHECK (Quantity > 0),
    CONSTRAINT CK_OrderLine_Discount CHECK (DiscountPct >= 0 AND DiscountPct < 1)
);
GO
CREATE TABLE Sales.Payment
(
    PaymentId  bigint IDENTITY(500001, 1) NOT NULL CONSTRAINT PK_Payment PRIMARY KEY,
    OrderId    int               NOT NULL,
    PaidAt     datetimeoffset(3) NOT NULL,
    Method     varchar(12)       NOT NULL CONSTRAINT CK_Payment_Method CHECK (Method IN ('card', 'cash', 'transfer', 'voucher')),
    Amount     money             NOT NULL CONSTRAINT CK_Payment_Amount CHECK (Amount <> 0),
    CardLast4  char(4)           NULL,
    AuthCode   binary(8)         NULL
);
GO
CREATE TABLE Sales.ReturnLine
(
    ReturnLineId int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_ReturnLine PRIMARY KEY,
    OrderId      int           NOT NULL,
    LineNumber   smallint      NOT NULL,
    ReturnedOn   date          NOT NULL,
    Quantity     smallint      NOT NULL CONSTRAINT CK_ReturnLine_Quantity CHECK (Quantity > 0),
    ReasonCode   char(2)       NOT NULL,
    Refund       money         NULL
);
GO
CREATE TABLE Sales.MonthlySales
(
    SalesYear  smallint NOT NULL,
    SalesMonth tinyint  NOT NULL CONSTRAINT CK_MonthlySales_Month CHECK (SalesMonth BETWEEN 1 AND 12),
    CategoryId int      NOT NULL CONSTRAINT FK_MonthlySales_Category REFERENCES Catalog.Category (CategoryId),
    Orders     int      NOT NULL,
    Units      int      NOT NULL,
    Revenue    money    NOT NULL,
    LoadedAt   datetime NOT NULL DEFAULT (GETDATE()),
    CONSTRAINT PK_MonthlySales PRIMARY KEY (SalesYear, SalesMonth, CategoryId)
);
GO
CREATE TABLE Sales.CustomerSnapshot
(
    CustomerId  int            NOT NULL CONSTRAINT PK_CustomerSnapshot PRIMARY KEY,
    FullName    nvarchar(101)  NOT NULL,
    CountryCode char(2)        NOT NULL,
    Orders      int            NOT NULL,
    Revenue     decimal(19, 4) NOT NULL,
    LastOrderOn date           NULL,
    IsDeleted   bit            NOT NULL DEFAULT (0),
    UpdatedAt   datetime2      NOT NULL DEFAULT (SYSDATETIME())
);
GO
