import { readDelivered } from './audited.ts'
import type { FakeMongodb } from './mongodb-fake/fake-mongodb.ts'
import { waitFor } from './wait-for.ts'

/** Documents that are inserted into `shop.item` of the fake one after the other, and what the source `shop` delivered of them. */
export class InsertedItems {
  readonly ids: string[] = []
  readonly #fake: FakeMongodb
  readonly #storePath: string

  constructor(fake: FakeMongodb, storePath: string) {
    this.#fake = fake
    this.#storePath = storePath
  }

  /** In the order of delivery, each as often as it was delivered. */
  get delivered(): readonly string[] {
    return readDelivered(this.#storePath, 'shop.shop.item', 'ts').map(({ id }) => id)
  }

  /** Inserts a document, and waits until it is delivered. */
  async insert(): Promise<void> {
    const count = this.ids.push(String(this.ids.length + 1))
    this.#fake.insert('shop.item', { _id: count })
    await waitFor({ until: `document ${count} is delivered` }, () => this.delivered.length >= count)
  }
}
