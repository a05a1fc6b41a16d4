import { expect } from 'vitest'
import { expectLost } from './expect-lost.ts'
import { runOffbeat } from './offbeat.ts'
import { choose, doctorOn, follow, type PreparedShop, runUntilItDelivers } from './printed-step.ts'

/** A way to lose the position of the source `shop`. */
export interface LostPosition<Shop> {
  readonly code: string
  readonly how: string
  /** Done to the server, after an order was delivered from it. */
  readonly lose: (shop: Shop) => Promise<unknown>
  /** Which of the printed choices is followed. Absent: the one that always works. */
  readonly choice?: RegExp
  /** What the doctor and the error of `run` have as evidence. Absent: not looked at. */
  readonly evidence?: RegExp
}

export async function runToHead({ folder }: Pick<PreparedShop, 'folder'>): Promise<void> {
  const { code, stderr } = await runOffbeat(['run', '--until', 'head', '--quiet'], { cwd: folder.path })
  expect(code, stderr).toBe(0)
}

export async function deliverOrder(shop: PreparedShop): Promise<void> {
  await runToHead(shop)
  await shop.insertOrder()
  await runToHead(shop)
}

/** Loses the position: `doctor`, `run`, `status` and `plan` report it, and what is printed leads on. `check`: the doctor's. */
export async function expectWayOut<Shop extends PreparedShop>(
  shop: Shop,
  check: string,
  { code, lose, choice = /^Start again/u, evidence = /(?:)/u }: LostPosition<Shop>,
): Promise<void> {
  await deliverOrder(shop)
  expect(await doctorOn(shop, check)).toMatchObject({ status: 'ok' })
  await lose(shop)
  const finding = await doctorOn(shop, check)
  expect(finding).toMatchObject({ status: 'fail', code, found: expect.stringMatching(evidence) })
  await expectLost(shop, code, evidence)
  const plan = await runOffbeat(['plan', 'shop', '--pause', '60h'], { cwd: shop.folder.path })
  expect(plan.code, plan.stderr).toBe(3)
  for (const step of choose(finding.fix, choice)) await follow(shop, step)
  expect(await doctorOn(shop, check)).toMatchObject({ status: 'ok', code: null })
  await runUntilItDelivers(shop)
}
