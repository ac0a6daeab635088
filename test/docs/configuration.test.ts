import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { otlpVariables, variables } from '../../src/platform/environment.js'
import { redisVariables } from '../../src/store/redis/environment-options.js'
import { settings } from '../../src/supervisor/settings/settings.js'

/** The names in the tables of a page. `PROMHIVE_SSL_…` stands for all names that begin like this. */
function rowsOf(page: string): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n')
}

function missing(names: readonly string[], page: string): string[] {
  const rows = rowsOf(page)
  const beginnings = [...rows.matchAll(/`([A-Z_]+_)…`/g)].map(([, beginning]) => beginning!)
  return names.filter((name) => !rows.includes(`\`${name}\``) && !beginnings.some((each) => name.startsWith(each)))
}

test('configuration.md has a row for every variable of the environment', () => {
  const names = [...Object.values(variables).flat(), ...Object.values(settings).flatMap(({ env }) => env)]
  expect(names.length).toBeGreaterThan(80)
  expect(missing(names, 'configuration.md')).toEqual([])
})

test('the pages that configuration.md names have a row for every variable of Redis and of OpenTelemetry', () => {
  const rows = rowsOf('configuration.md')
  expect(rows).toContain('`PROMHIVE_REDIS_URL`, … | [redis.md]')
  expect(rows).toContain('`OTEL_EXPORTER_OTLP_ENDPOINT`, … | [otlp.md]')
  expect(missing(redisVariables, 'redis.md')).toEqual([])
  expect(missing(Object.values(otlpVariables).flat(), 'otlp.md')).toEqual([])
})
