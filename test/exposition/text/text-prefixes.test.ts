import { expect, test } from 'vitest'
import { Merger } from '../../../src/gather/merge.js'
import { textFormatter } from '../../helpers/formatters.js'
import { counterFamily, histogramFamily, noPause, TestWriter } from '../../helpers/writers.js'

/** Values of each row: many of them wide, together more than a piece takes, and one of them alone as well. */
const values = Array.from({ length: 500 }, (_, i) => {
  return `${String(i).padStart(4, '0')} ${['plain', 'é', '日本', '🐝'][i % 4]!.repeat(100)}`
})
values.push(`9999 ${'long '.repeat(70_000)}`)

test('the text in front of the values is right in all of the many rows', async () => {
  const writer = new TestWriter(1)
  const counter = counterFamily('c', { labelNames: ['a'] })
  const histogram = histogramFamily('h', [1], { labelNames: ['é'] })
  for (const [i, value] of values.entries()) {
    writer.open(counter, [value], [i])
    writer.open(histogram, [value], [0, 0.5, 1, i])
  }
  const { tables } = await new Merger().merge([writer], noPause)
  const text = Buffer.concat(await textFormatter({ host: 'ö' }).format(tables, noPause)).toString()
  const expected = [
    '# HELP c X.\n# TYPE c counter',
    ...values.map((value, i) => `c{a="${value}",host="ö"} ${i}`),
    '# HELP h X.\n# TYPE h histogram',
    ...values.flatMap((value, i) => [
      `h_bucket{é="${value}",host="ö",le="1"} 1`,
      `h_bucket{é="${value}",host="ö",le="+Inf"} ${i + 1}`,
      `h_sum{é="${value}",host="ö"} 0.5`,
      `h_count{é="${value}",host="ö"} ${i + 1}`,
    ]),
    '',
  ].join('\n')
  expect(text === expected).toBe(true)
})
