import { expect, test } from 'vitest'
import { HostImage } from '../../../src/store/redis/host-image.js'
import { counterFamily, TestWriter } from '../../helpers/writers.js'

const jobs = counterFamily('jobs_total', { labelNames: ['who'] })

/** What the next flush tells of series, line by line. */
function told(image: HostImage): string[] {
  const change = image.ledger.change()
  image.ledger.taken(change)
  const text = Buffer.concat(change.names.map(({ bytes }) => bytes)).toString()
  // Without the moment at which a series began.
  return text.split('\n').flatMap((line) => (/^[or] /.test(line) ? line.replace(/^(o \d+ \d+ \d+) \S+/, '$1') : []))
}

test('a series that all processes of a host lost is told as gone, however soon one of them counts in it again', () => {
  const writers = [new TestWriter(1), new TestWriter(2), new TestWriter(3)]
  const image = new HostImage()
  for (const [i, writer] of writers.entries()) writer.open(jobs, ['all'], [10 ** i])
  image.update(writers)
  expect(told(image)).toEqual(['o 0 0 0 ["all"]'])
  for (const writer of writers) writer.remove(jobs, ['all'], 0)
  // In the middle of the others, and before anybody has looked.
  writers[1]!.open(jobs, ['all'], [3])
  writers[1]!.values[0] = 0
  image.update(writers)
  expect(told(image)).toEqual(['r 0 0 0 ["all"]', expect.stringMatching(/^o 0 0 \d+ \["all"\]$/)])
  const { segment, at } = image.ledger.get(jobs, '["all"]')!.run
  expect(segment.values[at]).toBe(3)
})

test('a series that one process of a host has removed for itself stays that of the others', () => {
  const writers = [new TestWriter(1), new TestWriter(2)]
  const image = new HostImage()
  for (const writer of writers) writer.open(jobs, ['all'], [5])
  image.update(writers)
  told(image)
  writers[0]!.remove(jobs, ['all'], 0)
  writers[0]!.reopen(jobs, ['all'], 0)
  writers[0]!.values[0] = 1
  image.update(writers)
  expect(told(image)).toEqual([])
  const { segment, at } = image.ledger.get(jobs, '["all"]')!.run
  expect(segment.values[at]).toBe(6)
})
