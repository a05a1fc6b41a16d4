import { expect, test } from 'vitest'
import { MONGOSH, SQLCMD } from '../../../test/support/script-form.ts'
import { TABLE_WORDS } from '../../model/data-words.ts'
import { ScriptForms, UNMARKED } from './script-forms.ts'

const forms = new ScriptForms()
forms.add('shop', SQLCMD, TABLE_WORDS)
forms.add('stock', SQLCMD, TABLE_WORDS)
forms.add('log', MONGOSH, TABLE_WORDS)

test('a source has the form of its kind; one that the configuration does not have has no marks', () => {
  expect(forms.of('log')).toBe(MONGOSH)
  expect(forms.of('other')).toBe(UNMARKED)
})

test('what ended a command has the form that all its sources share', () => {
  expect(forms.ofCommand(['setup', 'log', '--apply'])).toBe(MONGOSH)
  expect(forms.ofCommand(['doctor', 'shop', 'stock'])).toBe(SQLCMD)
  expect(forms.ofCommand(['doctor', 'shop', 'log'])).toBe(UNMARKED)
  expect(forms.ofCommand(['status'])).toBe(UNMARKED)
  expect(new ScriptForms().ofCommand(['status'])).toBe(UNMARKED)
})
