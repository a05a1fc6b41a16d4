// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so the variables of the configuration are written
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { asOffbeatError } from '../model/error.ts'
import { SOURCES } from '../sources/registry.ts'
import { loadConfig } from './load-config.ts'

const secret = 'Hunter2Hunter2'

/** Files with mistakes around a secret that comes from a variable, a URL, a password key, a default or a password's file. */
const knownSecrets = [
  `url: postgresql://u:${secret}@h:port/d`,
  `url: postgresql://u:${secret}/x@h/d`,
  `url: "postgresql://u:${secret}?x@h/d"`,
  `url: "postgresql://u@h/d?password=${secret}"`,
  `url: "postgresql://h/d?${secret}"`,
  `url: ${secret}`,
  `url: [${secret}]`,
  `host: postgresql://u:${secret}@h/d`,
  `host: u:${secret}@h`,
  `password: ${secret}`,
  `password: *${secret}`,
  `password: !${secret} x`,
  `password: @${secret}`,
  `password: &${secret}`,
  `password: "${secret}`,
  `password: ${secret}: x`,
  `password: [${secret}`,
  `password: {x: ${secret}}`,
  `pasword: ${secret}`,
  'url: ${SECRET}',
  'url: postgresql://u:${SECRET}@h/d?sslmode=no',
  'url: postgresql://u@${SECRET}:x/d',
  'url: postgresql://u@h/d?sslmode=${SECRET}',
  'url: postgresql://u@h/d?${SECRET}=x',
  'url: ${MISSING}${SECRET}',
  `slot: \${MISSING:-${secret}}`,
  'slot: ${SECRET}',
  'passwordFile: ${SECRET}',
  'publication: ${SECRET}${SECRET}${SECRET}${SECRET}${SECRET}',
  'heartbeat: { interval: "${SECRET}", source: "${SECRET}", connector: { interval: "${SECRET}" } }',
  'tls: { mode: "${SECRET}", ca: "${SECRET}" }',
  'tables: "${SECRET}"',
  'truncates: ${SECRET}',
  'port: ${SECRET}',
  'kind: ${SECRET}',
]

async function failureOf(text: string): Promise<string> {
  try {
    await loadConfig({
      workingDirectory: '/',
      env: { SECRET: secret },
      readFile: (path) =>
        path === '/offbeat.yaml'
          ? Promise.resolve(text)
          : Promise.reject(Object.assign(new Error(path), { code: 'ENOENT' })),
      rightsOf: async () => ({ mode: 0o600, owner: 1000 }),
      registry: SOURCES,
    })
  } catch (thrown) {
    const error = asOffbeatError(thrown)
    return JSON.stringify([error.code, error.message, error.found, error.expected, error.fix, error.details])
  }
  return 'loaded'
}

const wrong = 'sources:\n  shop:\n    kind: postgresql\n    slot: WRONG\n'

it.each(knownSecrets)('promise 12: no mistake shows the secret of %s', async (secret) => {
  const error = await failureOf(`sources:\n  shop:\n    kind: postgresql\n    ${secret}\n  other: {}\n`)
  expect(error).toContain('CONFIG_INVALID')
  expect(error).not.toContain(secret)
})

it('promise 12: nor do several of them together, cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(knownSecrets, { minLength: 1 }), fc.nat(1000), async (chosen, cut) => {
      const text = `${wrong}${chosen.map((secret) => `    ${secret}\n`).join('')}`
      expect(await failureOf(text)).not.toContain(secret)
      expect(await failureOf(text.slice(0, Math.max(wrong.length, text.length - cut)))).not.toContain(
        secret.slice(0, 8),
      )
    }),
    { numRuns: 200 },
  )
})
