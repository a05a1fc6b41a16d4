import type { DataWords } from '../../model/data-words.ts'
import { type Check, finding, manual, SOMEBODYS, unseen, well } from '../../sources/check.ts'
import type { HeartbeatEvidence } from '../../sources/heartbeat/facts.ts'
import { automatic, suppressionFinding, usesTable } from '../../sources/heartbeat/finding.ts'
import { rowMoves } from '../../sources/heartbeat/row-moves.ts'

export const tableCheck = (words: DataWords): Check<HeartbeatEvidence> => ({
  id: 'heartbeat-table',
  symptom: 1,
  title: `the heartbeat ${words.table}`,
  codes: ['HEARTBEAT_TABLE_MISSING', 'HEARTBEAT_TABLE_SHAPE'],
  run(evidence) {
    if (!usesTable(evidence)) return null
    const { heartbeat, fixes } = evidence
    const { name, table, expected } = heartbeat
    if (table.is === 'missing') {
      const fix = fixes.createTable().map(automatic)
      return finding('fail', 'HEARTBEAT_TABLE_MISSING', { found: table.found, expected, fix })
    }
    if (table.is === 'hidden') return unseen(table.found, `a privilege on ${name}`)
    if (table.is === 'there' && table.lacksColumns.length === 0) return well(`${name} exists`, expected)
    return finding('fail', 'HEARTBEAT_TABLE_SHAPE', {
      found: table.is === 'unfit' ? table.found : `${name} lacks the ${words.column} ${table.lacksColumns.join(', ')}`,
      expected,
      fix: [fixes.dropTable(), ...fixes.createTable()].map((fix) => manual(fix, SOMEBODYS)),
    })
  },
})

export const rowCheck = (words: DataWords): Check<HeartbeatEvidence> => ({
  id: 'heartbeat-row',
  symptom: 1,
  title: `the first ${words.row}`,
  codes: ['HEARTBEAT_ROW_MISSING', 'HEARTBEAT_SUPPRESSED'],
  run(evidence) {
    const { heartbeat, fixes, mode } = evidence
    const { name, table, row, user } = heartbeat
    if (!usesTable(evidence) || table.is !== 'there' || table.lacksColumns.length > 0) return null
    const { firstRow: first } = words
    const expected = `one ${first} in ${name}`
    if (heartbeat.isLocked)
      return unseen(
        `the ${words.row}s of ${name} cannot be read while the ${words.table} is locked`,
        'the end of the lock',
      )
    if (row === null) {
      const grant = fixes.grantRead()
      return unseen(`the ${words.row}s of ${name} cannot be read`, grant.text, [automatic(grant)])
    }
    if (row.first) return well(`the ${first} exists`, expected)
    // A row that we cannot see may still exist.
    if (heartbeat.suppressedBy?.hidesRow === true)
      return suppressionFinding(evidence, `${name} shows no ${first} to ${user}`)
    // In mode `table` the connector inserts the row with its first beat. A scheduled job that only updates would never insert one.
    const status = mode === 'job' && heartbeat.isUpserted !== true ? 'fail' : 'warn'
    const beat = fixes.firstHeartbeat?.() ?? null
    const fix = [...(beat === null ? [] : [manual(beat, 'it writes a heartbeat')]), automatic(fixes.insertRow())]
    return finding(status, 'HEARTBEAT_ROW_MISSING', { found: `${name} has no ${first}`, expected, fix })
  },
})

export const grantCheck = (words: DataWords): Check<HeartbeatEvidence> => ({
  id: 'heartbeat-grants',
  symptom: 2,
  title: `grants on the heartbeat ${words.table}`,
  codes: ['HEARTBEAT_DENIED'],
  run(evidence) {
    const { heartbeat, fixes } = evidence
    const { grants } = heartbeat
    if (!usesTable(evidence) || grants === null) return null
    if ('unseen' in grants) return unseen(grants.unseen, grants.needs)
    const { expected, lacks, user = heartbeat.user } = grants
    if (lacks.length === 0) return well(`${user} has them`, expected)
    const fix = fixes.grant().map(automatic)
    const found = `${user} lacks ${lacks.join(' and ')}`
    // A job outside the database can have a user of its own, which is seen only by what it does.
    if (evidence.by === 'external' && rowMoves(evidence).is === 'moving')
      return finding('warn', 'HEARTBEAT_DENIED', {
        found: `${found}, so \`offbeat beat\` fails; the ${words.row} changed lately, perhaps by another user`,
        expected,
        fix,
      })
    return finding('fail', 'HEARTBEAT_DENIED', { found, expected, fix })
  },
})
