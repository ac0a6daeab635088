import { describe, expect, test } from 'vitest'
import { formats, negotiate } from '../../src/exposition/negotiate.js'

const text = 'text/plain; version=0.0.4; charset=utf-8'
const om = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const om001 = 'application/openmetrics-text; version=0.0.1; charset=utf-8'

const proto = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'

describe('what is the answer to', () => {
  test.each([
    ['Prometheus 2.5', 'application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', om001],
    [
      'Prometheus 2.42',
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      om,
    ],
    [
      'Prometheus 2.42 that wants native histograms',
      `${proto},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
      om,
    ],
    [
      'Prometheus 3.14',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      om,
    ],
    [
      'Prometheus 3.14 that wants native histograms',
      `${proto};q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1`,
      om,
    ],
    [
      'Prometheus 3.15 that wants OpenMetrics 2',
      'application/openmetrics-text;version=2.0.0;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.2',
      om,
    ],
    [
      'Prometheus that is configured to scrape text 0.0.4',
      'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2',
      text,
    ],
    ['no header', undefined, text],
    ['an empty header', '', text],
    ['curl', '*/*', text],
    ['Firefox', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', text],
    ['a browser that shows text', 'text/html,text/plain;q=0.9,*/*;q=0.8', text],
  ])('%s', (_, accept, expected) => {
    expect(negotiate(accept)).toBe(expected)
  })
})

describe('an Accept header', () => {
  test.each([
    ['the highest q wins, in any position', 'application/openmetrics-text;q=0.4,text/plain;q=0.5', text],
    ['', 'text/plain;q=0.5,application/openmetrics-text;version=1.0.0;q=0.51', om],
    ['between two it likes the same, OpenMetrics', 'text/plain;version=0.0.4,application/openmetrics-text', om],
    ['', 'text/plain;q=0.5,application/openmetrics-text;version=0.0.1;q=0.5', om001],
    ['without a version, the version there is', 'application/openmetrics-text', om],
    ['', 'text/plain', text],
    ['an older version, if no other is accepted', 'application/openmetrics-text;version=0.0.1', om001],
    [
      'the most specific clause counts',
      'application/openmetrics-text;version=1.0.0;q=0.2,application/openmetrics-text;q=0.9,text/plain;q=0.5',
      om001,
    ],
    ['', 'application/openmetrics-text;q=0.9,application/openmetrics-text;version=1.0.0;q=0,text/plain;q=0.5', om001],
    [
      'of two equal ranges the higher q counts',
      'application/openmetrics-text;q=0.2,application/openmetrics-text;q=0.9,text/plain;q=0.5',
      om,
    ],
    ['', 'application/openmetrics-text;q=0.9,application/openmetrics-text;q=0.2,text/plain;q=0.5', om],
    ['', 'text/plain;q=0.1,application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.1,text/plain;q=0.9', om],
    ['q=0 is no', 'application/openmetrics-text;q=0,text/plain;q=0.1', text],
    ['', 'application/openmetrics-text;q=0.000,*/*', text],
    ['no to all that there is: text 0.0.4 in the end', 'text/plain;q=0,*/*;q=0', text],
    ['', 'application/json', text],
    ['a type of any kind is a type', 'text/*', text],
    ['', 'text/*;q=0.4,application/openmetrics-text;q=0.3', text],
    ['', 'application/*', om],
    ['anything at all asks for nothing in particular', '*/*,application/openmetrics-text;q=0.1', text],
    ['', '*/*;q=0.1,application/openmetrics-text;q=0.1', om],
    ['a version that is not written here is not another one', 'text/plain;version=1.0.0', text],
    ['', 'application/openmetrics-text;version=2.0.0', text],
    ['', 'application/openmetrics-text;version=2.0.0,text/plain;version=0.0.4;q=0.1', text],
    ['', 'application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;q=0.1', om],
    ['other parameters are no choice', 'application/openmetrics-text;charset=utf-8;escaping=dots;version=1.0.0', om],
    ['', 'application/openmetrics-text;escaping=bogus', om],
    [
      'letters, spaces and quotes as they come',
      ' Application/OpenMetrics-Text ; Version="1.0.0" ; Q=0.9 , text/plain ; q=0.8',
      om,
    ],
    ['junk is passed over', '/;q=0.1,application/openmetrics-text;version=1.0.0', om],
    ['', ',,;;q=1,=,*,text,application/openmetrics-text;;q=0.5;=', om],
    ['', 'application/openmetrics-text;q=high,text/plain;q=0.1', text],
    ['', 'application/openmetrics-text;q=-1', text],
    ['', 'application/openmetrics-text;q=1.5', text],
    ['', 'application/openmetrics-text;q=', text],
    ['', `application/openmetrics-text;q=0.5${',*/*;q=0.1'.repeat(1000)}`, om],
  ])('%s: %s', (_, accept, expected) => {
    expect(negotiate(accept)).toBe(expected)
  })

  test('of any length is read in a moment', () => {
    // Of the processor's time: a machine that is busy with something else is no fault of the header.
    const began = process.cpuUsage()
    for (const piece of ['"', '\\"', ',', ';', '=', '*/*;q="', ' ', 'a/a,']) negotiate(piece.repeat(200_000))
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10)
  })
})

describe('where OpenMetrics is preferred', () => {
  test.each([
    [undefined, om],
    ['*/*', om],
    ['text/html,*/*;q=0.8', om],
    ['text/plain;q=0.9,*/*;q=0.8', text],
    ['text/*', text],
    ['application/json', om],
  ])('%s gets %s', (accept, expected) => {
    expect(negotiate(accept, om)).toBe(expected)
  })
})

test('the formatter of each format writes its content type', () => {
  expect(formats.map(({ contentType }) => contentType)).toEqual([om, om001, text])
  for (const format of formats) expect(format.formatter({}).contentType).toBe(format.contentType)
})
