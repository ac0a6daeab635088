import { describe, expect } from 'vitest'
import type { Exposition } from '../../src/export/contract.js'
import { openMetricsContentType, prometheusContentType } from '../../src/index.js'
import { directoryExposition } from '../helpers/directory-exposition.js'
import { test } from '../helpers/processes/stage.js'
import { hasStrictParser, parsedStrictly } from '../helpers/strict-parser.js'

async function exposed(exposition: Exposition, accept?: string): Promise<{ contentType: string; text: string }> {
  const { contentType, chunks } = await exposition.expose(accept)
  return { contentType, text: Buffer.concat(chunks).toString() }
}

describe('what all processes counted in a directory', () => {
  test('is shown in the requested format', async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { PROMHIVE_DIR: directory } }
    const actors = [await stage.start('actor.mjs', options), await stage.start('actor.mjs', options)]
    for (const actor of actors) await actor.ask('count', 'jobs_total', { a: 'x' }, 2)
    const exposition = directoryExposition(directory)

    const [text, om] = await Promise.all([exposed(exposition), exposed(exposition, 'application/openmetrics-text')])
    expect(text.contentType).toBe(prometheusContentType)
    expect(text.text).toMatch(/^jobs_total\{a="x"\} 4$/m)
    expect(om.contentType).toBe(openMetricsContentType)
    expect(om.text).toMatch(/^jobs_total\{a="x"\} 4\njobs_created\{a="x"\} \d{10}(\.\d+)?\n/m)
    // Of its own families as well.
    expect(om.text).toMatch(/^# TYPE promhive_dropped_series counter$/m)
    expect(om.text).toMatch(/^promhive_dropped_series_total 0$/m)
    if (hasStrictParser) expect(parsedStrictly(om.text).length).toBeGreaterThan(5)
  })

  test('is read once for concurrent requests of one format', async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 1)
    const exposition = directoryExposition(directory)
    const [first, second] = await Promise.all([exposition.expose(), exposition.expose('text/plain')])
    expect(second!.chunks).toBe(first!.chunks)
  })

  test('is not shared with a request for other families whose names make the same text', async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'a', {}, 1)
    const exposition = directoryExposition(directory)
    const running = exposition.expose()
    const [one, two] = await Promise.all([exposition.expose('*/*', ['a b']), exposition.expose('*/*', ['a', 'b'])])
    await running
    expect([one, two].map(({ chunks }) => Buffer.concat(chunks).toString().includes('a 1\n'))).toEqual([false, true])
  })
})
