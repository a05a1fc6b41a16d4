import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { openSink } from '../../src/sinks/registry.ts'
import type { SinkConfig } from '../../src/sinks/sink-config.ts'
import { silentLog } from '../support/silent-log.ts'
import type { Sample } from './sample-batch.ts'
import { type SinkUnderTest, sinkSuite } from './sink-suite.ts'

sinkSuite({ name: 'sqlite', transactional: true, open: openSqlite })
sinkSuite({ name: 'stdout', transactional: false, open: openStdout })
sinkSuite({ name: 'discard', transactional: false, open: openDiscard })

async function openSqlite(folder: string): Promise<SinkUnderTest> {
  const retain = { ageMs: 86_400_000, messages: 1_000_000 }
  const open = await openConfigured(folder, { kind: 'sqlite', path: join(folder, 'offbeat.db'), retain })
  const delivered = async (): Promise<Sample[]> => {
    const samples: Sample[] = []
    for (const source of open.store.reader.sources()) {
      const tail = open.store.reader.tail({ source, topic: null }, { from: 'beginning', wait: async () => false })
      for await (const { topic, key, value } of tail)
        samples.push({ topic, key, value: value === null ? null : String(value) })
    }
    return samples
  }
  return { sink: open.sink, delivered, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
}

async function openStdout(folder: string): Promise<SinkUnderTest> {
  const open = await openConfigured(folder, {
    kind: 'stdout',
    format: 'message',
    heartbeats: true,
    offsets: join(folder, 'offbeat.db'),
  })
  const delivered = async () => readFileSync(join(folder, 'stdout'), 'utf8').split('\n').slice(0, -1).map(sampleOfLine)
  return { sink: open.sink, delivered, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
}

async function openDiscard(folder: string): Promise<SinkUnderTest> {
  const open = await openConfigured(folder, { kind: 'discard', offsets: join(folder, 'offbeat.db') })
  return { sink: open.sink, delivered: null, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
}

async function openConfigured(folder: string, config: SinkConfig) {
  const stdout = createWriteStream(join(folder, 'stdout'), { flags: 'a' })
  const open = await openSink(config, { command: 'test', clock: systemClock, log: silentLog, stdout })
  const close = async (): Promise<void> => {
    await open[Symbol.asyncDispose]()
    await new Promise((resolve) => stdout.end(resolve))
  }
  return { ...open, [Symbol.asyncDispose]: close }
}

/** Parses a printed line and keeps key and value as raw text: parsing them would change numbers. */
function sampleOfLine(line: string): Sample {
  const parts = /^\{"topic":"([^"]*)","key":(.*?),"value":(.*),"ts_ms":1767225600123\}$/su.exec(line)
  const [, topic, key, value] = parts ?? []
  if (topic === undefined || key === undefined || value === undefined) throw new Error(`not a line of ours: ${line}`)
  return { topic, key: key === 'null' ? null : key, value: value === 'null' ? null : value }
}
