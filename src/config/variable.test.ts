// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so the variables of the configuration are written
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseConnectionUrl } from '../sources/connection-url.ts'
import { POSTGRESQL_DEFAULTS } from '../sources/postgresql/config.ts'
import { Mistake } from '../sources/scalar-schema.ts'
import { substitute } from './variable.ts'

const env = { NAME: 'value', EMPTY: '', ODD: 'a/b@c:d e%' }

it.each([
  ['a ${NAME} b ${NAME}', 'a value b value'],
  ['${MISSING:-fall back}', 'fall back'],
  ['${EMPTY:-fall back}', 'fall back'],
  ['${EMPTY}', ''],
  ['${NAME:-x}', 'value'],
  ['${MISSING:-}', ''],
  ['$${NAME}', '${NAME}'],
  ['$NAME $ {NAME}', '$NAME $ {NAME}'],
  ['${ODD}', 'a/b@c:d e%'],
])('%s becomes %s', (written, text) => {
  expect(substitute(written, env, false)).toEqual({ text, unset: [], malformed: 0 })
})

it('names what is not set, also where an object of JavaScript has such a name', () => {
  expect(substitute('${NOPE} ${constructor} ${NAME}', env, false).unset).toEqual(['NOPE', 'constructor'])
})

it.each(['${', '${}', '${1X}', '${A B}', '${NAME'])('%s begins no variable', (written) => {
  expect(substitute(written, env, false)).toEqual({ text: written, unset: [], malformed: 1 })
})

it('takes a value as it is: no variable inside a value is replaced', () => {
  expect(substitute('${A}', { A: '${NAME}', NAME: 'x' }, false).text).toBe('${NAME}')
})

it('encodes in a URL, and not where the variable is the URL', () => {
  expect(substitute('postgresql://u:${ODD}@h/d', env, true).text).toBe('postgresql://u:a%2Fb%40c%3Ad%20e%25@h/d')
  expect(substitute('${URL}', { URL: 'postgresql://u:p%40@h/d' }, true).text).toBe('postgresql://u:p%40@h/d')
})

const part = fc.string({ unit: 'binary', minLength: 1 })

it('any value of variables comes back from the parts of a URL', () => {
  fc.assert(
    fc.property(part, part, part, (user, password, database) => {
      const url = substitute(
        'postgresql://${U}:${P}@${H}/${D}',
        { U: user, P: password, H: 'a:1,[::1]:2', D: database },
        true,
      )
      const parsed = parseConnectionUrl(url.text, POSTGRESQL_DEFAULTS)
      if (parsed instanceof Mistake) throw new Error(parsed.message)
      expect(parsed).toMatchObject({ user, password, database })
      expect(parsed.hosts).toEqual([
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
      ])
    }),
  )
})
