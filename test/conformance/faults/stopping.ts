import { describe, expect, test } from 'vitest'
import { readsFromNow } from '../../support/audited.ts'
import { proven } from '../../support/fault.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { waitFor } from '../../support/wait-for.ts'
import { start } from './our-process.ts'
import type { FaultStage } from './stage.ts'

/** SIGTERM while the server does not answer. A process that hangs fails with the test's timeout. */
export function stoppingFaults(stage: FaultStage): void {
  describe.skipIf(stage.missing !== null)(`a stop while the server is away, ${stage.name}`, () => {
    test('promise 2: SIGTERM ends Offbeat though the server was just killed or frozen, or its network drops everything', async (context) => {
      await using server = await stage.openServer()
      await using proxy = await startTcpProxy(server.server)
      server.configure({ port: proxy.port })
      let delivered = 0
      const endsAfter = async (harm: () => Promise<void> | void, reported?: RegExp) => {
        await using running = start(server)
        await readsFromNow(server)
        await server.insert('before')
        delivered++
        await waitFor({ until: 'the row is there' }, () => server.delivered().length === delivered)
        await harm()
        if (reported !== undefined) await running.output(reported)
        running.kill('SIGTERM')
        const { code, stderr } = await running.ended
        expect(code, stderr).toBe(0)
      }
      await endsAfter(() => proxy.swallow(true))
      proxy.swallow(false)
      if (server.freeze !== undefined) {
        const { freeze, thaw } = server.freeze
        await endsAfter(freeze)
        await thaw()
      }
      const kill = server.harms['kill -9'] ?? expect.fail('the server cannot be killed')
      await endsAfter(kill)
      await server.start()
      await endsAfter(kill, /"attempt":2/u)
      await server.start()
      proven(context, {
        fault: 'SIGTERM while the server is killed or frozen, or its network drops everything',
        verdict: null,
        result: 'Offbeat ends with 0',
      })
    })
  })
}
