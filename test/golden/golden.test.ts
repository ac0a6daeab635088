import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Registry } from '../../src/index.js'
import { hasPromtool, promtoolSays } from '../helpers/promtool.js'
import { hasStrictParser, parsedStrictly } from '../helpers/strict-parser.js'
import { expositions } from './expositions.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_250 })
})
afterEach(() => {
  vi.useRealTimers()
})

const accepted = {
  prom: 'text/plain; version=0.0.4',
  om: 'application/openmetrics-text; version=1.0.0',
} as const
/** Promtool's remarks on names that we keep: a matter of style, not of format. */
const style: Readonly<Record<string, string>> = {
  names: 'requests counter metrics should have "_total" suffix\nexit 3',
}
const cases = Object.keys(expositions).flatMap((name) => [
  { name, format: 'prom' as const, file: `${name}.prom` },
  { name, format: 'om' as const, file: `${name}.om` },
])

async function exposition(names: readonly string[], format: keyof typeof accepted): Promise<string> {
  const registry = new Registry()
  for (const name of names) expositions[name]!(registry)
  const { chunks } = await registry.expose(accepted[format])
  return Buffer.concat(chunks).toString()
}

describe('the exposition', () => {
  test.each(cases)('$file is unchanged, byte for byte', async ({ name, format, file }) => {
    await expect(await exposition([name], format)).toMatchFileSnapshot(`./${file}`)
  })

  test('has a golden file for each case and format, and no others', () => {
    const files = readdirSync(import.meta.dirname).filter((file) => /\.(?:prom|om)$/.test(file))
    expect(files.sort()).toEqual(cases.map(({ file }) => file).sort())
  })

  test.skipIf(!hasPromtool).each(cases.filter(({ format }) => format === 'prom'))(
    '$file is what promtool accepts',
    async ({ name, format }) => {
      expect(promtoolSays(await exposition([name], format))).toBe(style[name] ?? '')
    },
  )

  test.skipIf(!hasStrictParser).each(cases.filter(({ format }) => format === 'om'))(
    '$file is what the strict parser accepts',
    async ({ name, format }) => {
      expect(parsedStrictly(await exposition([name], format)).length).toBeGreaterThan(0)
    },
  )

  test.skipIf(!hasPromtool)('of many families in one registry is what promtool accepts', async () => {
    const text = await exposition(['counter', 'gauge-modes', 'histogram', 'info', 'stateset'], 'prom')
    expect(text.length).toBeGreaterThan(4000)
    expect(promtoolSays(text)).toBe('')
  })

  test.skipIf(!hasPromtool)('that is broken is what promtool refuses', () => {
    expect(promtoolSays('a{b="1} 2\n')).toMatch(/exit [1-9]/)
    expect(promtoolSays('# TYPE a counter\na 1\n')).toMatch(/exit [1-9]/)
  })
})
