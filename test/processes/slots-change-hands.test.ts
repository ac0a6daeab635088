import { describe, expect } from 'vitest'
import type { Exposition } from '../helpers/processes/exposition.js'
import { Reader } from '../helpers/processes/reading.js'
import { allSharedBackends, test } from '../helpers/processes/stage.js'

const timeout = 240_000

describe.each(allSharedBackends)(
  '$backend: scrapes while series are removed and others take their slots',
  ({ env }) => {
    test('never show a series with the value of another', { timeout }, async ({ stage }) => {
      const directory = stage.directory()
      const writer = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
      await writer.ask('count', 'kept_total', {}, 1)
      const outside = new Reader(directory)
      const seen = new Set<string>()
      let made = 0
      let over = false
      // Scrapes that all came before or after it would prove nothing: it continues until they have seen some of it.
      const churn = async (): Promise<void> => {
        while (made <= 100 || seen.size === 0) made = await writer.ask<number>('churn', 2_500, 20, '', made)
      }
      const churned = churn().finally(() => {
        over = true
      })
      churned.catch(() => {})
      while (!over) {
        const scrape = await outside.scrape()
        expect(strangers(scrape)).toEqual([])
        for (const sample of scrape.samples.keys()) if (sample.startsWith('churn_total')) seen.add(sample)
        // The channel to the writer must have its turn as well.
        await new Promise((resolve) => setImmediate(resolve))
      }
      await churned
    })
  },
)

/** Series whose value is none that they ever had: their own amount, or nothing yet. */
function strangers(scrape: Exposition): string[] {
  const found: string[] = []
  for (const [sample, value] of scrape.samples) {
    const id = /^churn_(?:total|seconds_sum)\{id="(\d+)"\}$/.exec(sample)?.[1]
    if (id !== undefined && value !== 0 && value !== Number(id) * 1000 + 7) found.push(`${sample} ${value}`)
    if (/^churn_seconds_count/.test(sample) && value !== 0 && value !== 1) found.push(`${sample} ${value}`)
  }
  return found
}
