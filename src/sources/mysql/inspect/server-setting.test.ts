import { expect, test } from 'vitest'
import { parseVersion } from '../connect/server-version.ts'
import { setForServer } from './server-setting.ts'

test.each([
  ['9.7.4', ['SET PERSIST event_scheduler = ON']],
  ['8.0.11', ['SET PERSIST event_scheduler = ON']],
  [
    '5.7.44-log',
    ['SET GLOBAL event_scheduler = ON', expect.stringContaining('event_scheduler = ON in the option file')],
  ],
  ['10.11.6-MariaDB', ['SET GLOBAL event_scheduler = ON', expect.stringContaining('in the option file')]],
])('%s: a setting lasts by the means that the server has', (version, texts) => {
  expect(setForServer(parseVersion(version), 'event_scheduler', 'ON').map(({ text }) => text)).toEqual(texts)
})
