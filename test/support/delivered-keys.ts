import { DatabaseSync } from 'node:sqlite'
import type { Shop } from './shop.ts'

/** The keys of the messages of `orders` in the shop's store, in order. */
export function deliveredKeys(shop: Shop): readonly string[] {
  using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 60_000 })
  const rows = db.prepare("SELECT key FROM message WHERE topic = 'shop.public.orders' ORDER BY seq").all()
  return rows.map(({ key }) => String(key))
}
