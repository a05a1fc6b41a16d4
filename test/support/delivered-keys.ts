import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { schemaVersion } from '../../src/sqlite/schema.ts'
import type { TemporaryFolder } from './temporary-folder.ts'

/** The keys of the messages of `orders` in the shop's store, in order. Empty until the connector has created the store. */
export function deliveredKeys(shop: { readonly folder: TemporaryFolder }): readonly string[] {
  const path = shop.folder.file('offbeat.db')
  if (!existsSync(path)) return []
  using db = new DatabaseSync(path, { readOnly: true, timeout: 60_000 })
  if (schemaVersion(db, path) === 0) return []
  const rows = db.prepare("SELECT key FROM message WHERE topic LIKE 'shop.%.orders' ORDER BY seq").all()
  return rows.map(({ key }) => String(key))
}
