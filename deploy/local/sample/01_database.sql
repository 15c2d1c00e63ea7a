/*
    Harbor & Pine: outdoor and household goods, 9 shops and a web shop.
    Schemas, user types and sequences.
    2011-03  first version (SQL Server 2008 R2)
    2016-05  price history becomes a system-versioned table
    2021-10  compatibility level 150
*/
IF DB_ID(N'HarborPine') IS NULL
    CREATE DATABASE HarborPine;
GO
USE HarborPine;
GO
ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 150;
GO
SET ANSI_NULLS ON;
SET QUOTED_IDENTIFIER ON;
GO
CREATE SCHEMA Catalog AUTHORIZATION dbo;
GO
CREATE SCHEMA HR AUTHORIZATION dbo;
GO
CREATE SCHEMA Sales AUTHORIZATION dbo;
GO
CREATE TYPE dbo.EmailAddress FROM nvarchar(256) NULL;
CREATE TYPE dbo.PhoneNumber FROM varchar(24) NULL;
CREATE TYPE dbo.YesNo FROM bit NOT NULL;
GO
CREATE TYPE Sales.OrderLineList AS TABLE
(
    LineNumber  smallint      NOT NULL PRIMARY KEY,
    ProductId   int           NOT NULL,
    Quantity    smallint      NOT NULL CHECK (Quantity > 0),
    UnitPrice   money         NULL
);
GO
CREATE SEQUENCE Sales.OrderNumber AS int START WITH 100001 INCREMENT BY 1 MINVALUE 100001 NO CYCLE CACHE 50;
GO
