/** One line of a scrape: `name{labels} value`. */
export interface MetricSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly MetricSample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const SAMPLE_FORM = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 'u')
const LABEL_FORM = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/guy
/** Units that are not the conventions' base units. */
const FOREIGN_UNITS =
  /_(?:ms|millis|milliseconds|micro(?:seconds)?|minutes|hours|days|kilobytes|kb|mb|megabytes|percent)(?:_|$)/u

/**
 * Checks a scrape in the text format 0.0.4 against its grammar and Prometheus' naming conventions, and returns the problems. `own` is the
 * prefix of names that we chose. Names from a library only have to follow the grammar.
 */
export function lintMetrics(text: string, own: string): readonly string[] {
  const found: string[] = []
  const families = readFamilies(text, found)
  const seen = new Set<string>()
  for (const family of families) {
    if (seen.has(family.name)) found.push(`${family.name} comes twice`)
    seen.add(family.name)
    found.push(...lintFamily(family))
    if (family.name.startsWith(own)) found.push(...lintName(family))
  }
  return found
}

/** Every sample of a scrape. */
export function samplesIn(text: string): readonly MetricSample[] {
  return readFamilies(text, []).flatMap(({ samples }) => samples)
}

function readFamilies(text: string, found: string[]): readonly Family[] {
  const families: (Family & { samples: MetricSample[]; type: string })[] = []
  if (!text.endsWith('\n')) found.push('the last line has no end')
  for (const line of text.split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.*)$`, 'u').exec(line)
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`, 'u').exec(line)
    const current = families.at(-1)
    if (help !== null) families.push({ name: help[1] ?? '', help: help[2] ?? '', type: '', samples: [] })
    else if (type !== null && current !== undefined && current.name === type[1]) current.type = type[2] ?? ''
    else if (line !== '') {
      const sample = readSample(line)
      if (sample === null || current === undefined) found.push(`not a line of the format: ${line}`)
      else current.samples.push(sample)
    }
  }
  return families
}

function readSample(line: string): MetricSample | null {
  const match = SAMPLE_FORM.exec(line)
  if (match === null) return null
  const [, name = '', labelText = '', number = ''] = match
  const labels: Record<string, string> = {}
  let end = 0
  for (const label of labelText.matchAll(LABEL_FORM)) {
    if (labels[label[1] ?? ''] !== undefined) return null
    labels[label[1] ?? ''] = label[2] ?? ''
    end = label.index + label[0].length
  }
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number)
  return end === labelText.length && !Number.isNaN(value) ? { name, labels, value } : null
}

function lintFamily({ name, type, help, samples }: Family): readonly string[] {
  const found: string[] = []
  if (type === '') found.push(`${name} has no type`)
  if (help.trim() === '') found.push(`${name} has no help`)
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  const series = new Set<string>()
  for (const sample of samples) {
    if (!suffixes.some((suffix) => sample.name === `${name}${suffix}`)) found.push(`${sample.name} is not of ${name}`)
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    if (series.has(key)) found.push(`${key} comes twice`)
    series.add(key)
    if (type === 'counter' && sample.value < 0) found.push(`${key} is a counter below zero`)
  }
  return found
}

function lintName({ name, type, help, samples }: Family): readonly string[] {
  const found: string[] = []
  if (name !== name.toLowerCase()) found.push(`${name} is not in lower case`)
  if ((type === 'counter') !== name.endsWith('_total')) found.push(`${name} is a ${type}: _total is for counters alone`)
  if (FOREIGN_UNITS.test(name)) found.push(`${name} is not in a base unit`)
  if (/_(?:gauge|counter|histogram|metric)(?:_|$)/u.test(name)) found.push(`${name} has its type in its name`)
  if (!/^[A-Z].*[.;\w]$/u.test(help)) found.push(`${name} has a help that is no sentence`)
  const labels = new Set(
    samples.map((sample) =>
      Object.keys(sample.labels)
        .filter((label) => label !== 'le')
        .sort((a, b) => a.localeCompare(b))
        .join(),
    ),
  )
  if (labels.size > 1) found.push(`${name} has samples of different labels: ${[...labels].join(' and ')}`)
  return found
}
