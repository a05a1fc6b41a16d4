import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'

/** A password that needs encoding in a URL and quoting in YAML, and that occurs nowhere else. */
export const PLANTED_PASSWORD = "pl4nted/Pw:%'0 ü"
export const PLANTED_WRONG = 'wr0ngPlanted/Pw:%'
/** Part of every text in every planted row. */
export const PLANTED_ROW = 'PlantedRowValue'
export const PLANTED_NUMBER = '918273645546372819'

/** The planted texts in every form in which they could leak. */
const FORMS: readonly RegExp[] = [
  ...[PLANTED_PASSWORD, PLANTED_WRONG].flatMap((text) => [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
  ]),
  PLANTED_ROW,
  PLANTED_NUMBER,
  Buffer.from(PLANTED_ROW).toString('hex'),
  ...[0, 1, 2].map((shift) => base64Middle(PLANTED_ROW, shift)),
].map((text) => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'), 'iu'))

/** The base64 characters of the text that do not depend on the bytes before and after it. */
function base64Middle(text: string, shift: number): string {
  return Buffer.from('\0'.repeat(shift) + text)
    .toString('base64')
    .slice(4, -4)
}

/** The planted forms that occur in the text. */
export function plantedIn(text: string): readonly string[] {
  return FORMS.filter((form) => form.test(text)).map(String)
}

/** Fails with the lines that contain something planted. */
export function expectNothingPlanted(text: string, what: string): void {
  const lines = text.split('\n').filter((line) => plantedIn(line).length > 0)
  expect(lines, `${what} shows what was planted`).toEqual([])
}

/** The whole store except the messages, and its owner file, as text. */
export function storeWithoutMessages(path: string): string {
  const parts: string[] = []
  for (const file of [path, `${path}-owner`]) {
    if (!existsSync(file)) continue
    using db = new DatabaseSync(file, { readOnly: true })
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'chunk'").all()
    for (const { name } of tables)
      for (const row of db.prepare(`SELECT * FROM "${String(name)}"`).all())
        parts.push(`${String(name)} ${JSON.stringify(row)}`)
  }
  return parts.join('\n')
}
