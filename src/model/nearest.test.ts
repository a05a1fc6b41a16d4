import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const keys = ['kind', 'url', 'host', 'hosts', 'password', 'passwordFile', 'publication', 'tables', 'tls']

it.each([
  ['hsot', 'host'],
  ['pasword', 'password'],
  ['password_file', 'passwordFile'],
  ['Tables', 'tables'],
  ['table', 'tables'],
  ['uri', 'url'],
  ['publciation', 'publication'],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, keys)).toBe(meant)
})

it.each(['encryption', 'x', 'port', ''])('%j is near nothing', (word) => {
  expect(
    nearest(
      word,
      keys.filter((key) => key !== 'host'),
    ),
  ).toBeNull()
})
