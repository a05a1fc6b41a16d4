import { describe, expect, it } from 'vitest'
import { alternative, forPerson, inDatabase } from '../../../model/fix.ts'
import { loginRequest } from '../../connect/server-request.ts'
import type { DatabaseTarget } from '../../connect/server-target.ts'
import { POSTGRESQL_SERVER } from '../connect/postgresql-target.ts'
import { explainError, explainStreamError as explainStream } from './errors.ts'
import { postgresqlRequest } from './postgresql-request.ts'
import { parseErrorFields, type ServerError } from './server-error.ts'

const target: DatabaseTarget = {
  product: POSTGRESQL_SERVER,
  host: 'db.example',
  port: 5432,
  database: 'shop',
  user: 'streamkap_user',
  tls: 'disable',
}

const explainStreamError = (error: ServerError, to: DatabaseTarget) => explainStream(error, to, loginRequest(to))

/** As the driver throws them. */
function thrown(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, severity: 'FEHLER', routine: 'ProcessInterrupts' })
}

describe('promise 11: an error is classified by its code, never by its words', () => {
  it.each([
    ['28P01', 'DATABASE_PASSWORD_WRONG', 'permission'],
    ['3D000', 'DATABASE_MISSING', 'configuration'],
    ['42501', 'DATABASE_PERMISSION', 'permission'],
    ['53300', 'DATABASE_TOO_MANY_CONNECTIONS', 'transient'],
    ['55006', 'POSTGRES_SLOT_IN_USE', 'transient'],
    ['57P01', 'DATABASE_STOPPING', 'transient'],
    ['58P01', 'DATABASE_ERROR', 'unknown'],
    ['57014', 'DATABASE_STATEMENT_ENDED', 'transient'],
    ['XX001', 'DATABASE_CORRUPTED', 'unknown'],
    ['ZZ999', 'DATABASE_ERROR', 'unknown'],
  ])('%s is %s in any language', (sqlstate, code, kind) => {
    for (const words of ['Passwort-Authentifizierung fehlgeschlagen', 'replication slot is active', '']) {
      expect(explainError(thrown(sqlstate, words), target)).toMatchObject({ code, kind })
    }
  })

  it('a session that is ended is not said to be the end of the server', () => {
    const stopping = 'the server db.example:5432 ended the connection: it is shutting down'
    const alone = ', or it ended this session alone (pg_terminate_backend, or an invalidated slot)'
    expect(explainError(thrown('57P01', ''), target).message).toBe(stopping + alone)
    expect(explainError(thrown('57P02', ''), target).message).toBe(stopping)
  })

  it('a missing file is one of the log only where a stream misses it as it reads the log', () => {
    const error = { sqlstate: '58P01', severity: 'ERROR', message: 'has been removed', routine: 'WalSndSegmentOpen' }
    expect(explainStreamError(error, target)).toMatchObject({ code: 'POSTGRES_WAL_REMOVED', kind: 'lost position' })
    const library = { ...error, routine: 'internal_load_library' }
    expect(explainStreamError(library, target)).toMatchObject({ code: 'DATABASE_ERROR', retry: true })
    expect(explainStreamError({ ...error, sqlstate: '57P01' }, target).code).toBe('DATABASE_STOPPING')
  })

  it.each(['22P05', '22021'])('%s is a text that the server cannot convert only in a stream', (sqlstate) => {
    const error = { sqlstate, severity: 'ERROR', message: null, routine: 'report_untranslatable_char' }
    const { code, kind, retry } = explainStreamError(error, target)
    expect({ code, kind, retry }).toEqual({ code: 'POSTGRES_TEXT_UNCONVERTED', kind: 'configuration', retry: false })
    expect(explainStreamError({ ...error, routine: 'json_errsave_error' }, target).code).toBe('POSTGRES_FILTER_FAILED')
    expect(explainError(thrown(sqlstate, ''), target).code).toBe('DATABASE_ERROR')
  })

  it('a row that the server has no room for is too large; an allocation of any other size is damage', () => {
    const error = { sqlstate: 'XX000', severity: 'ERROR', message: null, routine: 'MemoryContextSizeFailure' }
    const code = (neededBytes: number | null) => explainStreamError({ ...error, neededBytes }, target).code
    expect(code(1_073_741_827)).toBe('POSTGRES_ROW_TOO_LARGE')
    expect(code(1_073_741_823)).toBe('DATABASE_ERROR')
    expect(code(2 ** 64 - 3)).toBe('DATABASE_ERROR')
    expect(code(null)).toBe('DATABASE_ERROR')
    const full = { ...error, sqlstate: '54000', routine: 'enlargeStringInfo' }
    expect(explainStreamError(full, target)).toMatchObject({ code: 'POSTGRES_ROW_TOO_LARGE', retry: false })
    expect(explainStreamError({ ...full, routine: 'ArrayGetNItems' }, target).code).toBe('DATABASE_ERROR')
  })

  it('of a stream only numbers of its words are taken', () => {
    const fields = (pairs: readonly string[]) => parseErrorFields(Buffer.from(`${pairs.join('\0')}\0\0`))
    const alloc = fields(['SERROR', 'CXX000', 'Minvalid memory alloc request size 1073741827', 'Rpalloc'])
    expect(alloc).toMatchObject({ message: null, neededBytes: 1_073_741_827 })
    const detail = 'DKann Puffer mit 600000063 Bytes nicht um 600000002 Bytes vergrößern.'
    const buffer = fields(['SFEHLER', 'C54000', 'Mzu lang', detail, 'RenlargeStringInfo'])
    expect(buffer).toMatchObject({ message: null, neededBytes: 1_200_000_065 })
    expect(fields(['SERROR', 'C22P02', detail]).neededBytes).toBeNull()
  })

  it('the words of another error move nothing', () => {
    const error = explainError(thrown('XX000', 'replication slot "a" is active for PID 7'), target)
    expect(error.code).toBe('DATABASE_ERROR')
  })

  it('a refused password is put right where it is configured before the user is given another one, on which server', () => {
    expect(explainError(thrown('28P01', ''), target).fix).toEqual([
      forPerson(expect.stringMatching(/^set the current password/u)),
      alternative('give the user a new password, as an administrator of db.example:5432'),
      inDatabase("ALTER ROLE streamkap_user PASSWORD '<password>'", 'a superuser'),
    ])
  })

  it.each([
    'PL/pgSQL function gate.refuse(integer) line 3 at RAISE\nSQL statement "SELECT planted"',
    'PL/pgSQL-Funktion gate.refuse(integer) Zeile 3 bei RAISE',
    'fonction PL/pgSQL gate.refuse(integer), ligne 3 à RAISE',
  ])('a refusal that a function of the database raised proves no permanent one: %s', (where) => {
    const raised = (sqlstate: string) => explainError(Object.assign(thrown(sqlstate, ''), { where }), target)
    for (const sqlstate of ['42501', '28000', '28P01', '3D000', 'P0001']) {
      const error = raised(sqlstate)
      expect(error).toMatchObject({ code: 'POSTGRES_FUNCTION_FAILED', kind: 'unknown', retry: true })
      expect(error.message).toContain('gate.refuse(integer)')
    }
    expect(raised('40001').code).toBe('DATABASE_STATEMENT_ENDED')
  })

  it('an error that nobody knows names the statement that failed and its object', () => {
    const request = postgresqlRequest('UPDATE streamkap.h  SET text = $1\n WHERE id = 1', target)
    const error = explainError(thrown('XX000', 'planted'), target, request)
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', kind: 'unknown', retry: true })
    expect(error.message).toBe('the server db.example:5432 refused a statement on the table streamkap.h: FEHLER XX000')
    expect(error.found).toMatch(
      /raised by ProcessInterrupts\(\) .*statement: UPDATE streamkap\.h SET text = \$1 WHERE id = 1$/u,
    )
    expect(error.found).not.toContain('planted')
  })

  it('says what was found and keeps the code for machines', () => {
    const error = explainError(thrown('57P01', 'terminating connection'), target)
    expect(error.found).toContain('57P01')
    expect(error.details).toMatchObject({ sqlstate: '57P01', host: 'db.example', port: 5432 })
  })
})

