import { expect, test } from 'vitest'
import { cascadesIn } from './cascade.ts'

test('foreign keys that change rows are found in a definition, with names of any form', () => {
  const definition = [
    'CREATE TABLE `child` (',
    "  `note` text DEFAULT 'ON DELETE CASCADE',",
    '  KEY `a` (`a`),',
    '  CONSTRAINT `child_ibfk_1` FOREIGN KEY (`a`) REFERENCES `parent` (`a`),',
    '  CONSTRAINT `x``) y` FOREIGN KEY (`a`, `b) c`) REFERENCES `other db`.`parent` (`a`, `b`) ON DELETE CASCADE ON UPDATE NO ACTION,',
    '  CONSTRAINT `z` FOREIGN KEY (`a`) REFERENCES `parent` (`a`) ON DELETE RESTRICT,',
    '  CONSTRAINT `n` FOREIGN KEY (`a`) REFERENCES `parent` (`a`) ON UPDATE SET NULL',
    ') ENGINE=InnoDB',
  ].join('\n')
  expect(cascadesIn(definition)).toEqual([
    {
      constraint: '`x``) y`',
      definition: 'FOREIGN KEY (`a`, `b) c`) REFERENCES `other db`.`parent` (`a`, `b`)',
      rules: 'ON DELETE CASCADE ON UPDATE NO ACTION',
    },
    { constraint: '`n`', definition: 'FOREIGN KEY (`a`) REFERENCES `parent` (`a`)', rules: 'ON UPDATE SET NULL' },
  ])
})
