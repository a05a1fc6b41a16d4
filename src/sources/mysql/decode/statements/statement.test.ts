import { expect, test } from 'vitest'
import { classify } from './statement.ts'

test.each([
  ['BEGIN', 'begin'],
  ['START TRANSACTION', 'begin'],
  ['COMMIT', 'commit'],
  ['COMMIT /* added by a tool */', 'commit'],
  ['ROLLBACK', 'rollback'],
  ['rollback to `s`', 'rollbackTo'],
  ['ROLLBACK WORK TO s', 'rollbackTo'],
  ['SAVEPOINT `s`', 'savepoint'],
  ['RELEASE SAVEPOINT s', 'savepoint'],
  ['CREATE TABLE t (id int)', 'definesTables'],
  ['/* a comment */ -- another\nDROP TABLE t', 'definesTables'],
  ['', 'other'],
  ['# truncate\nANALYZE TABLE t', 'other'],
])('%j is %s', (text, kind) => {
  expect(classify(text)).toEqual({ kind })
})

test.each([
  ["XA START X'7831',X'',1", 'xaStart', "X'7831',X'',1"],
  ["XA END X'7831',X'',1", 'xaEnd', "X'7831',X'',1"],
  ["XA COMMIT X'7831',X'',1", 'xaCommit', "X'7831',X'',1"],
  ["XA COMMIT X'7831',X'',1 ONE PHASE", 'xaCommit', "X'7831',X'',1"],
  ["xa rollback X'7831',X'',1", 'xaRollback', "X'7831',X'',1"],
])('%j is %s of its id', (text, kind, xid) => {
  expect(classify(text)).toEqual({ kind, xid })
})

test.each([
  ['TRUNCATE TABLE `a``b`.`c d`', 'truncate', { database: 'a`b', name: 'c d' }],
  ['truncate größe', 'truncate', { database: null, name: 'größe' }],
  ['/*!40000 TRUNCATE t */', 'truncate', { database: null, name: 't' }],
  ['INSERT INTO t VALUES (1)', 'changesRows', { database: null, name: 't' }],
  ['insert ignore into `a`.`t`(id) values (1)', 'changesRows', { database: 'a', name: 't' }],
  ['REPLACE t SELECT 1', 'changesRows', { database: null, name: 't' }],
  ['UPDATE LOW_PRIORITY a.t SET n = 1', 'changesRows', { database: 'a', name: 't' }],
  ['DELETE FROM t WHERE id = 1', 'changesRows', { database: null, name: 't' }],
  ['DELETE FROM t', 'changesRows', { database: null, name: 't' }],
  ['UPDATE a, b SET a.n = b.n', 'changesRows', null],
  ['UPDATE a JOIN b USING (id) SET a.n = 1', 'changesRows', null],
  ['DELETE a FROM a JOIN b USING (id)', 'changesRows', null],
  ['DELETE FROM a USING a JOIN b', 'changesRows', null],
  ["LOAD DATA INFILE 'f' INTO TABLE `a`.t FIELDS", 'changesRows', { database: 'a', name: 't' }],
  ["LOAD DATA INFILE 'f'", 'changesRows', null],
  ['CALL p()', 'changesRows', null],
])('%j is %s of its table', (text, kind, table) => {
  expect(classify(text)).toEqual({ kind, table })
})
