import { dirname, resolve } from 'node:path'
import { reportOn } from '../../app/source-report.ts'
import type { Config, ConfiguredSource } from '../../config/config.ts'
import { type BundleSource, bundleText } from '../../doctor/bundle.ts'
import type { Examination } from '../../doctor/examination.ts'
import { type RunFix, reportDocument } from '../../doctor/report.ts'
import { writePrivateFile } from '../../files/private-file.ts'
import { inShell } from '../../model/fix.ts'
import type { StoreReader } from '../../sqlite/store-reader.ts'
import type { CommandContext } from '../program/command.ts'
import { usageError } from '../program/usage-error.ts'
import { scrub } from '../terminal/scrub.ts'

const BUNDLED_MS = 3_600_000
const LEDGER_ROWS = 100

export interface BundleRequest {
  readonly file: string
  readonly config: Config
  readonly sources: readonly ConfiguredSource[]
  readonly examinations: readonly Examination[]
  readonly fixed: readonly RunFix[] | null
  readonly store: StoreReader | null
}

/** Never overwrites a file. Only its owner can read it, so that it can be reviewed before it is passed on. */
export async function writeBundle(request: BundleRequest, context: CommandContext): Promise<void> {
  const path = resolve(context.workingDirectory, request.file)
  const { config, examinations, fixed } = request
  const text = bundleText(
    {
      nowMs: context.clock.nowMs(),
      versions: {
        offbeat: context.version,
        node: process.versions.node,
        platform: `${process.platform} ${process.arch}`,
      },
      config: { ...config, sources: config.sources.map(({ definition: _, ...source }) => source) },
      report: reportDocument(examinations, fixed, scrub),
      sources: await Promise.all(request.sources.map((source) => bundleSource(source, request, context))),
    },
    scrub,
  )
  try {
    writePrivateFile(path, text, 'new')
  } catch (thrown) {
    throw usageError(`The file ${path} cannot be written.`, {
      found: thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'an error',
      expected: 'a new file in a folder that can be written',
      fix: [inShell(`ls -ld ${dirname(path)}`)],
    })
  }
  context.stderr.write(`Written to ${path}, without secrets and row values; check it before you share it.\n`)
}

async function bundleSource(
  source: ConfiguredSource,
  { config, store }: BundleRequest,
  context: CommandContext,
): Promise<BundleSource> {
  const { status } = await reportOn(source, config, store, context)
  const sinceMs = context.clock.nowMs() - BUNDLED_MS
  return {
    status,
    ledger: (await store?.history.ledger(source.name, LEDGER_ROWS)) ?? [],
    pulses: (await store?.history.pulses(source.name, sinceMs)) ?? [],
  }
}
