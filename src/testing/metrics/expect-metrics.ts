import { AssertionError } from 'node:assert'
import { MetricsError } from '../../model/errors.js'
import type { OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { Registry } from '../../registry/registry.js'
import { type ExpositionLine, expositionLines, shownLine } from './exposition-lines.js'
import { type ReadOptions, readOptions, registryIn } from './read-options.js'

export interface ExpectOptions extends ReadOptions {
  /** Compares only the families that have these names, or a sample of that name; by default the whole registry. */
  readonly names?: readonly string[] | undefined
}

const expectOptions = { ...readOptions, names: true } as const satisfies OptionNames<ExpectOptions>

/**
 * Compares the metrics of the application with the text that a scrape should show. The order of lines and labels means
 * nothing; `*` stands for any value; HELP and TYPE are compared where the text has them. Without `names`, promhive's
 * own metrics are ignored unless the text has them.
 *
 * @param expected lines of the Prometheus text format; spaces around a line are passed over
 * @throws AssertionError that shows, line by line, what differs; MetricsError `EXPECTED_INVALID` for a line that is
 * none
 * @example
 * const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })
 * jobs.inc({ queue: 'mail' })
 * await expectMetrics('jobs_total{queue="mail"} 1', { names: ['jobs_total'] })
 */
export async function expectMetrics(expected: string, options: ExpectOptions = {}): Promise<void> {
  const registry = registryIn('expectMetrics', options, expectOptions)
  const { names } = options
  check(expected, names)
  const { chunks } = await registry.expose(Registry.PROMETHEUS_CONTENT_TYPE, names)
  const foundLines = expositionLines(Buffer.concat(chunks).toString())
  const expectedLines = expositionLines(
    expected,
    [...foundLines.values()].map(({ family }) => family),
  )
  const families = new Set([...expectedLines.values(), ...foundLines.values()].map(({ family }) => family))
  const expectedFamilies = new Set([...expectedLines.values()].map(({ family }) => family))
  const difference = [...families]
    .filter((family) => names !== undefined || expectedFamilies.has(family) || !family.startsWith('promhive_'))
    .map((family) => compare(linesOf(expectedLines, family), linesOf(foundLines, family)))
    .filter((lines) => lines.some(({ sign }) => sign !== ' '))
    .flat()
  if (difference.length > 0) throw differs(difference)
}

/** A line of a comparison: `-` is expected and missing, `+` was found instead. */
interface ComparedLine {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

function linesOf(lines: ReadonlyMap<string, ExpositionLine>, family: string): ReadonlyMap<string, ExpositionLine> {
  return new Map([...lines].filter(([, line]) => line.family === family))
}

/** All lines of one family, in the expected order, and then the other lines that were found. */
function compare(
  expectedLines: ReadonlyMap<string, ExpositionLine>,
  foundLines: ReadonlyMap<string, ExpositionLine>,
): readonly ComparedLine[] {
  const identities = new Set([...expectedLines.keys(), ...foundLines.keys()])
  return [...identities].flatMap((identity): readonly ComparedLine[] => {
    const [expected, actual] = [expectedLines.get(identity), foundLines.get(identity)]
    if (expected === undefined && identity.startsWith('#')) return []
    if (expected !== undefined && actual !== undefined && isSame(expected, actual)) {
      return [{ sign: ' ', text: shownLine(actual) }]
    }
    return [
      ...(expected === undefined ? [] : [{ sign: '-', text: shownLine(expected) } as const]),
      ...(actual === undefined ? [] : [{ sign: '+', text: shownLine(actual) } as const]),
    ]
  })
}

function isSame(expected: ExpositionLine, actual: ExpositionLine): boolean {
  return Object.is(expected.value, actual.value) || (expected.value === '*' && typeof actual.value === 'number')
}

function differs(difference: readonly ComparedLine[]): AssertionError {
  const lines = difference.map(({ sign, text }) => `${sign} ${text}`)
  const without = (left: string): string =>
    difference
      .filter(({ sign }) => sign !== left)
      .map(({ text }) => text)
      .join('\n')
  return new AssertionError({
    message: `the metrics are not the expected ones (- expected, + found):\n${lines.join('\n')}`,
    expected: without('+'),
    actual: without('-'),
    operator: 'expectMetrics',
  })
}

function check(expected: unknown, names: unknown): void {
  if (typeof expected !== 'string') {
    const text = `expectMetrics: the expected metrics are a text such as 'jobs_total 1', got ${describe(expected)}`
    throw new MetricsError('EXPECTED_INVALID', text)
  }
  const areNames = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string')
  if (names !== undefined && !areNames) {
    const text = `expectMetrics: names must be a list of metric names, got ${describe(names)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
}
