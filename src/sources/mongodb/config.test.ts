import { expect, it } from 'vitest'
import { mongodbConfig } from './config.ts'

const primaryOf = (primary: object, url = 'mongodb://reader:r@a.example,b.example:27018/?replicaSet=rs0&tls=true') =>
  mongodbConfig.parse({ kind: 'mongodb', url, readOnly: true, primary }).primary

it('a primary without hosts is another login on those of the source', () => {
  const primary = primaryOf({ user: 'writer', password: 'w' })
  expect(primary).toMatchObject({
    hosts: [
      { host: 'a.example', port: 27017 },
      { host: 'b.example', port: 27018 },
    ],
    user: 'writer',
    parameters: { replicaSet: 'rs0' },
    tls: { mode: 'verify-full' },
  })
  expect(primary?.password?.reveal()).toBe('w')
  expect(primaryOf({ user: 'writer' })?.password).toBeNull()
  expect(primaryOf({ port: 1 })?.hosts.map(({ port }) => port)).toEqual([1, 1])
})

it('names of a DNS seed list stay without a port, and with their TLS', () => {
  const primary = primaryOf({ user: 'writer' }, 'mongodb+srv://reader:r@cluster.example')
  expect(primary).toMatchObject({ hosts: [{ host: 'cluster.example', port: null }], tls: { mode: 'verify-full' } })
})

it('a primary with a host of its own does not take the parameters of the URL', () => {
  const primary = primaryOf({ host: 'c.example' })
  expect(primary).toMatchObject({ hosts: [{ host: 'c.example', port: 27017 }], user: 'reader' })
  expect(primary).not.toHaveProperty('parameters')
})

it('a name in `tables` that is no name is called a collection', () => {
  expect(() => mongodbConfig.parse({ kind: 'mongodb', url: 'mongodb://a.example', tables: ['a.b.c'] })).toThrow(
    "is not a collection's name",
  )
})
