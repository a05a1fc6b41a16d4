/** A process that delivers batches to its standard output until that fails. Meanwhile a timer prints ticks to standard error. */
import { asOffbeatError } from '../../src/model/error.ts'
import { StdoutOutlet } from '../../src/sinks/stdout/stdout-outlet.ts'
import { batchOf, numbered } from '../conformance/sample-batch.ts'

const outlet = new StdoutOutlet(process.stdout)
const ticking = setInterval(() => process.stderr.write('tick\n'), 20)
try {
  for (let i = 0; ; i++) {
    await outlet.deliver(batchOf(numbered('shop.public.orders', i * 1000, 1000), null), new AbortController().signal)
    process.stderr.write(`delivered ${i + 1}\n`)
  }
} catch (error) {
  process.stderr.write(`failed ${asOffbeatError(error).code}\n`)
} finally {
  clearInterval(ticking)
}
