import { expect, test } from 'vitest'
import { classify } from './statement.ts'
import { type TableStatement, tableStatement, tablesIn } from './table-statement.ts'

const query = (statement: string, database = 'shop', clientCollation: number | null = 45) =>
  tableStatement(
    { thread: 1, database, statement, clientCollation, timeZone: null, microseconds: 0 },
    { file: 'binlog.000001', offset: 4, type: 2 },
    (collation) => collation === 45,
  )

const names = (statement: TableStatement, table = 'item', database = 'shop') => tablesIn(statement)(database, table)

test.each([
  'ALTER TABLE item ADD c int',
  'alter online table if exists `item` add c int',
  'ALTER TABLE SHOP.Item ADD c int',
  'RENAME TABLE item TO old, next TO item',
  'rename table a to shop . item',
  'DROP TABLE IF EXISTS other, item',
  'CREATE OR REPLACE TABLE `shop`.`item` SELECT 1',
  'CREATE TABLE "item" (id int)',
  'ALTER TABLE other EXCHANGE PARTITION p WITH TABLE item',
  'CREATE TABLE IF NOT EXISTS item LIKE other',
  'CREATE TABLE shop . `item` (id int)',
  'CREATE TABLE shop/* a comment */.item (id int)',
  'CREATE TABLE /* a comment */ item (id int)',
  'DROP INDEX `PRIMARY` ON item',
  '/*!50003 ALTER TABLE item ADD c int */',
  '/* a comment */ ALTER TABLE item ADD c int',
])('%j concerns the table', (text) => {
  expect(classify(text).kind).toBe('definesTables')
  expect(names(query(text))).toBe(true)
})

test.each([
  ['ALTER TABLE items ADD c int', 'shop'],
  ['ALTER TABLE item ADD c int', 'another'],
  ['ALTER TABLE another.item ADD c int', 'shop'],
  ['ALTER TABLE `my item` ADD c int', 'shop'],
  ['ALTER TABLE item_2 ADD c int', 'shop'],
  ['CREATE TABLE copy LIKE item', 'shop'],
  ['CREATE OR REPLACE TABLE `my``copy` LIKE `shop`.`item`', 'shop'],
  ['CREATE TABLE IF NOT EXISTS shop.copy AS SELECT * FROM item', 'shop'],
  ['create table line (id int, item int, FOREIGN KEY (item) REFERENCES item (id))', 'shop'],
])('%j in %s does not', (text, database) => {
  expect(classify(text).kind).toBe('definesTables')
  expect(names(query(text, database))).toBe(false)
})

test.each([
  'CREATE TEMPORARY TABLE item (id int)',
  'DROP TEMPORARY TABLE item',
  'DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `item`',
  'CREATE USER item',
  'DROP TRIGGER item',
  'CREATE DATABASE shop',
  'ANALYZE TABLE item',
  'TRUNCATE item',
])('%j changes no columns', (text) => {
  expect(classify(text).kind).not.toBe('definesTables')
})

test('a name with quotes or in another alphabet is found, and a statement in another encoding concerns every table', () => {
  expect(names(query('ALTER TABLE `it``em` ADD c int'), 'it`em')).toBe(true)
  expect(names(query('ALTER TABLE größe ADD c int'), 'größe')).toBe(true)
  expect(names(query('ALTER TABLE größe ADD c int'), 'item')).toBe(false)
  expect(names(query('ALTER TABLE größe ADD c int', 'shop', 8), 'item')).toBe(true)
  expect(names(query('ALTER TABLE other ADD c int', 'shop', 8), 'item')).toBe(false)
})
