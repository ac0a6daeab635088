import { expect, test } from 'vitest'
import { Formatters } from '../../src/exposition/formatters.js'
import { openMetrics } from '../../src/exposition/openmetrics/openmetrics.js'
import { text } from '../../src/exposition/text/text.js'
import { Merger } from '../../src/gather/merge.js'
import { counterFamily, noPause, TestWriter } from '../helpers/writers.js'

test('there is one formatter for each format, with the same default labels', async () => {
  const formatters = new Formatters({ app: 'x' })
  const writer = new TestWriter(1)
  writer.open(counterFamily('c'), [], [1])
  const { tables } = await new Merger().merge([writer], noPause)
  for (const { contentType } of [text, openMetrics]) {
    const formatter = formatters.of(contentType)!
    expect(formatters.of(contentType)).toBe(formatter)
    expect(formatter.contentType).toBe(contentType)
    expect(Buffer.concat(await formatter.format(tables, noPause)).toString()).toMatch(/^c(_total)?\{app="x"\} 1$/m)
  }
})

test('there is none of a content type that is not written here', () => {
  expect(new Formatters().of('application/json')).toBeUndefined()
})

test('one is chosen by an Accept header', () => {
  const formatters = new Formatters()
  expect(formatters.negotiate('application/openmetrics-text', text.contentType)).toBe(
    formatters.of(openMetrics.contentType),
  )
  expect(formatters.negotiate(undefined, openMetrics.contentType).contentType).toBe(openMetrics.contentType)
})
