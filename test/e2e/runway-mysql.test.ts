import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { type MysqlShop, openMysqlShop } from '../support/mysql-shop.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { recordingContext } from '../support/recording-context.ts'

const HOUR_S = 3600
const SETTINGS = { binlog_expire_logs_seconds: String(36 * HOUR_S) }

async function offbeat(shop: MysqlShop, ...argv: readonly string[]) {
  const context = recordingContext({ workingDirectory: shop.folder.path })
  const code = await runProgram(commandList, argv, context, '0.0.0')
  return { code, out: context.stdout.text, err: context.stderr.text }
}

for (const version of BOTH_PRODUCTS) {
  const { product } = mysqlServerKind(version)
  describe.skipIf(mysqlMissing(version) !== null)(`a source on ${version} whose connector does not run`, () => {
    test('plan says how long it can stay stopped, and prints what keeps the log for longer', async () => {
      await using server = await startMysql({ version, settings: SETTINGS })
      await using shop = await openMysqlShop(server)
      expect((await shop.setup('--apply')).code).toBe(0)
      const pause = async (time: string) => {
        const { code, out } = await offbeat(shop, 'plan', 'shop', '--pause', time, '--json')
        return { code, ...JSON.parse(out) }
      }
      expect(await pause('60h')).toMatchObject({ code: 1, answer: 'unknown' })
      expect((await offbeat(shop, 'run', '--until', 'head', '--quiet')).code).toBe(0)

      const tooLong = await pause('60h')
      expect(tooLong).toMatchObject({
        code: 1,
        answer: 'no',
        decidedBy: 'binlog_expire_logs_seconds',
        marginSeconds: -24 * HOUR_S,
      })
      expect(await pause('30h')).toMatchObject({ code: 0, answer: 'yes', marginSeconds: 6 * HOUR_S })
      const [raise] = tooLong.fix
      expect(raise.text).toBe(
        product === 'mysql'
          ? 'SET PERSIST binlog_expire_logs_seconds = 270000'
          : 'SET GLOBAL binlog_expire_logs_seconds = 270000',
      )
      await server.query('', raise.text)
      expect(await pause('60h')).toMatchObject({ code: 0, answer: 'yes', marginSeconds: 15 * HOUR_S })

      await shop.sql("INSERT INTO orders VALUES (1, 'after the offset'); FLUSH BINARY LOGS")
      const status = await offbeat(shop, 'status')
      expect(status.out.replaceAll(/\s+/gu, ' ')).toMatch(
        /stay stopped for at least 3 days before the offset is lost .* - the offset needs binlog\.\d+, which the server closed at/u,
      )

      await server.query('', 'SET GLOBAL binlog_expire_logs_seconds = 0')
      expect(await pause('60h')).toMatchObject({ answer: 'unknown', decidedBy: 'disk' })
    })
  })
}
