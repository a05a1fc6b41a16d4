import type { SourceFacts } from '../../sources/source.ts'
import type { Command, CommandContext, CommandInput, ExitCode } from '../program/command.ts'
import { textTable } from '../terminal/text-layout.ts'

export const supportCommand: Command = {
  name: 'support',
  summary: 'the supported databases, and how each is kept fresh',
  arguments: [],
  options: [],
  run: showSupport,
}

async function showSupport(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { kinds, planned, load } = context.sources
  const definitions = await Promise.all(kinds.map(load))
  if (input.common.json) {
    const databases = definitions.map(({ kind, facts }) => ({ kind, ...facts }))
    context.stdout.write(`${JSON.stringify({ version: 1, databases, later: planned })}\n`)
    return 0
  }
  const rows = definitions.map(({ facts }) => rowOf(facts))
  const headings = ['database', 'heartbeat table', 'where', 'read-only form', 'scheduler for it']
  const later = planned.length === 0 ? [] : ['', `Not in this version: ${planned.join(', ')}.`]
  context.stdout.write(`${[...textTable(headings, rows), ...later].join('\n')}\n`)
  return 0
}

function rowOf({ title, heartbeatTable, where, readOnlyForm, scheduler }: SourceFacts): readonly string[] {
  return [title, heartbeatTable, where, readOnlyForm, scheduler]
}
