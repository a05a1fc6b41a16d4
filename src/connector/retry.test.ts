import { expect, it } from 'vitest'
import { Backoff } from './retry.ts'

it('starts with the shortest delay after a success, and goes on growing where the success did not last', () => {
  const backoff = new Backoff(() => 1)
  const delays = () => [backoff.next(), backoff.next()]
  expect(delays()).toEqual([500, 1000])
  backoff.reset()
  expect(delays()).toEqual([500, 1000])
  backoff.reset()
  backoff.reset()
  backoff.resume()
  expect(delays()).toEqual([2000, 4000])
  backoff.forget()
  backoff.resume()
  expect(delays()).toEqual([500, 1000])
})
