import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * For `node --import`. When the process ends, it writes the modules that it loaded to the file named by OFFBEAT_TEST_MODULES, one per line:
 * the URL of each module, and `node:` with the name for each of Node's built-in modules.
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

/** An undocumented list in Node.js. Node's own tests use it in the same way. */
function builtins(): readonly string[] {
  const list: unknown = Reflect.get(process, 'moduleLoadList')
  return Array.isArray(list)
    ? list.map((entry) => String(entry).replace(/^(NativeModule|Internal Binding|Binding) /u, ''))
    : []
}
