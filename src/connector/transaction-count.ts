import type { ChangeEvent } from '../model/log-event.ts'
import type { TransactionFacts } from './transaction-facts.ts'

interface Count {
  /** The transaction's id and the position of its first change. */
  readonly id: string
  total: number
  readonly byTopic: Map<string, number>
}

const counts = new WeakMap<TransactionFacts, Count>()

/** Returns the message's order within its transaction and within its topic, from 1. Call it exactly once for each message. */
export function countIn(facts: TransactionFacts, topic: string, change: ChangeEvent) {
  const known = counts.get(facts)
  const count = known ?? { id: `${facts.begin.transaction}:${change.position[0] ?? ''}`, total: 0, byTopic: new Map() }
  if (known === undefined) counts.set(facts, count)
  count.total++
  const collectionOrder = (count.byTopic.get(topic) ?? 0) + 1
  count.byTopic.set(topic, collectionOrder)
  return { id: count.id, totalOrder: count.total, collectionOrder }
}
