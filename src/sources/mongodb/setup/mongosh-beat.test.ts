import { expect, it } from 'vitest'
import { MONGODB } from '../definition.ts'
import { mongoshBeat } from './mongosh-beat.ts'

const beatOf = (entry: Readonly<Record<string, unknown>>) => {
  const config = MONGODB.config.parse({ kind: 'mongodb', tables: ['shop.orders'], ...entry })
  return mongoshBeat(config, { source: 'shop', schedule: '* * * * *' })
}

/** The connection string that the script gives to `connect`, with the password `p@ss`. */
function urlOf(entry: Readonly<Record<string, unknown>>): string {
  const script = beatOf(entry).command.at(-1) ?? ''
  const [, expression = ''] = /connect\((.*)\)\.getSiblingDB/u.exec(script) ?? []
  return new Function('process', `return ${expression}`)({ env: { MONGODB_PASSWORD: 'p@ss' } })
}

it.each([
  [
    'mongodb://u%40x:p@db.example/?replicaSet=rs0',
    'mongodb://u%40x:p%40ss@db.example:27017/?replicaSet=rs0&authSource=admin&tls=true&tlsAllowInvalidCertificates=true&tlsAllowInvalidHostnames=true',
  ],
  ['mongodb+srv://u:p@db.example/shop', 'mongodb+srv://u:p%40ss@db.example/?authSource=shop&tls=true'],
  ['mongodb+srv://u:p@db.example', 'mongodb+srv://u:p%40ss@db.example/?tls=true'],
  [
    'mongodb://u:p@db.example/?authMechanism=PLAIN&tls=true&tlsCAFile=%2Fa%20b.pem',
    'mongodb://u:p%40ss@db.example:27017/?authSource=%24external&authMechanism=PLAIN&tls=true&tlsCAFile=%2Fa%20b.pem',
  ],
  ['mongodb://127.0.0.1:1,[::1]:2/', 'mongodb://127.0.0.1:1,[::1]:2/?tls=false'],
])('%s is the connection of the shell, without the password', (url, expected) => {
  expect(urlOf({ url })).toBe(expected)
})

it('a certificate takes the place of the password', () => {
  const tls = { ca: '/ca.pem', cert: '/client.pem', key: '/client.pem' }
  const entry = { url: 'mongodb://u@db.example/?authMechanism=MONGODB-X509', tls }
  expect(urlOf(entry)).toBe(
    'mongodb://u@db.example:27017/?authSource=%24external&authMechanism=MONGODB-X509&tls=true&tlsCAFile=%2Fca.pem&tlsCertificateKeyFile=%2Fclient.pem',
  )
  expect(beatOf(entry)).toMatchObject({ password: null, files: ['/ca.pem', '/client.pem'] })
})

it('a source that only reads is written on its primary', () => {
  const entry = { url: 'mongodb://reader:p@127.0.0.1:1/?directConnection=true', readOnly: true }
  expect(urlOf(entry)).toContain('@<primary>:27017/')
  const primary = { url: 'mongodb://writer:p@127.0.0.1:2/' }
  expect(urlOf({ ...entry, primary })).toBe('mongodb://writer:p%40ss@127.0.0.1:2/?authSource=admin&tls=false')
  expect(beatOf({ ...entry, primary }).password?.of).toBe('writer')
})
