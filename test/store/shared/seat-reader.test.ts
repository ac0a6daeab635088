import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Merger } from '../../../src/gather/merge.js'
import type { Pause } from '../../../src/store/contract.js'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { seriesName, valuesName } from '../../../src/store/shared/format.js'
import { SharedBackend } from '../../../src/store/shared/shared-backend.js'
import { SharedSource } from '../../../src/store/shared/shared-source.js'
import { counterOf, histogramOf } from '../../../src/testing/counted.js'
import { signed } from '../../helpers/processes/debris.js'
import { Reader, readDirectory } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { counterFamily, histogramFamily, noPause } from '../../helpers/writers.js'

const wide = histogramFamily(
  'wide_seconds',
  Array.from({ length: 20_000 }, (_, i) => i),
  { labelNames: ['text'] },
)
const jobs = counterFamily('jobs_total', { labelNames: ['text'] })

describe('reading a seat', () => {
  test('takes nothing from others for a removal whose series could not be read', async ({ stage }) => {
    const directory = stage.directory()
    const [one, two] = [writer(stage, directory), writer(stage, directory)]
    for (const store of [one, two]) {
      counterOf({ store }, jobs, '["shared"]').inc(5)
      counterOf({ store }, jobs, '["other"]').inc(1)
    }
    one.remove(jobs, { text: 'shared' }, 'process')
    for (const store of [one, two]) store.flush()
    const path = join(directory, seriesName(1))
    const lines = readFileSync(path, 'utf8').split('\n')
    const broken = lines.findIndex((line) => / s \d+ \d+ .*"shared"/.test(line))
    lines[broken] = lines[broken]!.replace('"shared"', '"shaRed"')
    writeFileSync(path, lines.join('\n'))
    const { scrape, errors } = await readDirectory(directory)
    expect(errors.map(({ reason }) => reason)).toEqual(['broken_line'])
    expect(scrape.labelled('jobs_total')).toEqual({ 'text="other"': 2, 'text="shared"': 5 })
  })

  test.for([false, true])(
    'shows all or none of the series that are removed meanwhile, at any time; and later ones at the next scrape',
    async (mapped, { stage }) => {
      const shown = new Set<number | undefined>()
      for (let nth = 1, removed = true; removed; nth++) {
        const directory = stage.directory()
        const [one, two] = [writer(stage, directory, mapped), writer(stage, directory, mapped)]
        for (const store of [one, two]) {
          counterOf({ store }, jobs, '["x"]').inc(5)
          // Wide enough that the slots are read in several pieces, with a rest between them.
          for (let i = 0; i < 3; i++) histogramOf({ store }, wide, `["${i}"]`).observe(1)
          store.flush()
        }
        let rests = 0
        const pause: Pause = {
          due: () => ++rests === nth,
          async rest() {
            two.remove(jobs, { text: 'x' }, 'application')
            counterOf({ store: two }, jobs, '["x"]').inc(1)
            two.flush()
          },
        }
        const source = new SharedSource(directory, undefined)
        const merger = new Merger()
        const scrape = async (between: Pause): Promise<number | undefined> => {
          const { writers } = await source.read(between)
          const { tables } = await merger.merge(writers, noPause)
          const table = tables.find(({ family }) => family.name === jobs.name)
          const row = table?.order[0]
          return row === undefined ? undefined : table!.slots[table!.bases[row]!]
        }
        shown.add(await scrape(pause))
        removed = rests >= nth
        if (removed) expect([nth, await scrape(noPause)]).toEqual([nth, 1])
      }
      // As it was before, as it was between the removal and the count, and as it is: never one half of it.
      expect([...shown].filter((value) => value !== undefined && value !== 0).sort()).toEqual([1, 10])
    },
  )

  test.for([
    's 0 0 1 not json',
    's 0 0 1 "not a list"',
    's 0 0 1 [1,2]',
    's 0 0 1 {}',
    's 0 0 1 null',
    's 0 0 1 []',
    's 0 0 1 ["too","many"]',
    'd 0 0 not json',
    'f 1 {"type":"histogram","name":"h","help":"H.","labelNames":[],"registry":"default"}',
    'f 1 {"type":"histogram","name":"h","help":"H.","labelNames":[],"registry":"default","bounds":"abc"}',
    'f 1 {"type":"gauge","name":"g","help":"G.","labelNames":[],"registry":"default","mode":"none"}',
    'f 1 {"type":"later","name":"l","help":"L.","labelNames":[],"registry":"default"}',
    'f 1 {"type":"counter","name":"c","labelNames":[1,2]}',
    'f 1 {"type":"counter","name":"not a name","help":"C.","labelNames":["not a label"],"registry":"default"}',
    'f 1 null',
    'f 1 []',
  ])('continues if a line with the right checksum means nothing: %s', async (text, { stage }) => {
    const directory = stage.directory()
    const [one, two] = [writer(stage, directory), writer(stage, directory)]
    for (const store of [one, two]) counterOf({ store }, jobs, '["a"]').inc(5)
    for (const store of [one, two]) store.flush()
    const path = join(directory, seriesName(1))
    const lines = Buffer.concat([readFileSync(path), Buffer.from(`${signed(text)}\n`)])
    writeFileSync(path, lines)
    const values = readFileSync(join(directory, valuesName(1)))
    values.writeDoubleLE(lines.length, 136)
    writeFileSync(join(directory, valuesName(1)), values)
    const reader = new Reader(directory)
    for (let turn = 0; turn < 2; turn++) {
      const { scrape } = await reader.read()
      expect(scrape.value('jobs_total{text="a"}')).toBeGreaterThanOrEqual(5)
    }
  })
})

/** One more writer of a directory. */
function writer(stage: Stage, directory: string, mapped = false) {
  const backend = new SharedBackend({
    directory,
    onError: fail,
    overflow: (seat) => new MemoryStore(seat),
    ...(!mapped && { binding: null }),
  })
  stage.after(() => backend.close())
  return backend.openStore()
}

function fail(error: Error): never {
  throw error
}
