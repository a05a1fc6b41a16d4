import { DatabaseSync } from 'node:sqlite'
import type { TemporaryFolder } from './temporary-folder.ts'

/** The keys of the messages of `orders` in the shop's store, in order. */
export function deliveredKeys(shop: { readonly folder: TemporaryFolder }): readonly string[] {
  using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 60_000 })
  const rows = db.prepare("SELECT key FROM message WHERE topic LIKE 'shop.%.orders' ORDER BY seq").all()
  return rows.map(({ key }) => String(key))
}