describe("promise 12: the server's words are repeated only where they cannot hold a row's value", () => {
  const refused = { code: '42501', severity: 'ERROR', routine: 'exec_stmt_raise', file: 'pl_exec.c', detail: 'planted' }

  it('not what a trigger raised, under whatever code', () => {
    const where = 'PL/pgSQL function refuse() line 1 at RAISE'
    const error = explainError(Object.assign(new Error('planted'), refused, { where }), target)
    expect(error.code).toBe('POSTGRES_FUNCTION_FAILED')
    expect(error.message).toContain('refuse()')
    expect(JSON.stringify([error.message, error.found, error.details])).not.toContain('planted')
  })

  it('not the detail, but where a role was to be changed: there it holds an attribute and names', () => {
    const found = (file: string, where: string | null) =>
      explainError(
        Object.assign(new Error('permission denied'), { ...refused, file, where, detail: 'planted' }),
        target,
      ).found
    expect(found('user.c', null)).toContain('permission denied: planted')
    expect(found('aclchk.c', null)).toBe('ERROR 42501: permission denied')
    expect(found('user.c', 'PL/pgSQL function f() line 1')).not.toContain('planted')
    expect(found('execMain.c', null)).not.toContain('planted')
  })

  it("but the server's own word about a statement that it ended, in whatever that was", () => {
    const own = {
      code: '57014',
      severity: 'ERROR',
      file: 'postgres.c',
      where: 'while updating tuple (0,1) in relation "h"',
    }
    const error = explainError(Object.assign(new Error('canceling statement due to statement timeout'), own), target)
    expect(error.found).toContain('statement timeout')
  })
})
