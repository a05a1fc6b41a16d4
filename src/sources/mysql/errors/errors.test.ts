import { expect, it } from 'vitest'
import { ERROR_TABLE } from '../../../model/error-code.ts'
import { statementRequest } from '../../connect/server-request.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { mysqlConfig } from '../config.ts'
import { targetOf } from '../connect/mysql-target.ts'
import { codeOfNumber } from './error-number.ts'
import { explainError } from './errors.ts'

const target: ServerTarget = targetOf(
  { host: 'db.example', port: 3306 },
  mysqlConfig.parse({ kind: 'mysql', url: 'mysql://shop:secret@db.example' }),
)

function serverError(errno: number, sqlState: string, sqlMessage: string) {
  return Object.assign(new Error(sqlMessage), { errno, sqlState, sqlMessage, code: 'ER_ANY' })
}

it.each([
  [1040, 'transient'],
  [1205, 'transient'],
  [1213, 'transient'],
  [1053, 'transient'],
  [1927, 'transient'],
  [1021, 'transient'],
  [1045, 'permission'],
  [1044, 'permission'],
  [1142, 'permission'],
  [1227, 'permission'],
  [1792, 'read-only'],
  [1836, 'read-only'],
  [1524, 'configuration'],
  [9999, 'unknown'],
])('the error %i is of the kind %s', (number, kind) => {
  expect(ERROR_TABLE[codeOfNumber(number, null)].kind).toBe(kind)
})

it('error 1290 is classified by the option in its message', () => {
  const words = (option: string) =>
    `The MySQL server is running with the ${option} option so it cannot execute this statement`
  expect(codeOfNumber(1290, words('--super-read-only'))).toBe('DATABASE_READ_ONLY')
  expect(codeOfNumber(1290, words('--read-only'))).toBe('DATABASE_READ_ONLY')
  expect(codeOfNumber(1290, words('--secure-file-priv'))).toBe('DATABASE_ERROR')
})

it.each([
  [1062, '23000', "Duplicate entry 'planted' for key 'orders.PRIMARY'"],
  [1366, 'HY000', "Incorrect integer value: 'planted' for column 'x'"],
  [1644, '45000', 'planted'],
  [1064, '42000', "near 'planted' at line 1"],
])('the words of the error %i, which can hold a value, are not repeated', (number, state, words) => {
  const request = statementRequest('INSERT INTO orders VALUES (?)', target)
  const error = explainError(serverError(number, state, words), target, request)
  expect(JSON.stringify([error.message, error.found, error.details])).not.toContain('planted')
  expect(error.found).toBe(`ERROR ${number} (${state}); statement: INSERT INTO orders VALUES (?)`)
})

it('names user, server and client of a refused login', () => {
  const words = "Access denied for user 'shop'@'10.0.0.1' (using password: YES)"
  const error = explainError(serverError(1045, '28000', words), target)
  expect(error).toMatchObject({
    code: 'DATABASE_PASSWORD_WRONG',
    message: 'the server db.example:3306 refused the password of the user shop',
    found: `ERROR 1045 (28000): ${words}`,
  })
  expect(JSON.stringify(error.fix)).not.toContain('secret')
  const unreachable = explainError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), target)
  expect(unreachable.fix).toMatchObject([
    { text: 'mysql --protocol=TCP --host=db.example --port=3306 --user=shop --password --ssl-mode=REQUIRED' },
  ])
})

it.each([
  ['the REPLICATION SLAVE privilege(s)', "GRANT REPLICATION SLAVE ON *.* TO 'shop'@'%'"],
  ['the SUPER, REPLICATION CLIENT privilege(s)', "GRANT REPLICATION CLIENT ON *.* TO 'shop'@'%'"],
  ['the SYSTEM_VARIABLES_ADMIN or SESSION_VARIABLES_ADMIN privilege(s)', "SHOW GRANTS FOR 'shop'@'%'"],
  ['the SUPER privilege(s)', "SHOW GRANTS FOR 'shop'@'%'"],
])('error 1227 with %s is fixed by %s', (words, text) => {
  const error = serverError(1227, '42000', `Access denied; you need (at least one of) ${words} for this operation`)
  expect(explainError(error, target)).toMatchObject({ code: 'DATABASE_PERMISSION', fix: [{ text }] })
})

it('names the login methods that can be used where the server asks for another', () => {
  const error = Object.assign(new Error('unknown plugin'), { code: 'AUTH_SWITCH_PLUGIN_ERROR' })
  expect(explainError(error, target)).toMatchObject({
    code: 'DATABASE_LOGIN_METHOD',
    expected: 'caching_sha2_password',
    fix: [{ text: "ALTER USER 'shop'@'%' IDENTIFIED WITH caching_sha2_password BY '<password>'" }],
  })
})
