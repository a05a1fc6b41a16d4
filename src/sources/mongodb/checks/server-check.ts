import { inDatabase } from '../../../model/fix.ts'
import { type Check, type CheckResult, finding, instead, manual, spanInWords, well } from '../../check.ts'
import { listed } from '../../listed.ts'
import { shellCommandText } from '../connect/command-text.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import type { Evidence } from './evidence.ts'
import { usesImages } from './images.ts'

/** The server waits this long between two no-ops of an idle set, so a majority that is that far behind is not idle. */
const LAG_MS = 30_000

export const memberCheck: Check<Evidence> = {
  id: 'members',
  symptom: 5,
  title: 'the members of the replica set',
  codes: ['MONGODB_MEMBER_DOWN'],
  run({ members }): CheckResult | null {
    if (members.count === 0) return null
    const expected = 'members that are primary or secondary, and a majority that keeps up with the primary'
    const { down, majorityLagMs } = members
    const lag = majorityLagMs ?? 0
    if (down.length === 0 && lag < LAG_MS) return well(`all ${members.count}`, expected)
    const found = [
      ...down.map(({ name, state }) => `${name} is ${state}`),
      ...(lag < LAG_MS ? [] : [`the majority is ${spanInWords(lag)} behind the primary`]),
    ]
    const status = shellCommandText({ database: 'admin', command: { replSetGetStatus: 1 } })
    return finding('warn', 'MONGODB_MEMBER_DOWN', {
      found: found.join('; '),
      expected,
      fix: [manual(inDatabase(status, ADMINISTRATOR, { reads: true }), '')],
    })
  },
}

export const imageCheck: Check<Evidence> = {
  id: 'images',
  symptom: null,
  title: 'stored images before and after changes',
  codes: ['MONGODB_IMAGES_OFF'],
  ofTables: true,
  run({ config, images }) {
    if (!usesImages(config)) return null
    const expected = 'changeStreamPreAndPostImages in each watched collection'
    const off = images.filter(({ isOn }) => !isOn)
    if (off.length === 0) return well(`on in all ${images.length}`, expected)
    const isRequired = config.fullDocument === 'required' || config.fullDocumentBeforeChange === 'required'
    return finding(isRequired ? 'fail' : 'warn', 'MONGODB_IMAGES_OFF', {
      found: `off in ${listed(off.map(({ database, name }) => `${database}.${name}`))}`,
      expected,
      fix: [
        ...off.map(({ database, name }) => {
          const command = { collMod: name, changeStreamPreAndPostImages: { enabled: true } }
          const because = 'the images take space in the database config of the server'
          return manual(inDatabase(shellCommandText({ database, command }), ADMINISTRATOR), because)
        }),
        ...(isRequired ? [instead('or set whenAvailable in place of required in the source')] : []),
      ],
    })
  },
}
