import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { cleanEnvironment } from '../../helpers/processes/actor.js'
import { provideDist, root } from '../../helpers/processes/dist.js'
import { hasNode24, node24, node24Folder } from '../../helpers/processes/node24.js'

const program = join(root, 'test', 'compat', 'programs', 'prometheus-io-defaults.cjs')
const client = join(node24Folder, 'node_modules', '@prometheus-io', 'client')

/** What promhive measures besides. */
const more = 'app_process_virtual_memory_max_bytes'

interface Seen {
  readonly utilization: readonly number[]
  readonly families: readonly (readonly unknown[])[]
}

async function seenWith(module: string): Promise<Seen> {
  const options = { env: cleanEnvironment() }
  const { stdout } = await promisify(execFile)(node24, ['--expose-gc', program, module], options)
  return JSON.parse(stdout) as Seen
}

describe.skipIf(!hasNode24 || !existsSync(client))('the default metrics of the prometheus-io entry', () => {
  test('are those of the client, in its order, with its samples, options and errors', async () => {
    provideDist()
    const { utilization: theirSamples, ...theirs } = await seenWith(client)
    const { utilization: ourSamples, ...ours } = await seenWith('promhive/prometheus-io')
    const shared = ours.families.filter(([name]) => name !== more)
    expect({ ...ours, families: shared }).toEqual(theirs)
    expect([theirs.families.length, ours.families.length]).toEqual([33, 34])
    // A summary and a histogram of the same samples, one every 20 ms.
    for (const samples of [theirSamples, ourSamples]) {
      expect(samples).toHaveLength(2)
      expect(samples[0]).toBe(samples[1])
      expect(samples[0]).toBeGreaterThan(4)
    }
  })
})
