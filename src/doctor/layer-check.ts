import { formatDurationMs } from '../model/duration.ts'
import { ERROR_TABLE, isErrorCode } from '../model/error-code.ts'
import type { Fix } from '../model/fix.ts'
import type { RetryStatus } from '../model/source-status.ts'
import {
  advice,
  type Check,
  type CheckFinding,
  type CheckFix,
  type CheckResult,
  command,
  manual,
  type Signs,
  spanInWords,
  unseen,
  well,
} from '../sources/check.ts'
import type { SourceConfig } from '../sources/source-config.ts'

/** The input of the checks that all databases share: the configuration and the store. */
export interface LayerEvidence {
  readonly source: string
  readonly config: SourceConfig
  readonly signs: Signs
  readonly nowMs: number
  /** What the database's own checks found. */
  readonly own: readonly Pick<CheckFinding, 'status' | 'symptom' | 'code' | 'ofTables'>[]
}

const NOT_RUNNING = 'a running connector: offbeat run'
const CHECK_LOG = advice('check the log of the connector')

function ago(atMs: number, nowMs: number): string {
  return `${spanInWords(nowMs - atMs)} ago`
}

function warning(code: CheckResult['code'], found: string, expected: string, words: string): CheckResult {
  return { status: 'warn', code, found, expected, fix: [advice(words)] }
}

interface LastSign {
  readonly atMs: number | null
  readonly intervalMs: number
  readonly words: string
  readonly expected: string
}

/**
 * Checks something that a running connector should move. It is ok only if it was seen to move within three intervals. A connector that
 * started more recently than that is given more time.
 */
function moves(
  { signs, nowMs }: LayerEvidence,
  { atMs, intervalMs, words, expected }: LastSign,
  late: () => Pick<CheckResult, 'code' | 'fix'> & { readonly also?: string },
): CheckResult {
  const isRecent = (sinceMs: number | undefined | null) => sinceMs != null && nowMs - sinceMs <= 3 * intervalMs
  if (isRecent(atMs)) return well(words, expected)
  if (isRecent(signs.running?.sinceMs))
    return unseen(`${words}; the connector has just started`, `${formatDurationMs(3 * intervalMs)} of running`)
  const { also = '', ...result } = late()
  return { status: 'fail', found: `${words}${also}`, expected, ...result }
}

const layer1Check: Check<LayerEvidence> = {
  id: 'offbeat.layer-1',
  symptom: 5,
  title: 'layer 1, connector heartbeats',
  codes: ['LAYER_1_OFF', 'LAYER_1_SILENT'],
  run(evidence) {
    const { config, signs, nowMs, source } = evidence
    const layer = config.heartbeat.connector
    if (layer === null)
      return warning('LAYER_1_OFF', 'it is off', 'on', 'in the configuration: remove heartbeat.connector: off')
    const expected = `a heartbeat message every ${formatDurationMs(layer.intervalMs)}`
    const last = signs.status?.status.heartbeat.connector.at ?? null
    const atMs = last === null ? null : Date.parse(last)
    const none = signs.status === null ? 'no heartbeat message yet' : 'no heartbeat message since the last start'
    const words = atMs === null ? none : `the last heartbeat message was ${ago(atMs, nowMs)}`
    if (signs.running === null) return unseen(`${words}; no connector runs`, needsOf(evidence))
    return moves(evidence, { atMs, intervalMs: layer.intervalMs, words, expected }, () => ({
      code: 'LAYER_1_SILENT',
      fix: [command(`offbeat history ${source}`, 'it only reads'), CHECK_LOG],
    }))
  },
}

const layer2Check: Check<LayerEvidence> = {
  id: 'offbeat.layer-2',
  symptom: 5,
  title: 'layer 2, source heartbeats',
  codes: ['LAYER_2_OFF', 'LAYER_2_SILENT'],
  run(evidence) {
    const { config, signs, nowMs, source } = evidence
    const { mode, intervalMs } = config.heartbeat.source
    if (mode === 'off')
      return warning(
        'LAYER_2_OFF',
        'it is off',
        'a mode of heartbeat.source, which is recommended for every source',
        `see \`offbeat setup ${source}\`, and remove heartbeat.source: off from the configuration`,
      )
    const expected = `a pulse that comes back every ${formatDurationMs(intervalMs)}`
    const seen = signs.pulses.find(({ seenAtMs }) => seenAtMs !== null)?.seenAtMs ?? null
    const words =
      seen === null ? 'no pulse has come back within the last hour' : `the last pulse came back ${ago(seen, nowMs)}`
    if (signs.running === null) return unseen(`${words}; no connector runs`, needsOf(evidence))
    return moves(evidence, { atMs: seen, intervalMs, words, expected }, () => {
      const broken = signs.status?.status.heartbeat.source.broken ?? null
      if (broken === null)
        return { code: 'LAYER_2_SILENT', fix: [command(`offbeat beat ${source} --wait`, 'it writes')] }
      const also = `; the hop "${broken.hop}" is broken: ${broken.found}`
      const causes = causesOf(evidence, broken.code)
      const fix = causes.length > 0 ? [advice(`fix ${causes.join(', ')}, reported above`)] : reportedFix(broken.fix)
      return { code: 'LAYER_2_SILENT', also, fix }
    })
  },
}

