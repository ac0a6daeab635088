import { closeSync, cpSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Formatter } from '../../../src/exposition/formatter.js'
import { Merger } from '../../../src/gather/merge.js'
import { type Binding, loadBinding } from '../../../src/platform/addon.js'
import { Slices } from '../../../src/platform/slices.js'
import { controlName, memberByte, runByte } from '../../../src/store/shared/format.js'
import { SharedSource } from '../../../src/store/shared/shared-source.js'
import { openMetricsFormatter, textFormatter } from '../../helpers/formatters.js'
import { readDirectory } from '../../helpers/processes/reading.js'
import { sharedBackends, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

/*
 * What earlier versions wrote: two processes with the addon and one without, of each version of the format. Whatever
 * changes in the code, it must read them, and count on from them.
 */

const versions = readdirSync(import.meta.dirname).filter((name) => /^v\d+$/.test(name))
const { binding } = loadBinding()

describe.for(versions)('the files of format %s', (version) => {
  const files = join(import.meta.dirname, version)

  test.for([
    ['with the addon', binding],
    ['without it', undefined],
  ] as const)('are read as they were, %s', async ([, addon]) => {
    for (const [formatter, expected] of [
      [textFormatter(), 'prom'],
      [openMetricsFormatter(), 'om'],
    ] as const) {
      const { text, errors } = await scrapeOf(files, addon, formatter)
      expect(errors).toEqual([])
      await expect(text).toMatchFileSnapshot(`${version}.${expected}`)
    }
  })

  test.skipIf(binding === undefined).for(sharedBackends)(
    'are counted on from by a process of today ($backend)',
    { timeout: 60_000 },
    async ({ backend, env }, { stage }) => {
      const directory = stage.directory()
      cpSync(files, directory, { recursive: true })
      const fd = openSync(join(directory, controlName), 'r+')
      for (const byte of [runByte, memberByte]) binding!.lock(fd, byte, 1)
      const before = (await readDirectory(directory)).scrape
      const heir = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
      await heir.ask('count', 'jobs_total', { queue: 'q', text: 'plain' }, 7)
      const { scrape, writers } = await until(
        () => readDirectory(directory),
        (reading) => reading.scrape.value('jobs_total{queue="q",text="plain"}') === 67,
      )
      expect(before.value('jobs_total{queue="q",text="plain"}')).toBe(60)
      expect(writers.map(({ seat, live, epoch }) => [seat, live, epoch])).toEqual(
        backend === 'mmap'
          ? [
              [1, true, 2],
              [2, false, 1],
              [3, false, 1],
            ]
          : [
              [1, false, 1],
              [2, false, 1],
              [3, true, 2],
            ],
      )
      for (const [sample, value] of before.samples) {
        if (sample !== 'jobs_total{queue="q",text="plain"}') expect(scrape.value(sample), sample).toBe(value)
      }
      closeSync(fd)
    },
  )

  test('hold a control file, and values and names of each seat', () => {
    const names = readdirSync(files)
    for (const seat of ['0001', '0002', '0003']) {
      for (const kind of ['values', 'series', 'exemplars']) expect(names).toContain(`${seat}.${kind}`)
    }
    expect(readFileSync(join(files, controlName)).length).toBeGreaterThanOrEqual(4096)
  })
})

async function scrapeOf(directory: string, addon: Binding | undefined, formatter: Formatter) {
  const pause = new Slices()
  const { writers, errors } = await new SharedSource(directory, addon).read(pause)
  const { tables } = await new Merger().merge(writers, pause)
  const own = tables.filter(({ family }) => !family.name.startsWith('promhive_'))
  return { text: Buffer.concat(await formatter.format(own, pause)).toString(), errors }
}
