import { expect, test } from 'vitest'
import { MONGOSH, SQLCMD } from '../../../test/support/script-form.ts'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { ScriptForms, UNMARKED } from './script-forms.ts'

const forms = new ScriptForms()
const words = { table: 'collection', row: 'document', column: 'field', firstRow: 'document with _id 1' }
forms.add('shop', { script: SQLCMD, defaults: { words: TABLE_WORDS } })
forms.add('stock', { script: SQLCMD, defaults: { words: TABLE_WORDS } })
forms.add('log', { script: MONGOSH, defaults: { words } })

test('a source has the terms of its kind; one that the configuration does not have has no marks, and tables', () => {
  expect(forms.of('log')).toBe(MONGOSH)
  expect(forms.termsOf('log')).toEqual({ script: MONGOSH, words })
  expect(forms.of('other')).toBe(UNMARKED)
  expect(forms.termsOf('other').words).toBe(TABLE_WORDS)
})

test('what ended a command has the form that all its sources share', () => {
  expect(forms.ofCommand(['setup', 'log', '--apply'])).toBe(MONGOSH)
  expect(forms.ofCommand(['doctor', 'shop', 'stock'])).toBe(SQLCMD)
  expect(forms.ofCommand(['doctor', 'shop', 'log'])).toBe(UNMARKED)
  expect(forms.ofCommand(['status'])).toBe(UNMARKED)
  expect(new ScriptForms().ofCommand(['status'])).toBe(UNMARKED)
})