/** The causes that the database's own checks found on a heartbeat's path. Their fixes are not printed a second time. */
function causesOf({ own }: LayerEvidence, broken: string): readonly string[] {
  const onTheWay = own.filter(
    ({ status, symptom, ofTables }) => status === 'fail' && symptom !== null && symptom <= 4 && ofTables !== true,
  )
  const codes = onTheWay.flatMap(({ code }) => code ?? [])
  return own.some(({ code }) => code === broken) ? [broken] : [...new Set(codes)]
}

function reportedFix(fix: readonly Fix[]): readonly CheckFix[] {
  return fix.map((each) => manual(each, 'the connector reported it; run it yourself'))
}

function isLost({ own }: LayerEvidence): boolean {
  return own.some(({ code }) => code !== null && ERROR_TABLE[code].kind === 'lost position')
}

/** A lost position needs a decision before a connector can run. */
function needsOf(evidence: LayerEvidence): string {
  return isLost(evidence) ? 'one of the choices above, and then a running connector' : NOT_RUNNING
}

/** In an idle database there is nothing to move to. True only if a running connector reported it recently. */
function isAtEnd({ signs, nowMs }: LayerEvidence, intervalMs: number): boolean {
  const { running, status } = signs
  return running !== null && status?.status.offset?.behind === 'no' && nowMs - status.atMs <= 3 * intervalMs
}

const offsetAgeCheck: Check<LayerEvidence> = {
  id: 'offbeat.offset',
  symptom: 5,
  title: 'the stored offset',
  codes: ['OFFSET_STALE'],
  run(evidence) {
    const { config, signs, nowMs, source } = evidence
    const { connector, source: layer2 } = config.heartbeat
    const intervalMs = layer2.mode === 'off' ? (connector?.intervalMs ?? layer2.intervalMs) : layer2.intervalMs
    const expected = `an offset that moves every ${formatDurationMs(intervalMs)} while the log moves`
    const { offset } = signs
    // A lost position has its own choices, and starting the connector is not one of them.
    if (isLost(evidence)) return null
    if (offset === null) return unseen('no offset is stored yet', NOT_RUNNING)
    const found = `${offset.position}, stored ${ago(offset.moved.atMs, nowMs)} by ${offset.moved.by}`
    if (isAtEnd(evidence, intervalMs)) return well(`${found}, at the end of the log`, expected)
    const last = { atMs: offset.moved.atMs, intervalMs, words: found, expected }
    const result = moves(evidence, last, () => ({
      code: 'OFFSET_STALE',
      fix: [command(`offbeat status ${source}`, 'it only reads'), CHECK_LOG],
    }))
    if (signs.running !== null || result.status === 'ok') return result
    const words = `${found}; no connector runs, and the server may remove log that the connector still needs`
    return { ...result, status: 'warn', found: words, fix: [command('offbeat run', 'start it yourself')] }
  },
}

/** A transient error is reported only after this time. */
const PASSES_WITHIN_MS = 60_000

/** The error that a running connector keeps retrying; null: none that is to be reported. */
function retryFinding({ own, nowMs }: LayerEvidence, retrying: RetryStatus | null): CheckResult | null {
  if (retrying === null) return null
  const { what, code, message, found, fix, since, attempts } = retrying
  const ageMs = Math.max(0, nowMs - Date.parse(since))
  const passes = isErrorCode(code) && ERROR_TABLE[code].kind === 'transient'
  if (passes && ageMs < PASSES_WITHIN_MS) return null
  const because = found === null ? '' : ` (${found})`
  return {
    status: passes ? 'warn' : 'fail',
    code: 'CONNECTOR_RETRYING',
    found: `it has been retrying the ${what} for ${spanInWords(ageMs)}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, because of ${code}: ${message}${because}`,
    expected: 'a connector that streams',
    fix: own.some((finding) => finding.code === code) ? [advice(`fix ${code}, reported above`)] : reportedFix(fix),
  }
}

const connectorCheck: Check<LayerEvidence> = {
  id: 'offbeat.connector',
  symptom: 5,
  title: 'the connector',
  codes: ['CONNECTOR_FAILED', 'CONNECTOR_RETRYING'],
  run(evidence) {
    const { signs, nowMs, own } = evidence
    const { status, running } = signs
    if (running !== null) return retryFinding(evidence, status?.status.connector.retrying ?? null)
    // A lost position has its own choices, and starting the connector is not one of them.
    if (isLost(evidence)) return null
    if (status === null) return unseen('stopped: it has never run', NOT_RUNNING)
    const code = status.status.connector.failed
    if (own.some((finding) => finding.code === code && code !== null)) return null
    if (code === null) return unseen(`stopped: it last reported ${ago(status.atMs, nowMs)}`, NOT_RUNNING)
    const cure = isErrorCode(code) ? ERROR_TABLE[code].cure : 'See its log.'
    return {
      status: 'fail',
      code: 'CONNECTOR_FAILED',
      found: `stopped with ${code}, ${ago(status.atMs, nowMs)}`,
      expected: 'a connector that runs',
      fix: [
        advice('start it again when the errors above are fixed'),
        command('offbeat run', 'it is yours to start'),
        advice(`if it stops again: ${cure}`),
      ],
    }
  },
}

export const LAYER_CHECKS: readonly Check<LayerEvidence>[] = [connectorCheck, layer1Check, layer2Check, offsetAgeCheck]
