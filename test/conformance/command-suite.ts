import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { commandLine } from './command-line.ts'
import type { Stage, StageDatabase } from './stage.ts'

interface Status {
  readonly kind: string
  readonly verdict: string
  readonly offset: { readonly position: string } | null
  readonly heartbeat: { readonly source: { readonly seenAt: string | null } }
}

const WELL: readonly string[] = ['flowing', 'idle', 'at risk']

/** Tests the commands with one source in one store, from the first run to the last. */
export function commandSuite<Database extends StageDatabase>(stage: Stage<Database>): void {
  describe(`the command line with ${stage.name}`, () => {
    test('run delivers, status and offsets report, beat comes back, and a second run goes on from the offset', async () => {
      await using database = await stage.open()
      using offbeat = commandLine(database)
      const status = async (): Promise<Status | null> => {
        const { stdout } = await offbeat.run('status', 'shop', '--json')
        return stdout === '' ? null : JSON.parse(stdout).sources[0]
      }
      const first = await offbeat.run('run', '--until', 'head', '--quiet')
      expect(first.code, first.stderr).toBe(0)
      await database.commit([{ insert: 7 }])
      const running = offbeat.start('run')
      try {
        await waitFor({ until: 'the row is delivered, a heartbeat of layer 2 is back, and all is well' }, async () => {
          const now = await status()
          const isSeen = stage.beat === undefined || now?.heartbeat.source.seenAt != null
          return isSeen && now !== null && WELL.includes(now.verdict) && (await delivered()).length > 0
        })
        expect((await status())?.kind).toBe(stage.kind)
        if (stage.beat !== undefined) {
          const beat = await offbeat.run('beat', 'shop', '--wait', '--json')
          expect(beat.code, beat.stderr).toBe(0)
        }
      } finally {
        offbeat.stop()
      }
      expect((await running).code).toBe(0)
      const stored = (await status())?.offset?.position
      const offsets = await offbeat.run('offsets', 'show', 'shop', '--json')
      expect(offsets, offsets.stderr).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(JSON.stringify(stored)),
      })
      await database.commit([{ insert: 8 }, { delete: 7 }])
      const second = await offbeat.run('run', '--until', 'head', '--quiet')
      expect(second.code, second.stderr).toBe(0)
      expect(await delivered()).toEqual(['c 7', 'c 8', 'd 7'])

      async function delivered(): Promise<readonly string[]> {
        const words = ['--since', '1h', '--no-heartbeats', '--idle-exit', '0ms', '--json']
        const { stdout } = await offbeat.run('tail', 'shop', ...words)
        const lines = stdout.split('\n').filter((line) => line !== '')
        return lines.map((line) => {
          const { key, value } = JSON.parse(line)
          return `${value.op} ${key.id}`
        })
      }
    })
  })
}
