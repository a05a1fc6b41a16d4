import { describe, expect, it } from 'vitest'
import { inFile } from '../../../model/fix.ts'
import { explainError } from '../errors/errors.ts'
import { behindPooler, poolersByName } from './pooler.ts'
import { POSTGRESQL_SERVER } from './postgresql-target.ts'

const target = {
  product: POSTGRESQL_SERVER,
  host: 'db.example',
  port: 5432,
  database: 'shop',
  user: 'cdc',
  tls: 'disable',
} as const

const answer = (code: string, message: string) => explainError({ code, severity: 'FATAL', message }, target)

describe('a pooler', () => {
  it.each([
    ['08P01', 'unsupported startup parameter: replication', 'PgBouncer'],
    ['08P01', 'unsupported startup parameter in options: statement_timeout', 'PgBouncer'],
    ['0A000', "Feature not supported: RDS Proxy currently doesn't support streaming replication mode.", 'RDS Proxy'],
    ['0A000', 'Feature not supported: RDS Proxy currently doesn’t support command-line options.', 'RDS Proxy'],
  ])('is known by its answer: %s %s', (code, message, pooler) => {
    expect(answer(code, message)).toMatchObject({ code: 'POSTGRES_POOLER', details: { pooler } })
    expect(answer(code, message).found).toContain(message)
  })

  it.each([
    ['08P01', 'query_wait_timeout', 'DATABASE_ERROR'],
    ['0A000', 'cannot do this with unsupported startup parameter', 'DATABASE_ERROR'],
  ])('is not seen in any other answer: %s %s', (code, message, expected) => {
    expect(answer(code, message).code).toBe(expected)
  })

  it.each([
    ['aws-0-eu-central-1.pooler.supabase.com', 'Supavisor', 'db.<project>.supabase.co'],
    ['ep-calm-sea-a1b2c3d4-pooler.eu-central-1.aws.neon.tech', "Neon's PgBouncer", 'take -pooler out of the host'],
    ['shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com', 'RDS Proxy', 'the endpoint of the RDS instance'],
  ])('is known by its name: %s', (host, pooler, direct) => {
    const error = behindPooler({ ...target, host }, { found: 'x', pooler: null })
    expect(error.message).toContain(`(${pooler})`)
    expect(error.fix).toEqual([inFile(expect.stringContaining(direct))])
    expect(poolersByName([{ host }])).toEqual([expect.stringContaining(direct)])
  })

  it('is not seen in the name of a server', () => {
    const hosts = [
      'db.example',
      'ep-calm-sea-a1b2c3d4.eu-central-1.aws.neon.tech',
      'shop.abc.eu-west-1.rds.amazonaws.com',
    ]
    expect(poolersByName(hosts.map((host) => ({ host })))).toEqual([])
  })
})
