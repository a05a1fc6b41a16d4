import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow } from '../../support/audited.ts'
import { startOffbeat } from '../../support/child.ts'
import { proven } from '../../support/fault.ts'
import { runOffbeat } from '../../support/offbeat.ts'
import type { FaultStage } from './stage.ts'

/** Two processes with one configuration, and so with one store. */
export function storeOwnerFaults(stage: FaultStage): void {
  describe.skipIf(stage.missing !== null)(`two processes, ${stage.name}`, () => {
    test('on one store, the second is refused with the name of the owner; after kill -9 of the first it has the store at once', async (context) => {
      await using audited = await stage.open()
      const cwd = audited.folder.path
      await using first = startOffbeat(['run'], { cwd })
      await readsFromNow(audited)
      const refused = await runOffbeat(['run', '--quiet'], { cwd })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('STORE_OWNED')
      expect(refused.stderr).toContain(`process ${first.pid} on `)
      expect(refused.stderr).toContain('which runs the source shop')
      expect(refused.stderr).toContain('offbeat status  # shows what that process does')
      expect(refused.stderr.indexOf('offbeat status')).toBeLessThan(refused.stderr.indexOf('kill '))
      await audited.insert('once')
      first.kill('SIGKILL')
      await first.ended
      expect(await runOffbeat(['run', '--until', 'head'], { cwd })).toMatchObject({ code: 0 })
      await expectAllDelivered(audited)
      proven(context, {
        fault: 'two processes on one store',
        verdict: null,
        result: 'the second one names the owner; after kill -9 of the first it gets the store immediately',
      })
    })
  })
}
