import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow } from '../../support/audited.ts'
import { startOffbeat } from '../../support/child.ts'
import { proven } from '../../support/fault.ts'
import { runOffbeat } from '../../support/offbeat.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { FaultStage } from './stage.ts'

const DISK_BYTES = 24 * 1024 ** 2
const LEFT_BYTES = 1_500_000

/** The disk of the store is full: a real one, where also its other files cannot grow. */
export function fullDiskFaults(stage: FaultStage): void {
  describe.skipIf(stage.missing !== null)(`a full disk, ${stage.name}`, () => {
    test('promise 2: it is reported, and a process that starts after kill -9 of the first ends with 4; with room again, nothing is lost', async (context) => {
      using disk = smallDisk(DISK_BYTES)
      await using audited = await stage.open()
      const store = disk.file('offbeat.db')
      audited.configure({ store })
      const shown = audited.withStore(store)
      const cwd = audited.folder.path
      await using first = startOffbeat(['run'], { cwd })
      await readsFromNow(shown)
      await audited.insert('before')
      await waitFor({ until: 'the first row is there' }, () => shown.delivered().length === 1)
      disk.leave(LEFT_BYTES)
      await audited.insertMany(1000, 2000)
      await first.output(/"code":"STORE_FULL"/u)
      first.kill('SIGKILL')
      await first.ended
      expect(shown.delivered()).toHaveLength(1)
      const second = await runOffbeat(['run'], { cwd })
      expect(second).toMatchObject({ code: 4, stderr: expect.stringContaining('STORE_FULL') })
      disk.clear()
      const { code, stderr } = await runOffbeat(['run', '--until', 'head'], { cwd })
      expect(code, stderr).toBe(0)
      await expectAllDelivered(shown)
      proven(context, {
        fault: 'the disk of the store is full, and Offbeat killed (kill -9) and started meanwhile',
        verdict: null,
        result: 'reported; a start ends with 4 until there is space; nothing lost, nothing twice',
      })
    })
  })
}
