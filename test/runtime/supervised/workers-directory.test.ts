import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shareWithWorkers } from '../../../src/runtime/supervised/workers-directory.js'
import { Configuration } from '../../../src/supervisor/settings/configuration.js'
import { faultOf } from '../../helpers/fault.js'
import { freshDirectory } from '../../helpers/homes.js'

const isRoot = process.geteuid?.() === 0

test.skipIf(!isRoot)(
  'a supervisor does not start with a directory that it cannot join: its scrapes would lack every worker',
  () => {
    const dir = freshDirectory()
    writeFileSync(join(dir, 'control'), '')
    chownSync(join(dir, 'control'), 65534, 65534)
    expect(faultOf(() => shareWithWorkers(new Configuration({ code: { dir } }), undefined))).toMatch(
      /^DIRECTORY_UNUSABLE: .* has a control file that/,
    )
  },
)
