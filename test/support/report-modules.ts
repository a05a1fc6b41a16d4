import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * To be given to `node --import`: what the process loaded stands in the file that OFFBEAT_TEST_MODULES names when it ends, one a line:
 * the addresses of modules, and `node:` with its name for each of Node's own.
 */
const loaded: string[] = []

registerHooks({
  load: (url, context, next) => {
    loaded.push(url)
    return next(url, context)
  },
})

process.on('exit', () => {
  const file = process.env['OFFBEAT_TEST_MODULES']
  if (file === undefined) return
  const builtin = builtins().map((name) => `node:${name}`)
  writeFileSync(file, [...loaded, ...builtin].join('\n'))
})

/** An undocumented list of Node's, which its own tests use in the same way. */
function builtins(): readonly string[] {
  const list: unknown = Reflect.get(process, 'moduleLoadList')
  return Array.isArray(list)
    ? list.map((entry) => String(entry).replace(/^(NativeModule|Internal Binding|Binding) /u, ''))
    : []
}
