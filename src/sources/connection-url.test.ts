import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ConnectionUrl, parseConnectionUrl } from './connection-url.ts'
import { POSTGRESQL_DEFAULTS } from './postgresql/config.ts'
import { Mistake } from './scalar-schema.ts'

const parse = (url: string): ConnectionUrl | Mistake => parseConnectionUrl(url, POSTGRESQL_DEFAULTS)
const nothing = { user: null, password: null, database: null, parameters: [] }

it.each<[string, Omit<ConnectionUrl, 'scheme'>]>([
  ['postgresql://h', { ...nothing, hosts: [{ host: 'h', port: null }] }],
  ['POSTGRES://h:1/d', { ...nothing, hosts: [{ host: 'h', port: 1 }], database: 'd' }],
  ['postgres://u@h/', { ...nothing, user: 'u', hosts: [{ host: 'h', port: null }] }],
  ['postgres://u:@h/', { ...nothing, user: 'u', hosts: [{ host: 'h', port: null }] }],
  [
    'postgresql://u:a:b@c@h:1/d?sslmode=require&x=%26',
    {
      user: 'u',
      password: 'a:b@c',
      hosts: [{ host: 'h', port: 1 }],
      database: 'd',
      parameters: [
        ['sslmode', 'require'],
        ['x', '&'],
      ],
    },
  ],
  [
    'postgresql://h1,h2:2,[::1]:3,%2Fvar%2Frun/d',
    {
      ...nothing,
      hosts: [
        { host: 'h1', port: null },
        { host: 'h2', port: 2 },
        { host: '::1', port: 3 },
        { host: '/var/run', port: null },
      ],
      database: 'd',
    },
  ],
])('%s', (url, parts) => {
  expect(parse(url)).toEqual({ scheme: url.slice(0, url.indexOf(':')).toLowerCase(), ...parts })
})

it.each([
  ['', 'does not begin with postgresql:// or postgres://'],
  ['h/d', 'does not begin with postgresql:// or postgres://'],
  ['mysql://h/d', 'does not begin with postgresql:// or postgres://'],
  ['postgresql:///d', 'has no host'],
  ['postgresql://u:p@:5432/d', 'has no host'],
  ['postgresql://h,/d', 'has no host'],
  ['postgresql://h:x/d', 'has a port that is not a number from 1 to 65535'],
  ['postgresql://h:0/d', 'has a port that is not a number from 1 to 65535'],
  ['postgresql://h:65536/d', 'has a port that is not a number from 1 to 65535'],
  ['postgresql://::1/d', 'has an IPv6 address that is not in [brackets]'],
  ['postgresql://u:100%@h/d', 'has a % that is not a percent-encoding (a % itself is %25)'],
])('%s %s', (url, message) => {
  expect(parse(url)).toMatchObject({ message })
})

it.each(['postgresql://u:a/b@h/d', 'postgresql://u:a#b@h/d', 'postgresql://u:a?b@h/d'])(
  '%s says what must be encoded',
  (url) => {
    expect(parse(url)).toMatchObject({ message: expect.stringContaining('must be percent-encoded') })
  },
)

it('promise 12: no mistake repeats a piece of the URL', () => {
  const piece = fc.stringMatching(/^[a-z0-9:@/?#%&=,[\]]{0,12}$/)
  fc.assert(
    fc.property(piece, piece, (before, after) => {
      const parsed = parse(`postgresql://${before}hunter2${after}`)
      expect(JSON.stringify(parsed instanceof Mistake ? parsed : null)).not.toContain('hunter2')
    }),
  )
})
