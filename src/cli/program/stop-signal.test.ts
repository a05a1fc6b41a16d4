import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { ClosedOutput, type StopTarget, stoppedText, stopSignal } from './stop-signal.ts'

function target() {
  const exits: number[] = []
  const emitter = new EventEmitter()
  const stdout = new EventEmitter()
  const stderr = new EventEmitter()
  const process: StopTarget = Object.assign(emitter, {
    stdout,
    stderr,
    exit: (code: number) => {
      exits.push(code)
    },
  })
  return { process, emitter, stdout, exits }
}

test('promise 13: the first request stops, a second one is harmless, the third one ends at once', () => {
  const { process, emitter, exits } = target()
  const { signal } = stopSignal(process)
  expect(signal.aborted).toBe(false)
  emitter.emit('SIGTERM', 'SIGTERM')
  expect(signal.aborted).toBe(true)
  emitter.emit('SIGINT', 'SIGINT')
  expect(exits).toEqual([])
  emitter.emit('SIGINT', 'SIGINT')
  expect(exits).toEqual([130])
})

test('an output that its reader closes is a request to stop; another fault of it is not swallowed', () => {
  const { process, stdout } = target()
  const { signal } = stopSignal(process)
  expect(() => stdout.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' }))).toThrow('full')
  expect(signal.aborted).toBe(false)
  stdout.emit('error', Object.assign(new Error('gone'), { code: 'EPIPE' }))
  expect(signal.reason).toBeInstanceOf(ClosedOutput)
  expect(signal.reason).toMatchObject({ message: 'standard output was closed by its reader', name: 'AbortError' })
})

test('a stop during changes reports which were made and which were not', () => {
  const signal = AbortSignal.abort(new DOMException('stopped by SIGINT', 'AbortError'))
  expect(stoppedText(['a', 'b', 'c'], ['a'], signal)).toBe(
    'Stopped (stopped by SIGINT) while it was making changes.\nDone: a.\nNot done: b, c. Run it again: completed steps are not repeated.\n',
  )
  expect(stoppedText(['a'], ['a'], signal)).not.toContain('Not done')
})

test('after its release no listener for signals is left', () => {
  const { process, emitter } = target()
  stopSignal(process).release()
  expect(emitter.listenerCount('SIGINT') + emitter.listenerCount('SIGTERM')).toBe(0)
})
