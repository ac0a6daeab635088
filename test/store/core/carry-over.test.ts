import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Counter, Gauge, type GaugeMode } from '../../../src/index.js'
import { freshDirectory, TestProcess } from '../../helpers/homes.js'
import { shown } from '../../helpers/samples.js'

function counting(directory: string) {
  const process = new TestProcess(directory)
  const registers = [process.registry]
  const labelNames = ['by'] as const
  const gauge = (mode: GaugeMode) => new Gauge({ name: mode, help: 'G.', labelNames, mode, registers })
  return {
    process,
    jobs: new Counter({ name: 'jobs', help: 'J.', labelNames, registers }),
    gauges: (['livesum', 'liveall', 'livemostrecent'] as const).map(gauge),
  }
}

test('the values of a dead owner are carried in modes that count dead processes, and in no others', async () => {
  const directory = freshDirectory()
  const dead = counting(directory)
  dead.jobs.inc({ by: 'dead' }, 3)
  for (const gauge of dead.gauges) gauge.set({ by: 'dead' }, 5)
  // One process stays: otherwise the next one would begin a run of its own.
  await shown(counting(directory).process.registry)
  dead.process.end()
  const next = counting(directory)
  next.jobs.inc({ by: 'next' })
  for (const gauge of next.gauges) gauge.set({ by: 'next' }, 1)
  const before = await shown(next.process.registry)
  rmSync(directory, { recursive: true })
  expect(await shown(next.process.registry)).toEqual(before)
  expect(before).toEqual({
    'jobs{by="dead"}': 3,
    'jobs{by="next"}': 1,
    'livesum{by="next"}': 1,
    'liveall{by="next",worker="1"}': 1,
    'livemostrecent{by="next"}': 1,
  })
})
